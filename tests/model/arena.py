"""Where a step that makes tokens and an event that ends the right to them run at the same moment, many times over.

Every case has its own company, inscrição, people and procuração, so that cases do not wait for each other. A log,
written by triggers within the transactions themselves, says what was issued and what ended; on PostgreSQL the commit
timestamp of each row says in which order, on SQLite, where one writes at a time, its number does.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier, Event, local
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, event, text

from idp.cadastro.importacao import importar
from idp.domain.certificado import Certificado, CertificateRef, Nivel, RevocationStatus, TipoCertificado
from idp.domain.client import AuthMethod, Client, GrantType
from idp.domain.documents import CNPJ, CPF
from idp.domain.grant import CodeBinding, Grant
from idp.domain.inscricao import InscricaoId
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.representation import Modo, Regras, RepresentationRef
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Transaction
from idp.errors import InvalidGrant, InvalidToken
from idp.flow.authorize import Journey
from idp.flow.outcome import SignedIn
from idp.flow.outorga import Outorga
from idp.flow.policy import Policy
from idp.flow.redeem import Redemption
from idp.flow.secret import digest
from idp.storage.sql import SqlStore
from tests.contracts.data import NOW, FixedClock
from tests.flow.fakes import FakeIdentifiers, FakeSessions, FakeTransactions

STEPS = ("issue", "redeem", "refresh", "read")
ENDINGS = ("revogar", "renunciar", "suspender", "pai", "designacao", "cedida", "representante", "situacao")
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 appendix B
CALLBACK = "https://app.example/cb"
SCOPES = frozenset({"openid", "inscricao", "procuracao", "offline_access"})
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
CLIENT = Client(
    "app",
    "App",
    redirect_uris=(CALLBACK,),
    auth_method=AuthMethod.BASIC,
    secret_digest="0" * 64,
    grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
    scopes=SCOPES,
)
POLICY = Policy(Regras(), HOUR, timedelta(seconds=60), timedelta(seconds=60), timedelta(seconds=300), *[HOUR] * 4)

_ISSUED = "('code.issued', 'token.issued')"
_WATCHED = {
    "procuracoes": ("UPDATE", "NEW.id", "NEW.estado NOT IN ('ATIVA', 'PENDENTE') OR NEW.cedida_a IS NOT NULL"),
    "designacoes": ("UPDATE", "NEW.id", "NEW.estado <> 'ATIVA'"),
    "representantes": ("DELETE", "OLD.contribuinte", "TRUE"),
    "inscricoes": ("UPDATE", "NEW.numero", "NEW.situacao <> 'ATIVA'"),
}
_SQLITE = [
    "CREATE TABLE happened (n INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT, about TEXT)",
    f"CREATE TRIGGER t_issued AFTER INSERT ON audit WHEN NEW.kind IN {_ISSUED} BEGIN"
    " INSERT INTO happened (what, about) VALUES ('issued', NEW.payload); END",
    *(
        f"CREATE TRIGGER t_{table} AFTER {act} ON {table} WHEN {when} BEGIN"
        f" INSERT INTO happened (what, about) VALUES ('ended', {key}); END"
        for table, (act, key, when) in _WATCHED.items()
    ),
]


def _function(name: str, what: str, about: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" INSERT INTO happened (what, about) VALUES ('{what}', {about}); RETURN NULL; END $$"
    )


_POSTGRESQL = [
    "CREATE TABLE happened (n bigserial PRIMARY KEY, what text, about text)",
    _function("f_issued", "issued", "NEW.payload"),
    f"CREATE TRIGGER t_issued AFTER INSERT ON audit FOR EACH ROW WHEN (NEW.kind IN {_ISSUED})"
    " EXECUTE FUNCTION f_issued()",
    *(
        statement
        for table, (act, key, when) in _WATCHED.items()
        for statement in (
            _function(f"f_{table}", "ended", key),
            f"CREATE TRIGGER t_{table} AFTER {act} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION f_{table}()",
        )
    ),
]


@dataclass
class Case:
    """One meeting of a step and an ending. ``key``: what the log calls the thing that ends. ``forced``: the ending
    begins once the step has read what it rests on (``window``), which waits ``patience`` seconds for it to be ``over``;
    otherwise chance says when. ``ended_at``: when the thread that ended it knew of its commit."""

    n: int
    step: str
    ending: str
    grant: str
    key: str = ""
    families: list[str] = field(default_factory=list)
    forced: bool = False
    patience: float = 0.0
    window: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)
    ended_at: float | None = None
    reads: int = 0
    late_reads: int = 0

    @property
    def root(self) -> str:
        return f"{10_000_000 + self.n}"

    @property
    def number(self) -> str:
        return f"{self.n:09d}"

    @property
    def company(self) -> str:
        return cnpj(self.root)

    @property
    def firm(self) -> str:
        return cnpj(f"{50_000_000 + self.n}")

    def person(self, which: int) -> str:
        """0: who represents the company; 1: the accountant; 2: somebody after him."""
        return cpf(f"{which + 1}{self.n:08d}")

    @property
    def right(self) -> RepresentationRef:
        inscricao = InscricaoId("AM", self.number)
        if self.ending == "representante":
            return RepresentationRef(inscricao, Modo.REPRESENTANTE_LEGAL)
        return RepresentationRef(inscricao, Modo.PROCURACAO, f"c{self.n}" if self.ending == "pai" else f"p{self.n}")

    @property
    def holder(self) -> Holder:
        which = {"representante": 0, "pai": 2, "designacao": 2}.get(self.ending, 1)
        return PessoaFisica(CPF(self.person(which)), "PESSOA")


@dataclass(frozen=True)
class Tally:
    """What a run came to. ``after``: tokens and codes whose transaction committed after that of the ending, and reads
    begun after it that still said yes; by (step, ending). ``before``: those that came first. ``left``: families that
    userinfo still honours when all is over."""

    after: Counter[tuple[str, str]]
    before: Counter[tuple[str, str]]
    left: int
    errors: list[str]
    cases: int
    seconds: float


class Pauses(local):
    """Waits of random length between the statements of a thread that is at a meeting. Before a step writes down what
    it does, everything that it rests on has been read: there it opens the window that ``case`` forces, if any, and
    waits a while for the ending to come through it."""

    case: Case | None = None
    on = False

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def __call__(self, *statement: Any) -> None:
        case, writing = self.case, "INSERT INTO audit" in statement[2]
        if writing and case is not None and case.forced:
            self.case = None
            case.window.set()
            case.over.wait(case.patience)
        elif self.on and (writing or self.chance.random() < 0.15):
            time.sleep(self.chance.random() * (0.008 if writing else 0.002))


class Unlocked:
    """A store whose ``facts`` reads without row locks: the control."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self.store.begin() as uow:
            parts = {name: getattr(uow, name) for name in uow.__dataclass_fields__}
            parts["cadastro"] = SimpleNamespace(
                facts=lambda holder, ref, *, lock: uow.cadastro.facts(holder, ref, lock=False)
            )
            yield SimpleNamespace(**parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


class Remembering(Unlocked):
    """A store that answers userinfo with what it read first: the control for reads."""

    def __init__(self, store: SqlStore) -> None:
        super().__init__(store)
        self.known: dict[str, Any] = {}

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self.store.reading() as uow:
            yield SimpleNamespace(grants=SimpleNamespace(in_use=lambda id: self._remembered(uow, id)))

    def _remembered(self, uow: Any, id: str) -> Any:
        if id not in self.known:
            self.known[id] = uow.grants.in_use(id)
        return self.known[id]


class Good:
    def status(self, issuer_key: str, serial: str, at: Any) -> RevocationStatus:
        return RevocationStatus("good")


class Arena:
    """``safe`` False runs the steps on a store without what protects them."""

    def __init__(self, store: SqlStore, *, safe: bool = True, seed: int = 1) -> None:
        self.store = store
        self.postgresql = store.engine.dialect.name == "postgresql"
        self.chance = random.Random(seed)
        with store.engine.begin() as connection:
            for statement in _POSTGRESQL if self.postgresql else _SQLITE:
                connection.exec_driver_sql(statement)
        clock = FixedClock(NOW)
        self.transactions = FakeTransactions(clock)  # type: ignore[arg-type]
        self.sessions = FakeSessions(clock)  # type: ignore[arg-type]
        clients: Any = SimpleNamespace(get=lambda id: CLIENT)
        common: dict[str, Any] = {
            "clock": clock,
            "clients": clients,
            "identifiers": FakeIdentifiers(),
            "revocation": Good(),
            "policy": POLICY,
        }
        steps: Any = store if safe else Unlocked(store)
        self.journey = Journey(transactions=self.transactions, sessions=self.sessions, store=steps, **common)
        self.redemption = Redemption(store=steps, **common)
        self.readers = self.redemption if safe else Redemption(store=Remembering(store), **common)  # type: ignore[arg-type]
        self.truth = Redemption(store=store, **common)
        self.outorga = Outorga(
            clock=clock,
            store=store,
            clients=clients,
            revocation=Good(),
            rascunhos=SimpleNamespace(),  # type: ignore[arg-type]
            regras=Regras(),
        )
        self.pauses = Pauses(seed)
        if self.postgresql:
            event.listen(store.engine, "before_cursor_execute", self.pauses)
        self.lasts = dict.fromkeys(ENDINGS, 0.01)
        """Seconds that each ending takes, of late."""

    # Making cases --------------------------------------------------------------------------------------------------

    def prepare(self, count: int, steps: tuple[str, ...] = STEPS) -> list[Case]:
        """Every step with every ending, ``count`` of them in all."""
        pairs = [(step, ending) for step in steps for ending in ENDINGS]
        cases = [Case(n, *pairs[n % len(pairs)], grant=f"{n:022d}") for n in range(1, count + 1)]
        self.chance.shuffle(cases)
        with self.store.begin() as uow:
            connection = uow.grants._connection
            for case in cases:
                _seed(connection, case)
        with self.store.begin() as uow:
            for case in cases:
                if case.step != "issue":
                    self._family(uow, case)
        return cases

    def _session(self, case: Case) -> Session:
        return Session(f"key-{case.n}", f"session-{case.n}", case.holder, _certificado(), NOW, NOW + HOUR)

    def _family(self, uow: Any, case: Case) -> None:
        session = self._session(case)
        grant = Grant(
            id=case.grant,
            client_id="app",
            sub="sub",
            sid=f"sid-{case.n}",
            session_id=session.id,
            holder=session.holder,
            certificado=session.certificado,
            choice=case.right,
            scopes=SCOPES,
            auth_time=NOW,
            created_at=NOW,
            expires_at=NOW + HOUR,
        )
        binding = CodeBinding(CALLBACK, True, CHALLENGE, NOW + HOUR)
        uow.grants.add(grant, digest(f"code-{case.n}"), binding, f"tx-{case.n}")
        case.families.append(case.grant)

    # A meeting -----------------------------------------------------------------------------------------------------

    def run(self, cases: list[Case], workers: int = 4) -> Tally:
        began = time.perf_counter()
        self.errors: list[str] = []
        with ThreadPoolExecutor(2 * workers) as acting, ThreadPoolExecutor(workers) as meeting:
            list(meeting.map(lambda case: self._meet(acting, case, self.chance.random()), cases))
        left = sum(self._honoured(id) for case in cases for id in case.families)
        after, before = self._order(cases)
        return Tally(after, before, left, self.errors, len(cases), time.perf_counter() - began)

    def _meet(self, acting: ThreadPoolExecutor, case: Case, drawn: float) -> None:
        """Half of them are forced; of the others the ending begins up to 8 ms after the step, or as much earlier as it
        takes."""
        lasts = self.lasts[case.ending]
        case.forced = self.postgresql and case.step != "read" and drawn < 0.5
        case.patience = min(0.2, 1.5 * lasts)
        offset = 0.008 - self.chance.random() * (0.008 + 1.2 * lasts)
        barrier = Barrier(2)
        step: Callable[[Case], None] = getattr(self, f"_{case.step}")
        waits = (max(0.0, -offset), max(0.0, offset)) if not case.forced else (0.0, 0.0)
        stepping = acting.submit(self._act, step, case, barrier, waits[0])
        ending = acting.submit(self._act, self._ending, case, barrier, waits[1])
        for one in (stepping, ending):
            one.result(timeout=120)

    def _act(self, act: Callable[[Case], None], case: Case, barrier: Barrier, wait: float) -> None:
        try:
            self.pauses.on = True
            barrier.wait(timeout=60)
            time.sleep(wait)
            act(case)
        except Exception as error:
            self.errors.append(f"{case.step} × {case.ending}: {error!r}")
            case.ended_at = case.ended_at or time.perf_counter()
        finally:
            self.pauses.case = None
            case.window.set()

    def _ending(self, case: Case) -> None:
        if case.forced:
            case.window.wait(timeout=10)
        began = time.perf_counter()
        self._end(case)
        case.ended_at = time.perf_counter()
        case.over.set()
        self.lasts[case.ending] += (case.ended_at - began - self.lasts[case.ending]) / 8

    def _issue(self, case: Case) -> None:
        self.pauses.case = case
        session = self._session(case)
        self.sessions.put(session)
        request = AuthorizationRequest("app", CALLBACK, SCOPES, code_challenge=CHALLENGE)
        tx = Transaction(f"tx-{case.n}", request, "b", "t", "c", NOW, NOW + HOUR, session)
        self.transactions.put(tx)
        done = self.journey.consented(tx.id, str(case.right), browser="b", csrf="c", session_key=session.key)
        if isinstance(done, SignedIn):
            with self.store.reading() as uow:
                found = uow.grants._connection.execute(
                    text("SELECT id FROM grants WHERE transaction_id = :tx"), {"tx": tx.id}
                )
                case.families.append(found.scalar_one())

    def _redeem(self, case: Case) -> None:
        self.pauses.case = case
        try:
            self.redemption.code(CLIENT, f"code-{case.n}", redirect_uri=CALLBACK, verifier=VERIFIER)
        except InvalidGrant:
            return

    def _refresh(self, case: Case) -> None:
        self.pauses.case = case
        mac = self.redemption.identifiers.refresh_mac(case.grant, 0)
        try:
            self.redemption.refresh(CLIENT, f"rt.{case.grant}.0.{mac}")
        except InvalidGrant:
            return

    def _read(self, case: Case) -> None:
        """Userinfo and introspection, over and over until well after the ending."""
        late = 0
        while late < 2:
            began = time.perf_counter()
            over = case.ended_at is not None and began > case.ended_at
            try:
                self.readers.in_use(case.grant)
            except InvalidToken:
                late += over
            else:
                case.reads += not over
                case.late_reads += over
                late += over
            time.sleep(0.003)

    def _end(self, case: Case) -> None:
        n, ending = case.n, case.ending
        case.key = {"designacao": f"d{n}", "representante": case.root, "situacao": case.number}.get(ending, f"p{n}")
        company = PessoaJuridica(CNPJ(case.company), "EMPRESA", PessoaFisica(CPF(case.person(0)), "PESSOA"))
        firm = PessoaJuridica(CNPJ(case.firm), "FIRMA", PessoaFisica(CPF(case.person(0)), "PESSOA"))
        if ending in ("revogar", "pai"):
            self.outorga.act(_acting(company), "revogar", f"p{n}")
        elif ending == "renunciar":
            self.outorga.act(_acting(PessoaFisica(CPF(case.person(1)), "PESSOA")), "renunciar", f"p{n}")
        elif ending == "suspender":
            self.outorga.autoridade("suspender", f"p{n}", "fiscal", "um motivo")
        elif ending == "designacao":
            self.outorga.encerrar(_acting(firm), f"d{n}")
        elif ending == "cedida":
            self.outorga.act(_acting(PessoaFisica(CPF(case.person(2)), "PESSOA")), "aceitar", f"c{n}")
        elif ending == "representante":
            self._import(f"representante,{case.company},,,,,,{case.person(0)},EXTINTA")
        else:
            self._import(f"inscricao,{case.company},,AM,{case.number},SUSPENSA,Manaus,,")

    def _import(self, line: str) -> None:
        with self.store.staging(NOW) as staging:
            header = "tipo,documento,nome,uf,numero,situacao,municipio,cpf,estado\n"
            assert importar([header, f"{line}\n"], staging, summary={}).applied

    # What came of it -----------------------------------------------------------------------------------------------

    def _honoured(self, id: str) -> bool:
        try:
            self.truth.in_use(id)
        except InvalidToken:
            return False
        return True

    def _order(self, cases: list[Case]) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
        order = "pg_xact_commit_timestamp(xmin)" if self.postgresql else "n"
        ended: dict[str, Any] = {}
        issued: dict[str, list[Any]] = {}
        with self.store.engine.connect() as connection:
            for what, about, at in connection.execute(text(f"SELECT what, about, {order} FROM happened")):
                if what == "ended":
                    ended[about] = min(at, ended.get(about, at))
                else:
                    issued.setdefault(json.loads(about)["grant"], []).append(at)
        after: Counter[tuple[str, str]] = Counter()
        before: Counter[tuple[str, str]] = Counter()
        for case in cases:
            pair = (case.step, case.ending)
            moments = [at for id in case.families for at in issued.get(id, ())]
            after[pair] += sum(at > ended[case.key] for at in moments) + case.late_reads
            before[pair] += sum(at < ended[case.key] for at in moments) + (case.reads > 0)
        return after, before


def _acting(holder: Holder) -> Session:
    tipo = TipoCertificado.E_CNPJ if isinstance(holder, PessoaJuridica) else TipoCertificado.E_CPF
    return Session("key", f"acting-{holder.documento}", holder, _certificado(tipo), NOW, NOW + HOUR)


def _certificado(tipo: TipoCertificado = TipoCertificado.E_CPF) -> Certificado:
    ref = CertificateRef("ab" * 32, "0f", NOW + YEAR, "2.16.76.1.2.1.1")
    return Certificado(tipo, Nivel.A1, "AC TESTE", ref, "thumb")


_PROCURACAO = text(
    "INSERT INTO procuracoes (id, outorgante, outorgante_contribuinte, outorgante_nome, outorgado,"
    " outorgado_contribuinte, outorgado_nome, poderes, escopo, inscricoes, inicio, fim, estado, substabelecivel, pai,"
    " sem_reserva) VALUES (:id, :by, :root, 'EMPRESA', :to, :to_root, 'PESSOA', 'todos', 'raiz', '',"
    " '2026-01-01 00:00:00.000000', '2027-01-01 00:00:00.000000', :estado, TRUE, :pai, :whole)"
)


def _seed(connection: Connection, case: Case) -> None:
    """The rows a case begins with."""

    def run(statement: str, **values: object) -> None:
        connection.execute(text(statement), values)

    def given(id: str, to: str, estado: str = "ATIVA", pai: str | None = None, whole: bool = False) -> None:
        root = to[:8] if len(to) == 14 else to
        values = {"id": id, "by": case.company, "root": case.root, "to": to, "to_root": root}
        connection.execute(_PROCURACAO, {**values, "estado": estado, "pai": pai, "whole": whole})

    run("INSERT INTO contribuintes (id, nome) VALUES (:id, 'EMPRESA')", id=case.root)
    run(
        "INSERT INTO estabelecimentos (documento, contribuinte, matriz) VALUES (:documento, :id, TRUE)",
        documento=case.company,
        id=case.root,
    )
    run(
        "INSERT INTO inscricoes (uf, numero, documento, contribuinte, situacao, municipio)"
        " VALUES ('AM', :numero, :documento, :id, 'ATIVA', 'Manaus')",
        numero=case.number,
        documento=case.company,
        id=case.root,
    )
    run(
        "INSERT INTO representantes (contribuinte, cpf, nome) VALUES (:id, :cpf, 'PESSOA')",
        id=case.root,
        cpf=case.person(0),
    )
    if case.ending == "designacao":
        given(f"p{case.n}", case.firm)
        run(
            "INSERT INTO designacoes (id, empresa, empresa_contribuinte, empresa_nome, pessoa, pessoa_nome, poderes,"
            " clientes, inicio, fim, estado) VALUES (:id, :firm, :root, 'FIRMA', :pessoa, 'PESSOA', 'todos', '',"
            " '2026-01-01 00:00:00.000000', '2027-01-01 00:00:00.000000', 'ATIVA')",
            id=f"d{case.n}",
            firm=case.firm,
            root=case.firm[:8],
            pessoa=case.person(2),
        )
    else:
        given(f"p{case.n}", case.person(1))
    if case.ending in ("pai", "cedida"):
        whole = case.ending == "cedida"
        given(f"c{case.n}", case.person(2), "PENDENTE" if whole else "ATIVA", f"p{case.n}", whole)


def cnpj(root: str) -> str:
    """With its check digits (modulo 11, weights 2 to 9 from the right)."""
    digits = f"{root}0001"
    for _ in range(2):
        total = sum(int(d) * (2 + i % 8) for i, d in enumerate(reversed(digits)))
        digits += str(0 if total % 11 < 2 else 11 - total % 11)
    return digits


def cpf(digits: str) -> str:
    for _ in range(2):
        total = sum(int(d) * (2 + i) for i, d in enumerate(reversed(digits)))
        digits += str(0 if total % 11 < 2 else 11 - total % 11)
    return digits
