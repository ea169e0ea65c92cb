"""A small authority with its real tables: an industry, its accountants, a firm of them with employees, strangers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from idp.domain.certificado import Certificado, CertificateRef, Nivel, RevocationStatus, TipoCertificado
from idp.domain.client import AuthMethod, Client
from idp.domain.documents import CNPJ, CPF
from idp.domain.grant import CodeBinding, Grant
from idp.domain.inscricao import InscricaoId
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.politica import DEFAULT, Politica
from idp.domain.procuracao import Procuracao, TipoEscopo
from idp.domain.proposta import Nomeacao, Proposta, Rascunho, Solicitacao
from idp.domain.representation import Modo, Regras, RepresentationRef
from idp.domain.session import Session
from idp.flow.outorga import Outorga
from idp.storage.sql import SqlStore

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY, YEAR = date(2026, 11, 22), date(2027, 11, 21)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MANAUS = ZoneInfo("America/Manaus")

ACAI, ACAI_FILIAL, CASTANHA = CNPJ("99990001000198"), CNPJ("99990001000279"), CNPJ("99990002000132")
FIRMA = CNPJ("12ABC34501DE35")
FORA = CNPJ("11222333000181")
"""A firm of accountants that no cadastro of ours knows."""
SOCIA, DONO, CONTADORA, JOAO = CPF("90000101281"), CPF("90000107212"), CPF("90000102253"), CPF("90000103225")
ESTRANHA, EX, PRODUTORA = CPF("90000104205"), CPF("90000105279"), CPF("90000108294")
AM1, AM2, AM3, AM9 = (InscricaoId("AM", n) for n in ("049000012", "049000039", "049000063", "049000101"))

SEED = (
    "INSERT INTO contribuintes (id, nome) VALUES ('99990001', 'Açaí Ltda'), ('99990002', 'Castanha Ltda'),"
    " ('12ABC345', 'Contas Certas Ltda'), ('90000108294', 'Tereza Kambeba')",
    "INSERT INTO estabelecimentos (documento, contribuinte, matriz) VALUES ('99990001000198', '99990001', TRUE),"
    " ('99990001000279', '99990001', FALSE), ('99990002000132', '99990002', TRUE),"
    " ('12ABC34501DE35', '12ABC345', TRUE), ('90000108294', '90000108294', TRUE)",
    "INSERT INTO inscricoes (uf, numero, documento, contribuinte, situacao, municipio) VALUES"
    " ('AM', '049000012', '99990001000198', '99990001', 'ATIVA', 'Manaus'),"
    " ('AM', '049000039', '99990001000279', '99990001', 'ATIVA', 'Manacapuru'),"
    " ('AM', '049000063', '99990002000132', '99990002', 'ATIVA', 'Lábrea'),"
    " ('AM', '049000101', '90000108294', '90000108294', 'ATIVA', 'Tabatinga')",
    "INSERT INTO representantes (contribuinte, cpf, nome) VALUES"
    " ('99990001', '90000101281', 'Jacira Batista de Souza'),"
    " ('99990001', '90000107212', 'Raimundo Nonato Batista'), ('99990002', '90000107212', 'Raimundo Nonato Batista'),"
    " ('12ABC345', '90000102253', 'Francisca Chagas do Nascimento')",
)

jacira = PessoaFisica(SOCIA, "JACIRA BATISTA DE SOUZA")
raimundo = PessoaFisica(DONO, "RAIMUNDO NONATO BATISTA")
francisca = PessoaFisica(CONTADORA, "FRANCISCA CHAGAS DO NASCIMENTO")
PEOPLE: dict[str, Holder] = {
    "socia": jacira,
    "dono": raimundo,
    "contadora": francisca,
    "joao": PessoaFisica(JOAO, "JOAO PEDRO TAVARES"),
    "estranha": PessoaFisica(ESTRANHA, "MARIA DO SOCORRO LIMA"),
    "produtora": PessoaFisica(PRODUTORA, "TEREZA KAMBEBA"),
    "acai": PessoaJuridica(ACAI, "ACAI LTDA", jacira),
    "filial": PessoaJuridica(ACAI_FILIAL, "ACAI LTDA", jacira),
    "ex": PessoaJuridica(ACAI, "ACAI LTDA", PessoaFisica(EX, "ANTONIO CARLOS MENEZES")),
    "sem": PessoaJuridica(ACAI, "ACAI LTDA", None),
    "selo": PessoaJuridica(ACAI, "ACAI LTDA", None),
    "castanha": PessoaJuridica(CASTANHA, "CASTANHA LTDA", raimundo),
    "firma": PessoaJuridica(FIRMA, "CONTAS CERTAS LTDA", francisca),
    "fora": PessoaJuridica(FORA, "ESCRITORIO DE FORA LTDA", PessoaFisica(ESTRANHA, "MARIA DO SOCORRO LIMA")),
}

CLIENT = Client(
    "dte",
    "DT-e",
    redirect_uris=("https://dte.example/cb",),
    auth_method=AuthMethod.NONE,
    backchannel_logout_uri="https://dte.example/logout",
)
BINDING = CodeBinding("https://dte.example/cb", True, "challenge", T0 + MINUTE)


class Clock:
    def __init__(self) -> None:
        self.at = T0

    def now(self) -> datetime:
        return self.at

    def tick(self, by: timedelta = timedelta(seconds=1)) -> None:
        self.at += by


class Drafts:
    """Drafts in memory; tests/contracts holds the real ones to more."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.kept: dict[str, Rascunho] = {}
        self.attempts: dict[str, int] = {}

    def put(self, rascunho: Rascunho) -> None:
        self.kept[rascunho.id] = rascunho

    def get(self, id: str) -> Rascunho | None:
        found = self.kept.get(id)
        return found if found and self.clock.at < found.expires_at else None

    def delete(self, id: str) -> None:
        self.kept.pop(id, None)

    def attempt(self, session_id: str, most: int, lifetime: timedelta) -> bool:
        self.attempts[session_id] = self.attempts.get(session_id, 0) + 1
        return self.attempts[session_id] <= most


