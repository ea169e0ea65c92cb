"""A provider in one process for these tests: the real flow, keys and SQLite store; a clock that stands still, a
revocation index that knows what it is told, and pages that say their name. Expected values are literals."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, request
from sqlalchemy import insert

from idp.domain.certificado import (
    Accepted,
    Certificado,
    CertificateRef,
    Claimed,
    Nivel,
    RevocationStatus,
    TipoCertificado,
)
from idp.domain.client import AuthMethod, Client, GrantType
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.domain.representation import Regras
from idp.errors import DocumentUnavailable
from idp.flow.authorize import Journey
from idp.flow.gateway import Gateway
from idp.flow.logout import Logout
from idp.flow.policy import Policy
from idp.flow.redeem import Redemption
from idp.keyring import KeyRing
from idp.oidc.client_keys import ClientKeys
from idp.oidc.provider import Provider
from idp.oidc.response import authorization_response
from idp.ports import Document
from idp.storage.ephemeral.sql import SqlEphemeral
from idp.storage.ephemeral.typed import EphemeralSessions, EphemeralTransactions
from idp.storage.sql import schema, tables
from idp.storage.sql.engine import autocommit, transactional
from idp.storage.sql.store import SqlStore
from idp.web import browser
from idp.web.outcome import make_responder

ISSUER = "https://id.example.org"
CALLBACK = "https://app.example.com/cb?tenant=1"
SIGNED_OUT = "https://app.example.com/saiu"
SECRET = "correct horse battery staple"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 appendix B, with the verifier above
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

WAYNE = PessoaJuridica(
    CNPJ("34785515000166"), "WAYNE ENTERPRISES INC.", PessoaFisica(CPF("47891178631"), "BRUCE WAYNE")
)
ADA = PessoaFisica(CPF("18162247238"), "AUGUSTA ADA KING")
WAYNE_CHOICE = "AM:040000010/titular"
ADA_CHOICE = "AM:040000028/procuracao/prc-1"


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def pass_(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@dataclass
class Revocations:
    state: str = "good"

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        return RevocationStatus(self.state)


@dataclass
class Mailbox:
    """The clients' own servers: what was posted to each address, and what it answers (a status, or a reason for which
    it cannot be reached). Documents are read from ``published``."""

    posts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, int | str] = field(default_factory=dict)
    published: dict[str, bytes] = field(default_factory=dict)

    def get(self, url: str, client: Client, *, limit: int = 0, seconds: float = 0.0) -> Document:
        if url not in self.published:
            raise DocumentUnavailable("unreachable", url)
        return Document(self.published[url], "application/json")

    def post(self, url: str, client: Client, form: Any, *, seconds: float = 0.0) -> int:
        answer = self.answers.get(url, 200)
        if isinstance(answer, str):
            raise DocumentUnavailable(answer, url)
        self.posts.append((url, dict(form)))
        return answer


@dataclass
class Pages:
    """Pages that say which one they are and why."""

    def protocol_error(self, code: str, detail: str, status: int = 400) -> Response:
        assert detail.isascii()
        return Response(f"protocol_error {code}: {detail}", status=status, content_type="text/plain")

    def logout_confirm(self, *, action: str, fields: Any, client_name: Any = None, **_: Any) -> Response:
        return Response(f"logout_confirm {action} {urlencode(fields)} {client_name}", content_type="text/plain")

    def logged_out(
        self,
        *,
        client_name: str | None = None,
        stayed: bool = False,
        applications: Any = (),
        frames: Any = (),
        location: str | None = None,
    ) -> Response:
        told = " ".join(f"{one.name}:{one.heard}" for one in applications)
        lines = ["logged_out " + ("stayed" if stayed else ""), told, *frames, f"then {location}" if location else ""]
        return Response("\n".join(filter(None, lines)), content_type="text/plain")


class Screens:
    def certificate_refused(self, ask: Any) -> Response:
        return Response("certificate_refused")

    def consent(self, ask: Any) -> Response:
        return Response(f"consent {ask.refused}")

    def dead_end(self, displayed: Any) -> Response:
        return Response(f"dead_end {displayed.pagina}", status=400)


def certificado(holder: Holder, nivel: Nivel) -> Certificado:
    tipo = TipoCertificado.E_CNPJ if isinstance(holder, PessoaJuridica) else TipoCertificado.E_CPF
    policy = {"A1": "2.16.76.1.2.1.11", "A3": "2.16.76.1.2.3.13"}[nivel.value]
    ref = CertificateRef("aa" * 32, "01", datetime(2027, 9, 3, tzinfo=UTC), policy)
    return Certificado(tipo, nivel, "AC TESTE RFB G5", ref, "thumb")


LOGINS = {
    b"wayne": (WAYNE, certificado(WAYNE, Nivel.A1)),
    b"ada": (ADA, certificado(ADA, Nivel.A3)),
}


def judge(der: bytes, at: datetime) -> Accepted:
    return Accepted(*LOGINS[der], Claimed())


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


BASE = Client(
    "app",
    "Aplicação",
    (CALLBACK, "https://app.example.com/cb2"),
    (SIGNED_OUT,),
    AuthMethod.BASIC,
    digest(SECRET),
    grant_types=frozenset(GrantType),
    scopes=frozenset({"openid", "profile", "cpf", "inscricao", "procuracao", "certificado", "offline_access"}),
)
CLIENTS = (
    BASE,
    replace(BASE, client_id="post", auth_method=AuthMethod.POST),
    replace(BASE, client_id="other", redirect_uris=("https://other.example.net/cb",), post_logout_redirect_uris=()),
    replace(
        BASE,
        client_id="public",
        auth_method=AuthMethod.NONE,
        secret_digest=None,
        grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
    ),
    replace(
        BASE, client_id="es256", id_token_alg="ES256", access_token_alg="RS256", resource="https://api.example.org"
    ),
    replace(
        BASE, client_id="narrow", scopes=frozenset({"openid"}), grant_types=frozenset({GrantType.AUTHORIZATION_CODE})
    ),
    replace(BASE, client_id="disabled", enabled=False),
    replace(
        BASE,
        client_id="front",
        response_types=frozenset(
            {"code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"}
        ),
        scopes=BASE.scopes | {"email", "phone", "address"},
    ),
)


@dataclass
class World:
    directory: Path
    keys: KeyRing | None = None
    cache_seconds: float = 0
    database_url: str = ""
    clock: Clock = field(default_factory=Clock)
    revocations: Revocations = field(default_factory=Revocations)
    documents: Mailbox = field(default_factory=Mailbox)

    def __post_init__(self) -> None:
        url = self.database_url or f"sqlite:///{self.directory}/idp.sqlite"
        new = not (self.directory / "keys").exists()
        if new:
            schema.upgrade(url, "sandbox")
            KeyRing.create(self.directory / "keys", "sandbox", self.clock.at)
        self.store = SqlStore(transactional(url), autocommit(url))
        self.keys = self.keys or KeyRing.open(self.directory / "keys", "sandbox")
        self.clients = self.store.clients(self.cache_seconds)
        if new:
            for client in CLIENTS:
                self.register(client)
            self._cadastro()
        ephemeral = SqlEphemeral(self.store.reader, self.clock)
        self.transactions = EphemeralTransactions(ephemeral, self.clock)
        self.sessions = EphemeralSessions(ephemeral, self.clock)
        policy = Policy(
            Regras(),
            transaction=timedelta(minutes=15),
            return_code=timedelta(seconds=60),
            code=timedelta(seconds=60),
            access_token=timedelta(seconds=300),
            id_token=timedelta(hours=1),
            refresh_token=timedelta(hours=8),
            session=timedelta(hours=4),
            consent=timedelta(days=180),
            timezone=ZoneInfo("America/Sao_Paulo"),
        )
        shared: dict[str, Any] = {
            "clock": self.clock,
            "store": self.store,
            "clients": self.clients,
            "identifiers": self.keys,
            "revocation": self.revocations,
            "policy": policy,
        }
        self.journey = Journey(transactions=self.transactions, sessions=self.sessions, **shared)
        self.redemption = Redemption(**shared)
        self.gateway = Gateway(clock=self.clock, store=self.store, judge=judge, policy=policy)
        logout = Logout(clock=self.clock, store=self.store, sessions=self.sessions, clients=self.clients)
        provider = Provider(
            issuer=ISSUER,
            keys=self.keys,
            clock=self.clock,
            store=self.store,
            clients=self.clients,
            identifiers=self.keys,
            redemption=self.redemption,
            access_token=policy.access_token,
            id_token=policy.id_token,
            client_documents=self.documents,
            client_keys=ClientKeys(self.documents),
        )
        self.told = provider.told()
        self.provider = provider
        writer = partial(authorization_response, issuer=ISSUER)
        self.respond = make_responder(Screens(), writer, provider.tokens().at_front_channel)
        front = provider.front_channel(
            journey=self.journey, logout=logout, pages=Pages(), respond=self.respond, writer=writer
        )
        self.app = Flask(__name__)
        self.app.testing = True  # what nobody caught fails the test where it was raised
        for blueprint in (*front, *provider.documents(), *provider.back_channel()):
            self.app.register_blueprint(blueprint)
        self._steps()

    def close(self) -> None:
        self.store.engine.dispose()
        self.store.reader.dispose()

    def register(self, client: Client) -> None:
        self.store.registry().add(client, self.clock.at, "test")

    def change(self, client_id: str, **changes: Any) -> None:
        registry = self.store.registry()
        registry.update(replace(registry.get(client_id), **changes), self.clock.at, "test")

    def _cadastro(self) -> None:
        with self.store.engine.begin() as connection:
            for root, nome, cnpj, numero in (
                ("34785515", "WAYNE ENTERPRISES INC.", "34785515000166", "040000010"),
                ("12ABC345", "COMERCIO EXEMPLO LTDA", "12ABC34501DE35", "040000028"),
            ):
                connection.execute(insert(tables.contribuintes).values(id=root, nome=nome))
                connection.execute(
                    insert(tables.estabelecimentos).values(documento=cnpj, contribuinte=root, matriz=True)
                )
                connection.execute(
                    insert(tables.inscricoes).values(
                        uf="AM", numero=numero, documento=cnpj, contribuinte=root, situacao="ATIVA", municipio="MANAUS"
                    )
                )
        with self.store.begin() as uow:
            uow.procuracoes.add(
                Procuracao(
                    "prc-1",
                    CNPJ("12ABC34501DE35"),
                    "COMERCIO EXEMPLO LTDA",
                    ADA.cpf,
                    ADA.nome,
                    frozenset({"dte.dar_ciencia", "dte.consultar"}),
                    Escopo(TipoEscopo.INSCRICOES, frozenset({InscricaoId("AM", "040000028")})),
                    Vigencia(datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2027, 3, 1, 3, tzinfo=UTC)),
                    EstadoProcuracao.ATIVA,
                )
            )

    def _steps(self) -> None:
        """What the pages of ``idp.web`` do, without pages."""

        @self.app.post("/test/certificate")
        def certificate() -> Response:
            return self.respond(
                self.journey.signed_in(
                    request.form["code"],
                    browser=browser.browser_digest(request),
                    session_key=browser.session_key(request),
                )
            )

        @self.app.post("/test/consent")
        def consent() -> Response:
            return self.respond(
                self.journey.consented(
                    request.form["tx"],
                    request.form["choice"],
                    browser=browser.browser_digest(request),
                    csrf=request.form["csrf"],
                    session_key=browser.session_key(request),
                )
            )

    def browser(self) -> Browser:
        return Browser(self)


def answer(response: Any) -> dict[str, str]:
    """The parameters that a redirect to a client carries: those of the fragment, where there is one."""
    location = urlsplit(response.headers["Location"])
    query = parse_qs(location.fragment or location.query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return {name: values[0] for name, values in query.items()}


def request_parameters(**changes: str | None) -> dict[str, str]:
    """A good authorization request; None removes a parameter."""
    params: dict[str, str | None] = {
        "client_id": "app",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile inscricao procuracao certificado",
        "state": "st",
        "nonce": "n-0S6",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in params.items() if value is not None}


class Browser:
    """A browser at this provider."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http = world.app.test_client()

    def get(self, path: str, **options: Any) -> Any:
        return self.http.get(path, base_url=ISSUER, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self.http.post(path, base_url=ISSUER, **options)

    def authorize(self, **changes: str | None) -> Any:
        return self.get(f"/authorize?{urlencode(request_parameters(**changes))}")

    def present(self, asked: Any, certificate: bytes) -> Any:
        """Click, present ``certificate``, come back."""
        tx = self.transaction(asked)
        code = self.world.gateway.present(tx.id, tx.ticket, certificate).return_code
        return self.post("/test/certificate", data={"code": code})

    def choose(self, asked: Any, choice: str) -> Any:
        tx = self.transaction(asked)
        return self.post("/test/consent", data={"tx": tx.id, "choice": choice, "csrf": tx.csrf})

    def transaction(self, asked: Any) -> Any:
        assert asked.status_code == 303, asked.get_data(as_text=True)
        return self.world.transactions.get(answer(asked)["tx"])

    def log_in(
        self, certificate: bytes = b"wayne", choice: str = WAYNE_CHOICE, **changes: str | None
    ) -> dict[str, str]:
        """The whole way to the answer's parameters, through whatever steps are asked."""
        response = self.authorize(**changes)
        if response.headers.get("Location", "").startswith("/login"):
            response = self.present(response, certificate)
        if response.headers.get("Location", "").startswith("/consentimento"):
            response = self.choose(response, choice)
        assert response.status_code == 303, response.get_data(as_text=True)
        return answer(response)

    def token(self, auth: tuple[str, str] | None = ("app", SECRET), **form: str) -> Any:
        return self.post("/token", data=form, auth=auth)

    def redeem(self, code: str, auth: tuple[str, str] | None = ("app", SECRET), **changes: str) -> Any:
        form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **changes}
        return self.token(auth, grant_type="authorization_code", **form)

    def tokens(
        self, certificate: bytes = b"wayne", choice: str = WAYNE_CHOICE, **changes: str | None
    ) -> dict[str, Any]:
        response = self.redeem(self.log_in(certificate, choice, **changes)["code"])
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def userinfo(self, token: str) -> Any:
        return self.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
