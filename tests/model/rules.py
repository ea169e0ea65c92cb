"""Who may act for whom: the rules as the authority states them, in plain strings, sets and comparisons.

Shares nothing with what it judges: no class and no function of ``idp``. Documents are their characters (CPF 11, CNPJ
14), inscrições ``UF:NUMERO``, powers their codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

LEVELS = {"SE-S": 1, "SE-H": 1, "A1": 1, "A2": 2, "A3": 3, "A4": 4}
ALL = "todos"
CATALOGUE = {"dte.consultar", "dte.dar_ciencia", "nfe.consultar"}
DEPTH = 2
"""Links below the first procuração that the authority of this model allows."""
LONGEST = timedelta(days=5 * 365 + 1)
TO_ACCEPT = timedelta(days=30)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
ENDED = ("RECUSADA", "REVOGADA", "RENUNCIADA", "EXPIRADA", "EXTINTA")
MOVES = {
    ("PENDENTE", "aceitar"): "ATIVA",
    ("PENDENTE", "recusar"): "RECUSADA",
    ("PENDENTE", "revogar"): "REVOGADA",
    ("PENDENTE", "extinguir"): "EXTINTA",
    ("ATIVA", "suspender"): "SUSPENSA",
    ("ATIVA", "revogar"): "REVOGADA",
    ("ATIVA", "renunciar"): "RENUNCIADA",
    ("ATIVA", "extinguir"): "EXTINTA",
    ("SUSPENSA", "reativar"): "ATIVA",
    ("SUSPENSA", "revogar"): "REVOGADA",
    ("SUSPENSA", "renunciar"): "RENUNCIADA",
    ("SUSPENSA", "extinguir"): "EXTINTA",
}


def root(document: str) -> str:
    return document[:8] if len(document) == 14 else document


def same(one: str, other: str) -> bool:
    """Establishments of one company are one person."""
    return len(one) == len(other) and root(one) == root(other)


def midnight(day: date) -> datetime:
    """In Manaus, four hours behind UTC all year."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def today(now: datetime) -> date:
    return (now - timedelta(hours=4)).date()


@dataclass(frozen=True)
class Person:
    """Whose certificate it is: ``answers`` is the responsável an e-CNPJ names."""

    document: str
    answers: str | None = None
    seal: bool = False

    @property
    def company(self) -> bool:
        return len(self.document) == 14


@dataclass
class Given:
    """A procuração. ``covers``: "raiz", "estabelecimento" or the inscrições named."""

    id: str
    by: str
    to: str
    powers: frozenset[str]
    covers: str | frozenset[str]
    begins: datetime
    ends: datetime
    since: datetime
    passable: bool = False
    level: str | None = None
    parent: str | None = None
    whole: bool = False
    state: str = "PENDENTE"
    passed_to: str | None = None


@dataclass
class Named:
    """An employee named by a company. ``clients``: roots of the outorgantes, empty for all."""

    id: str
    firm: str
    person: str
    powers: frozenset[str]
    begins: datetime
    ends: datetime
    clients: frozenset[str] = frozenset()
    state: str = "ATIVA"


@dataclass(frozen=True)
class Needs:
    """What an application demands, by registration and by one request."""

    powers: frozenset[str] = frozenset()
    level: str | None = None
    states: frozenset[str] = frozenset({"ATIVA"})
    only: str | None = None


@dataclass(frozen=True)
class Offer:
    """A procuração as somebody types it."""

    giver: str
    to: str
    powers: frozenset[str]
    covers: str | frozenset[str]
    first: date
    last: date
    passable: bool = False
    level: str | None = None
    parent: str | None = None
    whole: bool = False