class Lists:
    """What the revocation lists say, by serial number; nothing is revoked."""

    def __init__(self) -> None:
        self.states: dict[str, RevocationStatus] = {}

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        return self.states.get(serial, RevocationStatus("good"))


class Clients:
    def get(self, client_id: str) -> Client | None:
        return CLIENT if client_id == CLIENT.client_id else None


def certificado(name: str, nivel: Nivel = Nivel.A1, *, in_grace: bool = False) -> Certificado:
    company = isinstance(PEOPLE[name], PessoaJuridica)
    tipo = TipoCertificado.SELO if name == "selo" else TipoCertificado.E_CNPJ if company else TipoCertificado.E_CPF
    nivel = Nivel.SE_S if name == "selo" else nivel
    ref = CertificateRef("ab" * 32, f"serial-{name}", T0 + 300 * DAY, "2.16.76.1.2.1.1")
    return Certificado(tipo, nivel, "AC TESTE", ref, f"thumb-{name}", in_grace)


class World:
    def __init__(self, store: SqlStore, *, regras: Regras | None = None, politica: Politica = DEFAULT) -> None:
        self.store = store
        self.clock = Clock()
        self.drafts = Drafts(self.clock)
        self.lists = Lists()
        self.outorga = Outorga(
            clock=self.clock,
            store=store,
            clients=Clients(),
            revocation=self.lists,
            rascunhos=self.drafts,
            regras=regras or Regras(),
            politica=politica,
            timezone=MANAUS,
        )
        self.grants = 0

    @classmethod
    def seeded(cls, store: SqlStore, **options: Any) -> World:
        with store.engine.begin() as connection:
            for statement in SEED:
                connection.execute(text(statement))
        return cls(store, **options)

    def quem(self, name: str, *, nivel: Nivel = Nivel.A1, in_grace: bool = False, fresh: bool = True) -> Session:
        """A session of somebody, by a certificate step made just now, or an hour ago."""
        at = self.clock.now() if fresh else self.clock.now() - timedelta(hours=1)
        held = certificado(name, nivel, in_grace=in_grace)
        return Session(f"key-{name}", f"session-{name}", PEOPLE[name], held, at, at + timedelta(hours=4))

    def draft(self, who: str = "acai", **changes: Any) -> Rascunho:
        return self.outorga.rascunho(self.quem(who), proposta(**changes))

    def give(self, who: str = "acai", *, accept: str | None = "contadora", **changes: Any) -> Procuracao:
        """A procuração given and, by ``accept``, accepted."""
        draft = self.draft(who, **changes)
        self.clock.tick()
        given = self.outorga.conceder(self.quem(who), draft.id)
        self.clock.tick()
        return self.outorga.act(self.quem(accept), "aceitar", given.id) if accept else given

    def name(self, who: str = "firma", **changes: Any) -> Any:
        """A designação."""
        draft = self.outorga.rascunho_de_designacao(self.quem(who), nomeacao(**changes))
        self.clock.tick()
        return self.outorga.designar(self.quem(who), draft.id)

    def grant(self, holder: str, procuracao: str, inscricao: InscricaoId = AM1) -> Grant:
        """A token family that rests on a procuração."""
        self.grants += 1
        id = f"grant-{self.grants}"
        at = self.clock.now()
        made = Grant(
            id=id,
            client_id="dte",
            sub=f"sub-{holder}",
            sid=f"sid-{id}",
            session_id=f"session-{holder}",
            holder=PEOPLE[holder],
            certificado=certificado(holder),
            choice=RepresentationRef(inscricao, Modo.PROCURACAO, procuracao),
            scopes=frozenset({"openid"}),
            auth_time=at,
            created_at=at,
            expires_at=at + timedelta(hours=8),
        )
        with self.store.begin() as uow:
            uow.grants.add(made, f"code-{id}", replace(BINDING, expires_at=at + MINUTE), f"tx-{id}")
        return made

    def live(self, grant: Grant) -> bool:
        with self.store.reading() as uow:
            found = uow.grants.get(grant.id)
        assert found is not None
        return found.revoked_at is None

    def kept(self, id: str) -> Procuracao:
        with self.store.reading() as uow:
            found = uow.procuracoes.get(id, lock=False)
        assert found is not None
        return found

    def audited(self) -> list[str]:
        with self.store.engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT kind FROM audit ORDER BY id").scalars())

    def told(self) -> int:
        """How many notices wait for clients."""
        with self.store.engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one())

    def sql(self, statement: str) -> None:
        with self.store.engine.begin() as connection:
            connection.execute(text(statement))


