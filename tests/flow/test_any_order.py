"""Everything at once, in any order: two browsers, four people, two clients, and a cadastro that changes under them.

What is granted is judged by an oracle that restates the rules in a few lines and knows nothing of the flow.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from idp.domain.grant import Authorization
from idp.domain.representation import RepresentationRef
from idp.errors import IllegalTransition, InvalidGrant, InvalidToken, RevocationUnknown
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Granted, Outcome, Redirected, SignedIn
from tests.domain.samples import ADA, AM1, BRUCE, DAY, EVA, MATRIZ, procuracao, so
from tests.flow.world import OPENID, World, browser, key

WHO = st.sampled_from(["ada", "bruce", "eva", "wayne", "stranger"])
AT = st.sampled_from(["A", "B"])
CLIENT = st.sampled_from(["rp", "app"])
REFS = st.builds(
    "{}/{}".format,
    st.sampled_from(["AM:040000010", "AM:040000028", "AM:041330188", "AM:999999999"]),
    st.sampled_from(["titular", "representante_legal", "procuracao/prc_1", "procuracao/prc_2", "dono"]),
)


class AnyOrder(RuleBasedStateMachine):
    logins = Bundle("logins")
    consents = Bundle("consents")
    return_codes = Bundle("return codes")
    codes = Bundle("codes")
    tokens = Bundle("refresh tokens")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.store.rows.procuracoes["prc_2"] = procuracao(id="prc_2", outorgado=EVA, escopo=so(AM1))
        self.signed_in: dict[str, object] = {}
        """Whom each browser's last accepted certificate proved."""
        self.known: set[str] = set()
        """Families whose codes were checked."""
        self.redeemed: set[str] = set()
        self.spent: dict[str, object] = {}
        """Refresh tokens used, and when."""
        self.dead: set[str] = set()
        """Families that were seen revoked."""

    # -- what the oracle says ----------------------------------------------------------------------------------------

    def entitled(self, holder: object, ref: RepresentationRef) -> bool:
        rows, now = self.world.store.rows, self.world.clock.at
        if ref.inscricao not in rows.inscricoes:
            return False
        name = {"ada": ADA, "bruce": BRUCE, "eva": EVA, "wayne": MATRIZ}
        who = next(n for n, documento in name.items() if documento == holder)
        if ref.modo == "titular":
            return who == "wayne" and BRUCE in rows.representantes[MATRIZ.raiz]
        if ref.modo == "representante_legal":
            return holder in rows.representantes[MATRIZ.raiz]
        given = rows.procuracoes.get(ref.procuracao or "")
        return (
            given is not None
            and given.outorgado == holder
            and given.estado == "ATIVA"
            and ref.inscricao in given.escopo.inscricoes
            and given.vigencia.inicio <= now < given.vigencia.fim
        )

    def good(self, serial: str) -> bool:
        return self.world.revocation.status("", serial, self.world.clock.at).state == "good"

    # -- the journey -------------------------------------------------------------------------------------------------

    def shown(self, outcome: SignedIn | Outcome, at: str) -> Outcome:
        """Follow a renewed cookie, and check a code by the oracle."""
        if isinstance(outcome, SignedIn):
            outcome = outcome.then
        if isinstance(outcome, Granted):
            (new,) = set(self.world.store.rows.grants) - self.known
            self.known.add(new)
            grant = self.world.store.rows.grants[new]
            assert grant.holder.documento == self.signed_in[at]
            assert self.entitled(grant.holder.documento, grant.choice)
            assert self.good(grant.certificado.ref.serial)
            assert self.world.clients.kept[grant.client_id].enabled
            assert grant.client_id == outcome.request.client_id
        return outcome

    @rule(target=logins, at=AT, client=CLIENT, sso=st.booleans(), prompt=st.sampled_from(["", "login", "none"]))
    def begin(self, at: str, client: str, sso: bool, prompt: str):
        outcome = self.world.begin(at=at, client=client, sso=sso, prompt=prompt, scopes=OPENID | {"offline_access"})
        outcome = self.shown(outcome, at)
        assert prompt != "none" or isinstance(outcome, Redirected | Granted | Displayed)
        return (at, outcome) if isinstance(outcome, AskLogin) else multiple()

    @rule(target=return_codes, login=logins, who=WHO)
    def present(self, login, who: str):
        return self.world.present(login[1], who), login[0], who

    @rule(target=consents, code=return_codes, at=AT)
    def come_back(self, code, at: str):
        value, began_at, who = code
        outcome = self.world.back(value, at=at)
        if isinstance(outcome, SignedIn):
            assert at == began_at, "another browser's certificate"
            self.signed_in[at] = self.world.holders[who].documento
            outcome = self.shown(outcome, at)
        return (at, outcome) if isinstance(outcome, AskConsent) else multiple()

    @rule(target=codes, consent=consents, ref=REFS, at=AT)
    def consent(self, consent, ref: str, at: str):
        outcome = self.shown(self.world.choose(consent[1], ref, at=at), at)
        assert not isinstance(outcome, Granted) or at == consent[0]
        return outcome if isinstance(outcome, Granted) else multiple()

    @rule(target=codes, consent=consents)
    def consent_to_what_is_offered(self, consent):
        at, asked = consent
        if not asked.choices.available:
            return multiple()
        outcome = self.shown(self.world.choose(asked, str(asked.choices.available[0].ref), at=at), at)
        return outcome if isinstance(outcome, Granted) else multiple()

    @rule(target=codes, at=AT, client=CLIENT, who=st.sampled_from(["ada", "bruce", "wayne"]))
    def a_whole_journey(self, at: str, client: str, who: str):
        """Chance alone seldom gets this far."""
        login = self.world.begin(at=at, client=client, scopes=OPENID | {"offline_access"}, prompt="consent")
        if not isinstance(login, AskLogin):
            return multiple()
        consent = self.come_back_with(login, at, who)
        if not isinstance(consent, AskConsent) or not consent.choices or not consent.choices.available:
            return multiple()
        outcome = self.shown(self.world.choose(consent, str(consent.choices.available[0].ref), at=at), at)
        return outcome if isinstance(outcome, Granted) else multiple()

    def come_back_with(self, login: AskLogin, at: str, who: str) -> Outcome:
        self.signed_in[at] = self.world.holders[who].documento
        return self.shown(self.world.back(self.world.present(login, who), at=at), at)

    @rule(login=consumes(logins), at=AT)
    def cancel(self, login, at: str):
        outcome = self.world.journey.refused(login[1].tx.id, browser=browser(at), csrf=login[1].tx.csrf)
        assert isinstance(outcome, Displayed) or at == login[0]

    # -- the client --------------------------------------------------------------------------------------------------

    def bought(self, authorization: Authorization) -> None:
        grant = authorization.grant
        assert grant.id not in self.dead
        assert self.entitled(grant.holder.documento, grant.choice)
        assert self.good(grant.certificado.ref.serial)
        assert self.world.clients.kept[grant.client_id].enabled

    @rule(target=tokens, granted=codes, client=CLIENT)
    def redeem(self, granted, client: str):
        try:
            authorization = self.world.redeem(granted, client=client)
        except (InvalidGrant, RevocationUnknown):
            return multiple()
        assert client == granted.request.client_id
        assert granted.code not in self.redeemed
        self.redeemed.add(granted.code)
        self.bought(authorization)
        return self.world.redemption.refresh_token(authorization), client

    @rule(target=tokens, token=tokens, client=CLIENT)
    def refresh(self, token, client: str):
        value, owner = token
        try:
            authorization, successor = self.world.refresh(value, client)
        except (InvalidGrant, RevocationUnknown):
            return multiple()
        assert client == owner
        if value in self.spent:
            assert client == "rp", "a public client reused a token"
            assert (self.world.clock.at - self.spent[value]).total_seconds() <= 10
            assert successor not in self.spent
        self.spent.setdefault(value, self.world.clock.at)
        self.bought(authorization)
        return successor, client

    @invariant()
    def what_is_revoked_stays_revoked(self) -> None:
        grants = self.world.store.rows.grants
        self.dead |= {grant.id for grant in grants.values() if grant.revoked_at}
        assert all(grants[id].revoked_at for id in self.dead)

    @invariant()
    def userinfo_tells_the_truth(self) -> None:
        for id in self.world.store.rows.grants:
            try:
                self.bought(self.world.redemption.in_use(id))
            except (InvalidToken, RevocationUnknown):
                continue

    @invariant()
    def every_family_has_its_audit_row(self) -> None:
        assert self.world.store.audited.count("code.issued") == len(self.world.store.rows.grants)

    # -- the world ---------------------------------------------------------------------------------------------------

    @rule(
        id=st.sampled_from(["prc_1", "prc_2"]), event=st.sampled_from(["revogar", "renunciar", "suspender", "reativar"])
    )
    def something_happens_to_a_procuracao(self, id: str, event: str) -> None:
        rows = self.world.store.rows.procuracoes
        try:
            rows[id] = rows[id].after(event, self.world.clock.at)
        except IllegalTransition:
            return

    @rule(id=st.sampled_from(["prc_1", "prc_2"]), days=st.sampled_from([1, 40]))
    def it_is_given_anew(self, id: str, days: int) -> None:
        fresh = procuracao(id=id, outorgado=ADA if id == "prc_1" else EVA, escopo=so(AM1))
        period = replace(fresh.vigencia, fim=self.world.clock.at + days * DAY)
        self.world.store.rows.procuracoes[id] = replace(fresh, vigencia=period)

    @rule(who=st.frozensets(st.sampled_from([BRUCE, EVA, ADA]), min_size=1))
    def the_company_changes_its_representatives(self, who) -> None:
        self.world.store.rows.representantes[MATRIZ.raiz] = who

    @rule(who=WHO, state=st.sampled_from(["good", "good", "revoked", "stale"]))
    def a_revocation_list_arrives(self, who: str, state: str) -> None:
        self.world.revocation.say(f"serial-{who}", state)

    @rule(client=CLIENT, enabled=st.booleans())
    def a_client_is_switched(self, client: str, enabled: bool) -> None:
        self.world.clients.change(client, enabled=enabled)

    @rule(seconds=st.sampled_from([1, 9, 11, 61]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.tick(seconds)

    @rule(at=AT)
    def log_out(self, at: str) -> None:
        session = self.world.sessions.get(key(self.world.jar[at])) if at in self.world.jar else None
        if session:
            self.world.logout.end(session)


@pytest.mark.attack("ATK-122")
@pytest.mark.attack("ATK-056")
@pytest.mark.attack("ATK-102")
class TestAnyOrder(AnyOrder.TestCase):
    settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