@dataclass
class Rules:
    """``registrations``: inscrição → whose it is, and its situação. ``representatives``: by CNPJ root, of every company
    that the cadastro knows."""

    registrations: dict[str, tuple[str, str]]
    representatives: dict[str, set[str]]
    given: dict[str, Given] = field(default_factory=dict)
    named: dict[str, Named] = field(default_factory=dict)

    # Acting --------------------------------------------------------------------------------------------------------

    def until(
        self, who: Person, level: str, right: tuple[str, str, str | None], needs: Needs, now: datetime
    ) -> datetime | None:
        """When the right to act ends by itself; None where there is none. ``right``: inscrição, basis, procuração."""
        registration, basis, id = right
        if registration not in self.registrations or not self.answered_for(who):
            return None
        owner, state = self.registrations[registration]
        if state not in needs.states or (needs.only and needs.only != registration):
            return None
        if needs.level and LEVELS[level] < LEVELS[needs.level]:
            return None
        if basis == "titular":
            return NEVER if same(who.document, owner) else None
        if basis == "representante_legal":
            listed = self.representatives.get(root(owner), set()) if len(owner) == 14 else set()
            return NEVER if not who.company and who.document in listed else None
        return self._by_procuracao(who, level, registration, id or "", needs, now)

    def answered_for(self, who: Person) -> bool:
        """An e-CNPJ whose responsável left the company opens nothing."""
        listed = self.representatives.get(root(who.document), set()) if who.company else set()
        return not (who.answers and listed and who.answers not in listed)

    def _by_procuracao(
        self, who: Person, level: str, registration: str, id: str, needs: Needs, now: datetime
    ) -> datetime | None:
        links = list(self.line(id))
        if not links or len(links) > DEPTH + 1:
            return None
        for link in links:
            in_force = link.state == "ATIVA" and link.begins <= now < link.ends
            reaches = self.covered(link.covers, link.by, registration)
            strong = link.level is None or LEVELS[level] >= LEVELS[link.level]
            if not (in_force and reaches and strong and gives(link.powers, needs.powers)):
                return None
        first = links[0]
        ends = min(link.ends for link in links)
        if first.passed_to is not None:
            return None
        if same(who.document, first.to):
            return ends
        hands = [one for one in self.hands(who, first) if one.state == "ATIVA" and one.begins <= now < one.ends]
        hands = [one for one in hands if gives(one.powers, needs.powers) and shared(one.powers, first.powers)]
        return min(ends, max(one.ends for one in hands)) if hands else None

    def hands(self, who: Person, given: Given) -> Iterator[Named]:
        """By which the outorgado, a company, made ``who`` its hand for this outorgante."""
        for one in self.named.values():
            reached = not one.clients or root(given.by) in one.clients
            if reached and one.person == who.document and same(one.firm, given.to):
                yield one

    def covered(self, covers: str | frozenset[str], by: str, registration: str) -> bool:
        owner = self.registrations[registration][0]
        if not same(owner, by):
            return False
        return registration in covers if isinstance(covers, frozenset) else covers == "raiz" or owner == by

    def line(self, id: str | None) -> Iterator[Given]:
        """A procuração and those it descends from."""
        while id is not None and id in self.given:
            yield self.given[id]
            id = self.given[id].parent

    def below(self, id: str) -> set[str]:
        """A procuração and all that descend from it."""
        return {one for one in self.given if id in (link.id for link in self.line(one))}

    def linked(self, who: Person, right: tuple[str, str, str | None]) -> bool:
        """Whether the link is there at all, whatever stands against its use now."""
        registration, basis, id = right
        owner = self.registrations[registration][0]
        if basis == "titular":
            return same(who.document, owner)
        if basis == "representante_legal":
            return not who.company and who.document in self.representatives.get(root(owner), set())
        first = self.given[id or ""]
        return same(who.document, first.to) or any(self.hands(who, first))

    # Giving --------------------------------------------------------------------------------------------------------

    def stands(self, who: Person, party: str, *, receiving: bool = False) -> str:
        """ "yes", "no" (the link is there, the certificate does not do) or "stranger"."""
        listed = self.representatives.get(root(party), set()) if len(party) == 14 else set()
        if not who.company:
            return "yes" if who.document == party or who.document in listed else "stranger"
        if not same(who.document, party):
            return "stranger"
        if who.seal or who.answers is None:
            return "no"
        unheard_of = receiving and root(party) not in self.representatives
        return "yes" if who.answers in listed or unheard_of else "no"

    def givable(self, who: Person, level: str, offer: Offer, now: datetime) -> Given | None:
        """What the offer makes, or None where it may not be given."""
        parent = self.given.get(offer.parent) if offer.parent else None
        if offer.parent and (parent is None or not same(parent.to, offer.giver)):
            return None
        by = parent.by if parent else offer.giver
        if self.stands(who, offer.giver) != "yes" or same(offer.to, offer.giver) or same(offer.to, by):
            return None
        whole = offer.whole and parent is not None
        if offer.whole and parent is None:
            return None
        powers = parent.powers if parent and whole else frozenset({ALL}) if ALL in offer.powers else offer.powers
        covers = parent.covers if parent and whole else offer.covers
        if not powers or not powers <= CATALOGUE | {ALL} or not self._scope(covers, by):
            return None
        first, last = offer.first, offer.last
        if parent and whole:
            last = (parent.ends - timedelta(microseconds=1) - timedelta(hours=4)).date()
        if first < today(now) or last < first or (not whole and last >= today(now) + LONGEST):
            return None
        begins = now if first == today(now) else midnight(first)
        ends = parent.ends if parent and whole else midnight(last + timedelta(days=1))
        if parent:
            fitted = self._within(parent, level, powers, covers, begins, ends, now)
            if fitted is None:
                return None
            begins, ends = fitted
        return Given(
            "", by, offer.to, powers, covers, begins, ends, now, offer.passable, offer.level, offer.parent, whole
        )  # fmt: skip

    def _scope(self, covers: str | frozenset[str], by: str) -> bool:
        if isinstance(covers, frozenset):
            return bool(covers) and all(
                one in self.registrations and same(self.registrations[one][0], by) for one in covers
            )
        return covers == "estabelecimento" or len(by) == 14

    def _within(
        self,
        parent: Given,
        level: str,
        powers: frozenset[str],
        covers: str | frozenset[str],
        begins: datetime,
        ends: datetime,
        now: datetime,
    ) -> tuple[datetime, datetime] | None:
        """The child's time, cut to its parent's on the first and last day; None where it is not within its parent."""
        links = list(self.line(parent.id))
        if not parent.passable or parent.passed_to or len(links) > DEPTH:
            return None
        if any(link.state != "ATIVA" or now >= link.ends for link in links):
            return None
        if parent.level and LEVELS[level] < LEVELS[parent.level]:
            return None
        narrower = isinstance(covers, frozenset) and isinstance(parent.covers, frozenset) and covers <= parent.covers
        if not gives(parent.powers, powers) or not (parent.covers in ("raiz", covers) or narrower):
            return None
        if begins < parent.begins:
            if today(begins) != today(parent.begins):
                return None
            begins = parent.begins
        if ends > parent.ends:
            if today(ends - timedelta(microseconds=1)) != today(parent.ends - timedelta(microseconds=1)):
                return None
            ends = parent.ends
        return (begins, ends) if begins < ends else None

    def may_cause(self, who: Person, event: str, id: str) -> str:
        """Like :meth:`stands`, for the party that may cause ``event``."""
        one = self.given.get(id)
        if one is None:
            return "stranger"
        if event != "revogar":
            return self.stands(who, one.to, receiving=True)
        above = [] if one.whole else [link.to for link in self.line(one.parent) if link.passed_to is None]
        answers = {self.stands(who, party) for party in (one.by, *above)}
        return "yes" if "yes" in answers else "no" if "no" in answers else "stranger"

    def move(self, id: str, event: str, now: datetime) -> str | None:
        """The state that ``event`` leads to; None where there is no such event any more."""
        one = self.given[id]
        ends = min(one.ends, one.since + TO_ACCEPT) if one.state == "PENDENTE" else one.ends
        if now >= ends:
            return None
        if event == "aceitar" and one.parent:
            links = list(self.line(one.parent))
            if links[0].passed_to or any(link.state != "ATIVA" or now >= link.ends for link in links):
                return None
        if event == "renunciar" and one.passed_to:
            return None  # he kept nothing to renounce, and what he passed on is not his to end
        return MOVES.get((one.state, event))


def gives(powers: frozenset[str], asked: frozenset[str]) -> bool:
    return ALL in powers or asked <= powers


def shared(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """What both give."""
    return other if ALL in one else one if ALL in other else one & other
