"""A small authority to walk through: the flow over the fakes, and a browser's steps by name."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.domain.certificado import Accepted, CertReason, Claimed, Reason, Refused, Verdict
from idp.domain.client import AuthMethod, Client, GrantType
from idp.domain.grant import Authorization
from idp.domain.person import Holder
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Regras
from idp.domain.transaction import AuthorizationRequest, Prompt
from idp.flow.authorize import Journey
from idp.flow.choices import Look
from idp.flow.gateway import Gateway
from idp.flow.logout import Logout
from idp.flow.outcome import AskConsent, AskLogin, Granted, Outcome, SignedIn
from idp.flow.policy import Policy
from idp.flow.redeem import Redemption
from tests.domain.samples import (
    AM1,
    AM2,
    AM3,
    BRUCE,
    DAY,
    FILIAL,
    MATRIZ,
    RAIZ,
    T0,
    ada,
    bruce,
    certificado,
    eva,
    inscricao,
    procuracao,
    so,
    wayne,
)
from tests.flow.fakes import (
    FakeClients,
    FakeClock,
    FakeIdentifiers,
    FakeRevocation,
    FakeSessions,
    FakeStore,
    FakeTransactions,
)

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""RFC 7636 appendix B; its S256 challenge follows."""
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CALLBACK = "https://rp.example/cb"
OPENID = frozenset({"openid", "inscricao"})

CONFIDENTIAL = Client(
    "rp",
    "Portal",
    redirect_uris=(CALLBACK,),
    secret_digest="0" * 64,
    grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
    scopes=frozenset({"openid", "profile", "inscricao", "offline_access"}),
)
PUBLIC = replace(CONFIDENTIAL, client_id="app", name="Aplicativo", auth_method=AuthMethod.NONE, secret_digest=None)
POLICY = Policy(
    regras=Regras(),
    transaction=timedelta(minutes=15),
    return_code=timedelta(seconds=60),
    code=timedelta(seconds=60),
    access_token=timedelta(minutes=5),
    id_token=timedelta(hours=1),
    refresh_token=timedelta(hours=8),
    session=timedelta(hours=4),
    consent=timedelta(days=180),
)

# What each person's certificate is, as bytes that only the fake judge reads, and its serial number.
PEOPLE: dict[str, Holder] = {"ada": ada, "bruce": bruce, "eva": eva, "wayne": wayne}


def browser(name: str) -> str:
    """The digest of a browser's cookie."""
    return hashlib.sha256(name.encode()).hexdigest()