def proposta(**changes: Any) -> Proposta:
    """Açaí gives its accountant one poder for one year."""
    return replace(
        Proposta(
            em_nome_de=ACAI,
            outorgado="900.001.022-53",
            outorgado_nome="Francisca Nascimento",
            poderes=frozenset({"dte.consultar"}),
            escopo_tipo=TipoEscopo.RAIZ,
            inicio=TODAY,
            fim=YEAR,
        ),
        **changes,
    )


def solicitacao(**changes: Any) -> Solicitacao:
    """The accountant asks Açaí for one poder for one year."""
    return replace(
        Solicitacao(
            em_nome_de=CONTADORA,
            outorgante="99.990.001/0001-98",
            poderes=frozenset({"dte.consultar"}),
            escopo_tipo=TipoEscopo.RAIZ,
            inicio=TODAY,
            fim=YEAR,
            mensagem="Para cuidar do DT-e.",
        ),
        **changes,
    )


def nomeacao(**changes: Any) -> Nomeacao:
    """The firm of accountants names João for everything."""
    return replace(
        Nomeacao(
            em_nome_de=FIRMA,
            pessoa="900.001.032-25",
            pessoa_nome="João Pedro Tavares",
            poderes=frozenset({"todos"}),
            inicio=TODAY,
            fim=YEAR,
        ),
        **changes,
    )


TO_FIRMA = {"outorgado": "12.ABC.345/01DE-35", "outorgado_nome": "", "substabelecivel": True}
"""Changes of a proposta: to the firm, which may pass it on."""
TO_JOAO = {"outorgado": "90000103225", "outorgado_nome": "Joao Tavares"}
