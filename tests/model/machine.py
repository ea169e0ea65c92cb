"""Everything anybody may do, in any order, with the real flow held against the rules after every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from idp.domain.certificado import Nivel, RevocationStatus
from idp.domain.documents import CNPJ, parse_documento
from idp.domain.grant import Authorization
from idp.domain.inscricao import InscricaoId
from idp.domain.person import PessoaJuridica
from idp.domain.politica import NotEntitled
from idp.domain.procuracao import TipoEscopo
from idp.domain.proposta import Nomeacao, Proposta, Rascunho, Solicitacao
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Prompt, Wanted
from idp.errors import IllegalTransition, InvalidGrant, InvalidToken, NotFound, RevocationUnknown
from idp.flow.choices import Look
from idp.flow.outcome import AskConsent, AskLogin, Granted, Redirected, SignedIn
from idp.flow.outorga import CertificateRefused, Refused
from idp.oidc.access_token import access_token
from idp.storage.sql import SqlStore
from tests.model import rules
from tests.model.rules import ALL, Given, Named, Needs, Offer, Person, Rules
from tests.model.world import (
    ACCESS,
    CERTIFICATE_ENDS,
    CHALLENGE,
    CLIENTS,
    CODE,
    NEEDS,
    REFRESH,
    SCOPES,
    SHOWN,
    VERIFIER,
    World,
)
from tests.outorga.world import DAY, PEOPLE, T0

PERSONS = {
    name: Person(
        holder.documento.numero,
        holder.responsavel.cpf.numero if isinstance(holder, PessoaJuridica) and holder.responsavel else None,
        name == "selo",
    )
    for name, holder in PEOPLE.items()
}
NAMES = {person.document: name for name, person in PERSONS.items()}
HOLDERS = list(PERSONS)
RECIPIENTS = ["contadora", "joao", "firma", "produtora", "castanha", "dono", "acai", "fora"]
GIVERS = ["acai", "castanha", "produtora", "filial", "firma", "dono"]
USERS = ["contadora", "joao", "firma", "castanha", "dono"]
FIRMS = ["firma", "castanha", "fora"]
REGISTRATIONS = {
    "AM:049000012": ("99990001000198", "ATIVA"),
    "AM:049000039": ("99990001000279", "ATIVA"),
    "AM:049000063": ("99990002000132", "ATIVA"),
    "AM:049000101": ("90000108294", "ATIVA"),
}
REPRESENTATIVES = {
    "99990001": {"90000101281", "90000107212"},
    "99990002": {"90000107212"},
    "12ABC345": {"90000102253"},
}
NOWHERE = "AM:049000998"
REFUSALS = (Refused, NotFound, NotEntitled, CertificateRefused, RevocationUnknown, IllegalTransition)

PICK = st.integers(0, 10_000)
POWERS = st.sampled_from(
    [{"dte.consultar"}, {"nfe.consultar"}, {"dte.consultar", "nfe.consultar"}, {ALL}, {"nada"}]
).map(frozenset)
COVERS = st.sampled_from(
    ["raiz", "raiz", "estabelecimento", frozenset({"AM:049000012"}), frozenset({"AM:049000012", "AM:049000039"})]
)
LEVEL = st.sampled_from(["A1", "A3"])
ASKED = st.sampled_from(["", "", "", "inscricao", "poder", "nivel"])
AMONG = st.sampled_from(["rights", "rights", "links", "everything"])
FROM, LASTING = st.sampled_from([0, 0, 0, 1, 3]), st.sampled_from([0, 2, 30, 400, 1825, 1826])


@dataclass
class Family:
    """What a consent produced, as the rules keep it."""

    id: str
    who: str
    level: str
    client: str
    right: tuple[str, str, str | None]
    needs: Needs
    made: datetime
    session: str
    code: str
    spent: bool = False
    dead: bool = False
    tokens: tuple[str, ...] = ()
    rotated: datetime | None = None


@dataclass(frozen=True)
class Tab:
    """A consent page left open."""

    who: str
    level: str
    client: str
    needs: Needs
    tx: str
    csrf: str


class Signing:
    """Keeps what would have been signed."""

    claims: dict[str, Any]

    def sign_jwt(self, claims: Any, alg: str, typ: str) -> str:
        self.claims = dict(claims)
        return "signed"


class RightsMachine(RuleBasedStateMachine):
    store: SqlStore
    """Each history begins by emptying it: a store keeps the statements it has compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.store)
        self.rules = Rules(dict(REGISTRATIONS), {root: set(cpfs) for root, cpfs in REPRESENTATIVES.items()})
        self.state = dict.fromkeys(PERSONS, "good")
        """What the revocation lists say of each person's certificate."""
        self.families: list[Family] = []
        self.tabs: list[Tab] = []
        self.agreed: set[tuple[str, str, tuple[str, str, str | None]]] = set()
        self.keys = 0
        self.logins = dict.fromkeys(PERSONS, 0)

    # What the rules say --------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.world.clock.at

    def certified(self, who: str) -> bool:
        return self.state[who] == "good" and self.now < CERTIFICATE_ENDS[who]

    def ends(self, family: Family) -> datetime | None:
        return self.rules.until(PERSONS[family.who], family.level, family.right, family.needs, self.now)

    def alive(self, family: Family) -> bool:
        return not family.dead and self.now < family.made + REFRESH

    def everything(self) -> list[tuple[str, str, str | None]]:
        own = [(one, basis, None) for one in REGISTRATIONS for basis in ("titular", "representante_legal")]
        return own + [(one, "procuracao", id) for one in REGISTRATIONS for id in self.rules.given]

    def rights(self, who: str, level: str, needs: Needs) -> set[tuple[str, str, str | None]]:
        """All that this person may choose now."""
        person, now = PERSONS[who], self.now
        return {one for one in self.everything() if self.rules.until(person, level, one, needs, now) is not None}

    def kill(self, doomed: Callable[[Family], bool]) -> None:
        for family in self.families:
            family.dead = family.dead or doomed(family)

    def browsing(self, who: str, level: str) -> Session:
        self.keys += 1
        return self.world.browsing(who, level, f"key-{self.keys}", f"browser-{who}-{self.logins[who]}")

    def refused(self, who: str, session: Session) -> None:
        """A certificate that will never hold again ends its session when next shown, and what that gave."""
        if self.state[who] == "revoked" or self.now >= CERTIFICATE_ENDS[who]:
            self.kill(lambda one: one.session == session.id)
            self.logins[who] += 1
            self.tabs = [tab for tab in self.tabs if tab.who != who]

    def level(self, who: str, level: str) -> str:
        return "SE-S" if who == "selo" else level

    # Choosing ------------------------------------------------------------------------------------------------------

    @rule(
        who=st.sampled_from(HOLDERS),
        level=LEVEL,
        client=st.sampled_from(list(CLIENTS)),
        asked=ASKED,
        prompt=st.sampled_from(["consent", "", "none"]),
    )
    def open(self, who: str, level: str, client: str, asked: str, prompt: str) -> None:
        """A page of choices offers all that the rules give, and nothing else (ATK-120)."""
        self.opened(who, self.level(who, level), client, asked, prompt)

    def opened(self, who: str, level: str, client: str, asked: str, prompt: str) -> Tab | None:
        needs, wanted = demanded(client, asked)
        session = self.browsing(who, level)
        request = AuthorizationRequest(
            client_id=client,
            redirect_uri=CLIENTS[client].redirect_uris[0],
            scopes=SCOPES,
            code_challenge=CHALLENGE,
            prompt=frozenset({Prompt(prompt)} if prompt else ()),
            wanted=wanted,
        )
        rights = self.rights(who, level, needs)
        outcome = self.world.journey.begin(request, browser="browser", session_key=session.key)
        if not self.certified(who):
            assert isinstance(outcome, Redirected if prompt == "none" else AskLogin)
            self.refused(who, session)
            return None
        recalled = len(rights) == 1 and (who, client, *rights) in self.agreed and prompt != "consent"
        if recalled:
            assert isinstance(outcome, Granted), "a consent remembered, and the only choice there is"
            (right,) = rights
            tab = Tab(who, level, client, needs, "", "")
            self.issued(tab, outcome, right)
            return None
        if prompt == "none":
            assert isinstance(outcome, Redirected)
            return None
        assert isinstance(outcome, AskConsent), outcome
        with self.world.store.reading() as uow:
            listed = self.world.journey.selector(uow, outcome.tx, session, CLIENTS[client]).few(10_000)
        assert {key(one.ref) for one in listed} == rights
        shown = self.world.journey.resume(
            outcome.tx.id, browser="browser", session_key=session.key, look=Look(missing=False)
        )
        assert isinstance(shown, AskConsent)
        assert shown.choices is not None
        assert {key(one.ref) for one in shown.choices.available} <= rights
        for one in shown.choices.missing:
            for id in [link.id for link in one.fatos.cadeia[:1]] or [None]:
                right = (str(one.fatos.inscricao.id), one.modo.value, id)
                assert self.rules.linked(PERSONS[who], right), "ATK-131: of strangers nothing is told, not even why"
        tab = Tab(who, level, client, needs, outcome.tx.id, outcome.tx.csrf)
        self.tabs = [*self.tabs[-5:], tab]
        return tab

    @precondition(lambda self: self.tabs)
    @rule(tab=PICK, choice=PICK, among=AMONG)
    def choose(self, tab: int, choice: int, among: str) -> None:
        """Anything may be posted to any open page: it is granted exactly if the rules give it now (ATK-120, ATK-121,
        ATK-122)."""
        found = self.tabs[tab % len(self.tabs)]
        self.chosen(found, self.picked(found, choice, among))

    def picked(self, tab: Tab, choice: int, among: str) -> tuple[str, str, str | None]:
        """Something to post: what the rules give, what is linked to the person at all, or anything."""
        possible: list[tuple[str, str, str | None]] = []
        if among == "rights":
            possible = sorted(
                self.rights(tab.who, tab.level, tab.needs), key=lambda one: (one[1] != "procuracao", str(one))
            )
        elif among == "links":
            possible = [one for one in self.everything() if self.rules.linked(PERSONS[tab.who], one)]
        options = possible or [*self.everything(), (NOWHERE, "titular", None), (NOWHERE, "procuracao", "p-none")]
        return options[choice % len(options)]

    def chosen(self, tab: Tab, right: tuple[str, str, str | None]) -> Family | None:
        session = self.browsing(tab.who, tab.level)
        may = right in self.rights(tab.who, tab.level, tab.needs) and self.certified(tab.who)
        outcome = self.world.journey.consented(
            tab.tx, posted(right), browser="browser", csrf=tab.csrf, session_key=session.key
        )
        if not may:
            assert isinstance(outcome, AskConsent | AskLogin), outcome
            assert isinstance(outcome, AskLogin) is not self.certified(tab.who)
            if isinstance(outcome, AskConsent):
                linked = right[0] in REGISTRATIONS and self.rules.linked(PERSONS[tab.who], right)
                strange = outcome.refused is not None and outcome.refused.value == "sem_vinculo"
                assert linked or strange, "ATK-131: the same answer as for what does not exist"
            else:
                self.tabs.remove(tab)  # its session is gone from it
                self.refused(tab.who, session)
            return None
        assert isinstance(outcome, SignedIn), outcome
        assert isinstance(outcome.then, Granted)
        self.tabs.remove(tab)
        self.agreed.add((tab.who, tab.client, right))
        return self.issued(tab, outcome.then, right)

    def issued(self, tab: Tab, granted: Granted, right: tuple[str, str, str | None]) -> Family:
        """The family that a code opens is of this page's person and client, and of the choice made there (ATK-121)."""
        known = {family.id for family in self.families}
        with self.world.store.engine.connect() as connection:
            ids = {row[0] for row in connection.execute(text("SELECT id FROM grants"))}
        (id,) = ids - known
        with self.world.store.reading() as uow:
            grant = uow.grants.get(id)
        assert grant is not None
        assert (grant.holder, grant.client_id, key(grant.choice)) == (PEOPLE[tab.who], tab.client, right)
        if CLIENTS[tab.client].switch == "close":
            same = (grant.session_id, tab.client)
            self.kill(lambda one: (one.session, one.client) == same and one.right != right)
        family = Family(id, tab.who, tab.level, tab.client, right, tab.needs, self.now, grant.session_id, granted.code)
        self.families.append(family)
        return family

    # Tokens --------------------------------------------------------------------------------------------------------

    def told(self, family: Family, authorization: Authorization) -> None:
        """A token is of no more than the rules give, for no longer, and for this client alone (ATK-126, ATK-130)."""
        until = self.ends(family)
        assert until is not None, "ATK-122: a token without the right"
        assert key(authorization.representation.ref) == family.right
        signing = Signing()
        access_token(authorization, SCOPES, issuer="https://id.example", lifetime=ACCESS, keys=signing)  # type: ignore[arg-type]
        exp = min(self.now + ACCESS, until, CERTIFICATE_ENDS[family.who])
        assert signing.claims["exp"] == int(exp.timestamp()), "no longer than procuração, designação and certificate"
        assert signing.claims["aud"] == f"https://api.{family.client}.example"
        told = signing.claims["representacao"].get("procuracao")
        assert (told is not None) == (family.right[2] is not None)
        if told is not None:
            assert set(told["poderes"]) == self.powers(family), "ATK-126: of this application's powers alone"

    def powers(self, family: Family) -> set[str]:
        """What of the procuração this person has through this application."""
        first = self.rules.given[family.right[2] or ""]
        person, powers = PERSONS[family.who], first.powers
        if not rules.same(person.document, first.to):
            hands = [
                one
                for one in self.rules.hands(person, first)
                if one.state == "ATIVA" and one.begins <= self.now < one.ends
                if rules.gives(one.powers, family.needs.powers) and rules.shared(one.powers, first.powers)
            ]
            powers = rules.shared(max(hands, key=lambda one: (one.ends, one.id)).powers, first.powers)
        shown = SHOWN[family.client]
        return set(powers if shown is None else shown if ALL in powers else powers & shown)

    @precondition(lambda self: self.families)
    @rule(pick=PICK, client=st.sampled_from(["", "", "", "", *CLIENTS]))
    def redeem(self, pick: int, client: str) -> None:
        """A code buys its tokens once, in time, for its client, while the right holds (ATK-122)."""
        waiting = [one for one in self.families if not one.spent] or self.families
        family = waiting[pick % len(waiting)]
        client = client or family.client
        own = client == family.client
        fresh = own and not family.spent and self.now < family.made + CODE and self.alive(family)
        undecided = fresh and self.state[family.who] == "stale" and self.now < CERTIFICATE_ENDS[family.who]
        may = fresh and self.certified(family.who) and self.ends(family) is not None
        try:
            authorization = self.world.redemption.code(
                CLIENTS[client], family.code, redirect_uri=CLIENTS[client].redirect_uris[0], verifier=VERIFIER
            )
        except RevocationUnknown:
            assert undecided
            return
        except InvalidGrant:
            assert not may, "refused what the rules allow"
            family.dead = family.dead or (own and (fresh or family.spent))
            family.spent = family.spent or fresh
            return
        assert may
        family.spent = True
        family.tokens = (self.world.redemption.refresh_token(authorization) or "",)
        self.told(family, authorization)

    @precondition(lambda self: any(one.tokens for one in self.families))
    @rule(pick=PICK, back=st.sampled_from([1, 1, 1, 2]))
    def refresh(self, pick: int, back: int) -> None:
        """A refresh token buys no more than the right is worth now (ATK-130)."""
        having = [one for one in self.families if one.tokens]
        family = having[pick % len(having)]
        back = min(back, len(family.tokens))
        repeat = back == 2
        lost = CLIENTS[family.client].auth_method.value != "none" and family.rotated is not None
        again = repeat and lost and self.now - (family.rotated or self.now) <= timedelta(seconds=10)
        fresh = self.alive(family) and (not repeat or again)
        undecided = fresh and self.state[family.who] == "stale" and self.now < CERTIFICATE_ENDS[family.who]
        may = fresh and self.certified(family.who) and self.ends(family) is not None
        try:
            authorization = self.world.redemption.refresh(CLIENTS[family.client], family.tokens[-back])
        except RevocationUnknown:
            assert undecided
            return
        except InvalidGrant:
            assert not may, "refused what the rules allow"
            family.dead = family.dead or self.alive(family)
            return
        assert may
        successor = self.world.redemption.refresh_token(authorization) or ""
        if repeat:
            assert successor == family.tokens[-1]
        else:
            family.tokens = (*family.tokens, successor)
            family.rotated = self.now
        self.told(family, authorization)

    @invariant()
    def every_token_is_worth_what_the_rules_say_now(self) -> None:
        """Userinfo and introspection, for every family there ever was (ATK-122, ATK-123, ATK-127 to ATK-130)."""
        for family in self.families:
            standing = self.alive(family)
            may = standing and self.certified(family.who) and self.ends(family) is not None
            try:
                authorization = self.world.redemption.in_use(family.id)
            except RevocationUnknown:
                assert standing
                assert self.state[family.who] == "stale"
                continue
            except InvalidToken as refused:
                rightly(not may, refused)
                continue
            assert may, "a token beyond the rules"
            self.told(family, authorization)

    # Giving --------------------------------------------------------------------------------------------------------

    @initialize()
    def something_is_given(self) -> None:
        """Chance alone seldom gets so far: a person and a firm with procurações, and an employee of the firm."""
        today, later = rules.today(self.now), rules.today(self.now) + timedelta(days=60)
        for giver, to, covers, powers in (
            ("acai", "contadora", "raiz", {ALL}),
            ("castanha", "firma", "estabelecimento", {"dte.consultar", "nfe.consultar"}),
        ):
            offer = Offer(document(giver), document(to), frozenset(powers), covers, today, later, passable=True)
            made = self.offered(giver, "A1", offer)
            assert made is not None
            self.caused(to, "A1", "aceitar", made.id)
        self.named("firma", "A1", "firma", "joao", frozenset({ALL}), 0, 30, False)

    @rule(
        who=st.sampled_from(HOLDERS),
        level=LEVEL,
        giver=st.sampled_from(GIVERS),
        to=st.sampled_from(RECIPIENTS),
        powers=POWERS,
        covers=COVERS,
        begins=FROM,
        lasts=LASTING,
        passable=st.booleans(),
        least=st.sampled_from([None, None, "A3"]),
        likely=st.booleans(),
        at_once=st.booleans(),
    )
    def give(self, who: str, level: str, giver: str, to: str, likely: bool, at_once: bool, **terms: Any) -> None:
        """Nobody gives what is not theirs to give, nor by a link that has ended (ATK-127)."""
        self._give(giver if likely else who, level, giver, to, None, False, at_once, **terms)

    @precondition(lambda self: self.rules.given)
    @rule(
        parent=PICK,
        who=st.sampled_from(HOLDERS),
        level=LEVEL,
        to=st.sampled_from(RECIPIENTS),
        powers=POWERS,
        covers=COVERS,
        begins=FROM,
        lasts=LASTING,
        passable=st.booleans(),
        least=st.sampled_from([None, None, "A3"]),
        whole=st.booleans(),
        likely=st.booleans(),
        at_once=st.booleans(),
    )
    def pass_on(
        self, parent: int, who: str, level: str, to: str, whole: bool, likely: bool, at_once: bool, **terms: Any
    ) -> None:
        """What is passed on is never more than what is held, and goes no deeper (ATK-124, ATK-125)."""
        held = self.any_given(parent)
        giver = NAMES[held.to]
        self._give(giver if likely else who, level, giver, to, held.id, whole, at_once, **terms)

    def _give(
        self,
        who: str,
        level: str,
        giver: str,
        to: str,
        parent: str | None,
        whole: bool,
        at_once: bool,
        *,
        powers: frozenset[str],
        covers: str | frozenset[str],
        begins: int,
        lasts: int,
        passable: bool,
        least: str | None,
    ) -> None:
        first = rules.today(self.now) + timedelta(days=begins)
        last = first + timedelta(days=lasts)
        offer = Offer(
            document(giver), document(to), powers, covers, first, last, passable, least, parent, whole
        )  # fmt: skip
        made = self.offered(who, self.level(who, level), offer)
        if made is not None and at_once:
            self.caused(to, "A1", "aceitar", made.id)

    def offered(self, who: str, level: str, offer: Offer) -> Given | None:
        expected = self.rules.givable(PERSONS[who], level, offer, self.now) if self.certified(who) else None
        quem = self.world.acting(who, level)
        named = offer.covers if isinstance(offer.covers, frozenset) else frozenset()
        typed = Proposta(
            em_nome_de=parse_documento(offer.giver),
            outorgado=offer.to,
            outorgado_nome=PEOPLE[NAMES[offer.to]].nome,
            poderes=offer.powers,
            escopo_tipo=TipoEscopo.INSCRICOES if named else TipoEscopo(str(offer.covers)),
            inicio=offer.first,
            fim=offer.last,
            inscricoes=named,
            substabelecivel=offer.passable,
            nivel_minimo=Nivel(offer.level) if offer.level else None,
            pai=offer.parent,
            sem_reserva=offer.whole,
        )
        try:
            draft = self.world.outorga.rascunho(quem, typed)
            given = self.world.outorga.conceder(quem, draft.id)
        except REFUSALS as refusal:
            rightly(expected is None, refusal)
            return None
        assert expected is not None, "given beyond the rules"
        made = replace(expected, id=given.id)
        self.rules.given[given.id] = made
        return made

    @rule(
        who=st.sampled_from(["contadora", "firma", "joao", "estranha"]),
        giver=st.sampled_from(GIVERS),
        answer=st.sampled_from([*HOLDERS, "", "", ""]),
        lasts=LASTING,
    )
    def ask_and_approve(self, who: str, giver: str, answer: str, lasts: int) -> None:
        """An approval makes a procuração, in force at once, by the one who may give it and nobody else (ATK-127)."""
        party = document(who)
        first = rules.today(self.now)
        last = first + timedelta(days=lasts)
        asked = Solicitacao(
            em_nome_de=parse_documento(party),
            outorgante=document(giver),
            poderes=frozenset({"nfe.consultar"}),
            escopo_tipo=TipoEscopo.ESTABELECIMENTO,
            inicio=first,
            fim=last,
        )
        try:
            pedido = self.world.outorga.pedir(self.world.acting(who, "A1"), asked)
        except REFUSALS:
            return
        assert self.certified(who)
        assert self.rules.stands(PERSONS[who], party, receiving=True) == "yes"
        answer = answer or giver
        offer = Offer(document(giver), party, asked.poderes, "estabelecimento", first, last)
        level = self.level(answer, "A1")
        expected = self.rules.givable(PERSONS[answer], level, offer, self.now) if self.certified(answer) else None
        quem = self.world.acting(answer, level)
        try:
            given = self.world.outorga.conceder(quem, self.world.outorga.rascunho_de_pedido(quem, pedido.id).id)
        except REFUSALS as refusal:
            rightly(expected is None, refusal)
            self.world.sql(f"UPDATE pedidos SET estado = 'NEGADO' WHERE id = '{pedido.id}'")  # so that one may ask anew
            return
        assert expected is not None
        self.rules.given[given.id] = replace(expected, id=given.id, state="ATIVA")

    @precondition(lambda self: self.rules.given)
    @rule(
        pick=PICK,
        event=st.sampled_from(["aceitar", "recusar", "renunciar", "revogar", "revogar"]),
        who=st.sampled_from([*HOLDERS, "", "", "", "", "", ""]),
        level=LEVEL,
    )
    def cause(self, pick: int, event: str, who: str, level: str) -> None:
        """Each party causes its own events, nobody another's; strangers learn nothing (ATK-128, ATK-131)."""
        one = self.any_given(pick)
        who = who or NAMES[one.by if event == "revogar" else one.to]
        self.caused(who, self.level(who, level), event, one.id)

    def caused(self, who: str, level: str, event: str, id: str) -> None:
        standing = self.rules.may_cause(PERSONS[who], event, id)
        state = self.rules.move(id, event, self.now)
        may = self.certified(who) and standing == "yes" and state is not None
        quem = self.world.acting(who, level)
        try:
            changed = self.world.outorga.act(quem, event, id)
        except REFUSALS as refusal:
            rightly(not may, refusal)
            if standing == "stranger" and self.certified(who):
                rightly(answer(lambda: self.world.outorga.act(quem, event, "p-none")) == told(refusal), refusal)
            return
        assert may, "an act beyond the rules"
        assert changed.estado.value == state
        self.moved(id, changed.estado.value)

    def moved(self, id: str, state: str) -> None:
        """What rests on a procuração ends with it, and comes back by nothing."""
        one = self.rules.given[id]
        became = one.state == "PENDENTE" and state == "ATIVA"
        one.state, one.since = state, self.now
        if state != "ATIVA":
            below = self.rules.below(id)
            self.kill(lambda family: family.right[2] in below)
        elif became and one.whole and one.parent:
            self.rules.given[one.parent].passed_to = id
            self.kill(lambda family: family.right[2] == one.parent)

    @precondition(lambda self: self.rules.given)
    @rule(pick=PICK, event=st.sampled_from(["suspender", "suspender", "reativar", "reativar", "extinguir"]))
    def the_authority_acts(self, pick: int, event: str) -> None:
        one = self.any_given(pick)
        expected = self.rules.move(one.id, event, self.now)
        try:
            changed = self.world.outorga.autoridade(event, one.id, "fiscal", "um motivo")
        except IllegalTransition:
            assert expected is None
            return
        assert changed.estado.value == expected
        self.moved(one.id, changed.estado.value)

    @rule()
    def the_worker_comes_by(self) -> None:
        """It ends what time has ended, and nothing else (ATK-123)."""
        self.world.outorga.vencer(self.now)
        for one in list(self.rules.given.values()):
            late = one.state == "PENDENTE" and self.now >= one.since + rules.TO_ACCEPT
            if one.state not in rules.ENDED and (late or self.now >= one.ends):
                self.moved(one.id, "EXPIRADA")

    @precondition(lambda self: self.rules.given)
    @rule(pick=PICK, who=st.sampled_from(HOLDERS))
    def look(self, pick: int, who: str) -> None:
        """A stranger is told of a procuração what he is told of none at all (ATK-131)."""
        one = self.any_given(pick)
        if not self.certified(who):
            return
        person, quem = PERSONS[who], self.world.acting(who, self.level(who, "A1"))
        parties = [one.by, one.to, *(link.to for link in self.rules.line(one.parent))]
        hands = any(h.state == "ATIVA" and h.begins <= self.now < h.ends for h in self.rules.hands(person, one))
        if hands or any(self.rules.stands(person, party, receiving=True) != "stranger" for party in parties):
            return
        nothing = answer(lambda: self.world.outorga.ver(quem, "p-none"))
        assert answer(lambda: self.world.outorga.ver(quem, one.id)) == nothing

    def any_given(self, pick: int) -> Given:
        """The newest are picked first as Hypothesis makes examples smaller."""
        kept = list(self.rules.given.values())
        return kept[-1 - pick % len(kept)]

    # Employees -----------------------------------------------------------------------------------------------------

    @rule(
        who=st.sampled_from([*HOLDERS, "", "", ""]),
        level=LEVEL,
        firm=st.sampled_from(FIRMS),
        person=st.sampled_from(["joao", "contadora", "estranha"]),
        powers=POWERS,
        begins=FROM,
        lasts=LASTING,
        narrow=st.booleans(),
    )
    def name(
        self, who: str, level: str, firm: str, person: str, powers: Any, begins: int, lasts: int, narrow: bool
    ) -> None:
        self.named(who or firm, level, firm, person, powers, begins, lasts, narrow)

    def named(
        self, who: str, level: str, firm: str, person: str, powers: Any, begins: int, lasts: int, narrow: bool
    ) -> None:
        level = self.level(who, level)
        mine = [one for one in self.rules.given.values() if rules.same(one.to, document(firm))]
        open = sorted({one.by for one in mine if one.state not in rules.ENDED})
        clients = frozenset(open[:1]) if narrow else frozenset()
        first = rules.today(self.now) + timedelta(days=begins)
        last = first + timedelta(days=lasts)
        powers = frozenset({ALL}) if ALL in powers else powers
        may = (
            self.certified(who)
            and self.rules.stands(PERSONS[who], document(firm), receiving=True) == "yes"
            and powers <= rules.CATALOGUE | {ALL}
            and last < rules.today(self.now) + rules.LONGEST
        )
        firm_document = parse_documento(document(firm))
        assert isinstance(firm_document, CNPJ)
        typed = Nomeacao(firm_document, document(person), PEOPLE[person].nome, powers, first, last, clients)
        quem = self.world.acting(who, level)
        try:
            draft: Rascunho = self.world.outorga.rascunho_de_designacao(quem, typed)
            made = self.world.outorga.designar(quem, draft.id)
        except REFUSALS as refusal:
            rightly(not may, refusal)
            return
        assert may, "named beyond the rules"
        starts = self.now if begins == 0 else rules.midnight(first)
        ends = rules.midnight(last + timedelta(days=1))
        reached = frozenset(map(rules.root, clients))
        self.rules.named[made.id] = Named(
            made.id, document(firm), document(person), powers, starts, ends, reached
        )  # fmt: skip

    @precondition(lambda self: self.rules.named)
    @rule(pick=PICK, who=st.sampled_from([*HOLDERS, "", "", ""]), gives_up=st.booleans())
    def unname(self, pick: int, who: str, gives_up: bool) -> None:
        kept = list(self.rules.named.values())
        one = kept[pick % len(kept)]
        who = who or NAMES[one.person if gives_up else one.firm]
        quem = self.world.acting(who, self.level(who, "A1"))
        standing = "yes" if PERSONS[who].document == one.person else "stranger"
        if not gives_up:
            standing = self.rules.stands(PERSONS[who], one.firm, receiving=True)
        may = self.certified(who) and standing == "yes" and one.state == "ATIVA" and self.now < one.ends
        act = self.world.outorga.renunciar_designacao if gives_up else self.world.outorga.encerrar
        try:
            changed = act(quem, one.id)
        except REFUSALS as refusal:
            rightly(not may, refusal)
            if standing == "stranger" and self.certified(who):
                rightly(answer(lambda: act(quem, "d-none")) == told(refusal), refusal)
            return
        assert may
        one.state = changed.estado.value
        theirs = {given.id for given in self.rules.given.values() if rules.same(given.to, one.firm)}
        self.kill(lambda family: PERSONS[family.who].document == one.person and family.right[2] in theirs)

    # The world changes ---------------------------------------------------------------------------------------------

    @rule(company=st.sampled_from(sorted(REPRESENTATIVES)), cpf=st.sampled_from(["90000101281", "90000107212"]))
    def a_representative_comes_or_goes(self, company: str, cpf: str) -> None:
        listed = self.rules.representatives[company]
        if cpf in listed:
            listed.remove(cpf)
            self.world.sql(f"DELETE FROM representantes WHERE contribuinte = '{company}' AND cpf = '{cpf}'")
        else:
            listed.add(cpf)
            values = f"'{company}', '{cpf}', '{PEOPLE[NAMES[cpf]].nome}'"
            self.world.sql(f"INSERT INTO representantes (contribuinte, cpf, nome) VALUES ({values})")

    @rule(
        registration=st.sampled_from(sorted(REGISTRATIONS)),
        state=st.sampled_from(["ATIVA", "ATIVA", "SUSPENSA", "BAIXADA", "NULA"]),
        all_of_it=st.booleans(),
    )
    def the_cadastro_changes(self, registration: str, state: str, all_of_it: bool) -> None:
        """One inscrição, or everything that its contribuinte has."""
        owner = REGISTRATIONS[registration][0]
        for one, (whose, _) in REGISTRATIONS.items():
            if one == registration or (all_of_it and rules.same(whose, owner)):
                self.rules.registrations[one] = (whose, state)
                self.world.sql(f"UPDATE inscricoes SET situacao = '{state}' WHERE numero = '{one[3:]}'")

    @rule(who=st.sampled_from(HOLDERS), state=st.sampled_from(["good", "good", "good", "stale", "revoked"]))
    def a_revocation_list_arrives(self, who: str, state: str) -> None:
        """What a revoked certificate gave before stands; it acts no more (ATK-128)."""
        self.state[who] = state
        self.world.lists.states[f"serial-{who}"] = RevocationStatus(state)  # type: ignore[arg-type]

    @rule(seconds=st.sampled_from([1, 9, 11, 61, 86_400, 40 * 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.tick(timedelta(seconds=seconds))

    @rule(pick=PICK, before=st.booleans())
    def a_boundary_comes(self, pick: int, before: bool) -> None:
        """The first moment of something, the first after its last, or a microsecond before it (ATK-123)."""
        kept = [*self.rules.given.values(), *self.rules.named.values()]
        edges = {edge for one in kept for edge in (one.begins, one.ends)} | set(CERTIFICATE_ENDS.values())
        edges |= {one.since + rules.TO_ACCEPT for one in self.rules.given.values() if one.state == "PENDENTE"}
        step = timedelta(microseconds=1) if before else timedelta(0)
        ahead = sorted(edge for edge in edges if self.now <= edge - step < T0 + 1000 * DAY)
        if ahead:
            self.world.moment(ahead[pick % min(len(ahead), 3)] - step)

    # In one go -----------------------------------------------------------------------------------------------------

    @rule(
        who=st.sampled_from([*HOLDERS, "contadora", "joao", "firma", "acai"]),
        level=LEVEL,
        client=st.sampled_from(list(CLIENTS)),
        asked=ASKED,
        choice=PICK,
        among=AMONG,
    )
    def a_whole_journey(self, who: str, level: str, client: str, asked: str, choice: int, among: str) -> None:
        self.journeyed(who, self.level(who, level), client, asked, choice, among)

    @rule(level=LEVEL, client=st.sampled_from(list(CLIENTS)), choice=PICK, who=st.sampled_from(USERS))
    def somebody_uses_a_procuracao(self, level: str, client: str, choice: int, who: str) -> None:
        """Most of what there is to find rests on these."""
        self.journeyed(who, level, client, "", choice % 3, "rights")

    def journeyed(self, who: str, level: str, client: str, asked: str, choice: int, among: str) -> None:
        tab = self.opened(who, level, client, asked, "consent")
        family = self.chosen(tab, self.picked(tab, choice, among)) if tab else None
        if family is not None:
            self._buy(family)

    def _buy(self, family: Family) -> None:
        authorization = self.world.redemption.code(
            CLIENTS[family.client],
            family.code,
            redirect_uri=CLIENTS[family.client].redirect_uris[0],
            verifier=VERIFIER,
        )
        family.spent = True
        family.tokens = (self.world.redemption.refresh_token(authorization) or "",)
        self.told(family, authorization)

    # What the tables hold ------------------------------------------------------------------------------------------

    @invariant()
    def every_line_ends_soon_and_narrows(self) -> None:
        """Read from the tables themselves: no loop, no depth, no more than the parent gave (ATK-124, ATK-125)."""
        with self.world.store.engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT id, pai, poderes, escopo, inscricoes, inicio, fim, outorgante, outorgado, substabelecivel,"
                    " estado, cedida_a FROM procuracoes"
                )
            )
            kept = {row.id: row for row in rows}
        assert {id: row.estado for id, row in kept.items()} == {id: g.state for id, g in self.rules.given.items()}
        for row in kept.values():
            assert rules.root(row.outorgante) != rules.root(row.outorgado), "ATK-127: nobody gives to himself"
            assert row.cedida_a == self.rules.given[row.id].passed_to
            seen, link = {row.id}, row
            while link.pai is not None:
                above = kept[link.pai]
                assert above.id not in seen
                seen.add(above.id)
                assert above.substabelecivel
                assert above.outorgante == link.outorgante
                assert above.inicio <= link.inicio < link.fim <= above.fim
                assert "todos" in above.poderes or set(link.poderes.split("|")) <= set(above.poderes.split("|"))
                same_scope = (link.escopo, link.inscricoes) == (above.escopo, above.inscricoes)
                named = above.escopo == link.escopo == "inscricoes"
                narrower = named and set(link.inscricoes.split("|")) <= set(above.inscricoes.split("|"))
                assert above.escopo == "raiz" or same_scope or narrower
                link = above
            assert len(seen) <= rules.DEPTH + 1


def demanded(client: str, asked: str) -> tuple[Needs, Wanted]:
    """What the registration and one request demand together, for the rules and for the flow."""
    needs = NEEDS[client]
    if asked == "inscricao":
        return replace(needs, only="AM:049000012"), Wanted(inscricao=InscricaoId("AM", "049000012"))
    if asked == "poder":
        more = frozenset({"dte.consultar"})
        return replace(needs, powers=needs.powers | more), Wanted(poderes=more)
    if asked == "nivel":
        return replace(needs, level="A3"), Wanted(nivel_minimo=Nivel.A3)
    return needs, Wanted()


def document(name: str) -> str:
    return PERSONS[name].document


def key(ref: Any) -> tuple[str, str, str | None]:
    return (str(ref.inscricao), ref.modo.value, ref.procuracao)


def posted(right: tuple[str, str, str | None]) -> str:
    return "/".join(filter(None, right))


def answer(act: Callable[[], object]) -> tuple[type[Exception], tuple[Any, ...]]:
    """What somebody is told who may not."""
    try:
        act()
    except REFUSALS as refusal:
        return told(refusal)
    raise AssertionError("nothing refused")


def told(refusal: Exception) -> tuple[type[Exception], tuple[Any, ...]]:
    return type(refusal), refusal.args


def rightly(refused: bool, refusal: Exception) -> None:
    if not refused:
        raise AssertionError(f"the rules do not refuse so: {refusal!r}") from refusal