class World:
    """Wayne has a matriz with two inscrições and a filial with one; Bruce represents it; Ada has a procuração for the
    matriz's first inscrição only; Eva has nothing."""

    def __init__(self, **policy: Any) -> None:
        self.clock = FakeClock(T0)
        self.store = FakeStore()
        self.transactions = FakeTransactions(self.clock)
        self.sessions = FakeSessions(self.clock)
        self.clients = FakeClients(CONFIDENTIAL, PUBLIC)
        self.identifiers = FakeIdentifiers()
        self.revocation = FakeRevocation()
        self.policy = replace(POLICY, **policy)
        common: dict[str, Any] = {
            "clock": self.clock,
            "store": self.store,
            "clients": self.clients,
            "identifiers": self.identifiers,
            "revocation": self.revocation,
            "policy": self.policy,
        }
        self.journey = Journey(transactions=self.transactions, sessions=self.sessions, **common)
        self.redemption = Redemption(**common)
        self.gateway = Gateway(clock=self.clock, store=self.store, judge=self._judge, policy=self.policy)
        self.logout = Logout(clock=self.clock, store=self.store, sessions=self.sessions, clients=self.clients)
        self.holders = dict(PEOPLE)
        self.not_after: dict[str, datetime] = {}
        """When a person's certificate ends, if sooner than the others'."""
        self.jar: dict[str, str] = {}
        """Each browser's session cookie."""
        rows = self.store.rows
        rows.inscricoes = {i.id: i for i in (inscricao(AM1), inscricao(AM2), inscricao(AM3, FILIAL))}
        rows.representantes = {MATRIZ.raiz: frozenset({BRUCE})}
        self.grant_to_ada(escopo_de=AM1)

    def _judge(self, der: bytes, at: Any) -> Verdict:
        name = der.decode()
        holder = self.holders.get(name)
        if holder is None:
            return Refused((Reason(CertReason.NAO_ICP, "unknown_issuer"),), Claimed(nome=name))
        return Accepted(
            holder,
            certificado(serial=f"serial-{name}", not_after=self.not_after.get(name, T0 + 300 * DAY)),
            Claimed(nome=name),
        )

    # -- the cadastro ------------------------------------------------------------------------------------------------

    def grant_to_ada(self, escopo_de: Any = None, **changes: Any) -> Procuracao:
        one = procuracao(escopo=so(escopo_de) if escopo_de else RAIZ, **changes)
        self.store.rows.procuracoes[one.id] = one
        return one

    def revoke_procuracao(self, id: str = "prc_1") -> None:
        kept = self.store.rows.procuracoes
        kept[id] = kept[id].after("revogar", self.clock.now())

    # -- the browser -------------------------------------------------------------------------------------------------

    def key(self, at: str = "A") -> str | None:
        """The digest of the session cookie that browser ``at`` sends."""
        return key(self.jar[at]) if at in self.jar else None

    def begin(self, *, client: str = "rp", at: str = "A", sso: bool = False, **request: Any) -> Outcome:
        """/authorize from browser ``at``, which sends its session cookie if ``sso``. ``prompt``: space-separated."""
        request["prompt"] = frozenset(Prompt(p) for p in request.get("prompt", "").split())
        asked = {"redirect_uri": CALLBACK, "scopes": OPENID, "code_challenge": CHALLENGE} | request
        outcome = self.journey.begin(
            AuthorizationRequest(client_id=client, **asked),
            browser=browser(at),
            session_key=self.key(at) if sso else None,
        )
        return self._shown(outcome, at)

    def present(self, asked: AskLogin, who: str | None) -> str:
        """At the certificate host, following the link of a login page; the return code."""
        return self.gateway.present(asked.tx.id, asked.tx.ticket, who.encode() if who else None).return_code

    def back(self, return_code: str, *, at: str = "A") -> SignedIn | Outcome:
        """Back at the issuer with a return code; the new cookie is kept."""
        answer = self._kept(self.journey.signed_in(return_code, browser=browser(at), session_key=self.key(at)), at)
        if isinstance(answer, SignedIn):
            return replace(answer, then=self._shown(answer.then, at))
        return answer

    def sign_in(self, asked: Outcome, who: str, *, at: str = "A") -> SignedIn:
        assert isinstance(asked, AskLogin), asked
        back = self.back(self.present(asked, who), at=at)
        assert isinstance(back, SignedIn), back
        return back

    def _shown(self, outcome: Outcome, at: str) -> Outcome:
        """What a browser makes of a question: it goes to the page that asks."""
        return self.resume(outcome, at=at) if isinstance(outcome, AskConsent) else outcome

    def resume(self, asked: AskLogin | AskConsent, *, at: str = "A") -> Outcome:
        return self.journey.resume(asked.tx.id, browser=browser(at), session_key=self.key(at), look=Look())

    def choose(self, asked: Outcome, choice: str, *, at: str = "A", csrf: str | None = None) -> Outcome:
        """Post the consent form; what follows the renewed cookie, where there is one."""
        assert isinstance(asked, AskConsent | AskLogin), asked
        csrf = asked.tx.csrf if csrf is None else csrf
        answer = self.journey.consented(asked.tx.id, choice, browser=browser(at), csrf=csrf, session_key=self.key(at))
        answer = self._kept(answer, at)
        return answer.then if isinstance(answer, SignedIn) else answer

    def _kept(self, answer: SignedIn | Outcome, at: str) -> SignedIn | Outcome:
        if isinstance(answer, SignedIn):
            self.jar[at] = answer.cookie
        return answer

    def code(self, who: str = "ada", choice: str = "AM:040000010/procuracao/prc_1", **begin: Any) -> Granted:
        """The whole journey to a code, every page answered."""
        at = begin.get("at", "A")
        outcome = self.sign_in(self.begin(**begin), who, at=at).then
        if isinstance(outcome, AskConsent):
            outcome = self.choose(outcome, choice, at=at)
        assert isinstance(outcome, Granted), outcome
        return outcome

    # -- the client --------------------------------------------------------------------------------------------------

    def redeem(self, granted: Granted, **changes: Any) -> Authorization:
        client = self.clients.kept[changes.pop("client", granted.request.client_id)]
        presented = {"redirect_uri": CALLBACK, "verifier": VERIFIER} | changes
        return self.redemption.code(client, granted.code, **presented)

    def tokens(self, who: str = "ada", **begin: Any) -> tuple[Authorization, str]:
        """A journey with offline_access, its authorization and its first refresh token."""
        scopes = OPENID | {"offline_access"}
        authorization = self.redeem(self.code(who, scopes=scopes, **begin))
        token = self.redemption.refresh_token(authorization)
        assert token is not None
        return authorization, token

    def refresh(self, token: str, client: str = "rp") -> tuple[Authorization, str]:
        authorization = self.redemption.refresh(self.clients.kept[client], token)
        successor = self.redemption.refresh_token(authorization)
        assert successor is not None
        return authorization, successor


def key(cookie: str) -> str:
    """What a session is kept under."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def s256(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def offered(asked: Outcome) -> list[str]:
    assert isinstance(asked, AskConsent), asked
    assert asked.choices is not None
    return [str(one.ref) for one in asked.choices.available]
