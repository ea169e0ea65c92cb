"""What a person does with the list besides choosing: search it, keep something on top, answer what waits for him, have
a consent forgotten. None of it decides anything; the page is asked for again afterwards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from idp.domain.client import AuthMethod, Client
from idp.domain.client_metadata import without_loopback_port
from idp.domain.politica import Impedimento, NotEntitled
from idp.domain.procura import Procura
from idp.domain.procuracao import Procuracao
from idp.domain.representation import RepresentationRef
from idp.domain.session import Session
from idp.domain.transaction import Prompt, Transaction
from idp.errors import IllegalTransition, NotFound
from idp.flow import events
from idp.flow.choices import Choices, Look, Selector
from idp.flow.demand import demanded
from idp.flow.entry import is_entry
from idp.flow.issue import consenting
from idp.flow.outcome import AskConsent, Displayed, Outcome, Pagina
from idp.flow.policy import EXPIRY_WARNING, Policy
from idp.ports import Clients, Clock, Identifiers, Store, Transactions, UnitOfWork

MAX_PINNED = 10
OURSELVES = Client(
    "portaria", "Portaria", auth_method=AuthMethod.NONE, grant_types=frozenset(), sector="portaria.preferencias"
)
"""Nobody's client: preferences are kept under a subject that no application is told. Its sector is no host's name."""


class Seen(Protocol):
    """What of a procuração's page the list needs (``idp.flow.outorga.Vista``)."""

    @property
    def procuracao(self) -> Procuracao: ...
    @property
    def eventos(self) -> Sequence[str]: ...
    @property
    def impedimento(self) -> Impedimento | None: ...


class Answering(Protocol):
    """What of ``idp.flow.outorga.Outorga`` the list needs."""

    def act(self, quem: Session, evento: str, id: str) -> object: ...
    def ver(self, quem: Session, id: str) -> Seen: ...


class Selecting(ABC):
    """The part of the Journey that is about the list. Every entry takes the digests of the browser's cookies."""

    clock: Clock
    store: Store
    transactions: Transactions
    clients: Clients
    identifiers: Identifiers
    policy: Policy
    outorga: Answering | None

    @abstractmethod
    def advance(self, tx: Transaction) -> Outcome: ...

    @abstractmethod
    def own(self, tx_id: str, browser: str, csrf: str | None, session_key: str | None) -> Transaction | Displayed:
        """This browser's Transaction, with its session as it is now; without one where it holds no more. ``csrf``: None
        where nothing is changed."""

    def search(self, tx_id: str, q: str, *, browser: str, csrf: str, session_key: str | None) -> Outcome:
        """Look for something; the page that follows shows it."""
        tx = self.own(tx_id, browser, csrf, session_key)
        if isinstance(tx, Displayed):
            return tx
        if tx.session is None:
            return self.advance(tx)
        tx = replace(tx, search=q)
        self.transactions.put(tx)
        return AskConsent(tx)

    def pin(self, tx_id: str, choice: str, kept: bool, *, browser: str, csrf: str, session_key: str | None) -> Outcome:
        """Keep a choice at the top of this person's lists, or no more. Only what is available now is taken up."""
        tx = self.own(tx_id, browser, csrf, session_key)
        if isinstance(tx, Displayed):
            return tx
        client = self.clients.get(tx.request.client_id)
        try:
            ref = RepresentationRef.parse(choice)
        except ValueError:
            return Displayed(Pagina.FORMULARIO_INVALIDO)
        if tx.session is None or client is None:
            return self.advance(tx)
        quem = self.ourselves(tx.session)
        with self.store.begin() as uow:
            if not kept:
                uow.preferencias.soltar(quem, ref)
            elif self.selector(uow, tx, tx.session, client).of([ref]) and self._room(uow, quem):
                uow.preferencias.fixar(quem, ref, self.clock.now())
        return AskConsent(tx)

    def _room(self, uow: UnitOfWork, quem: str) -> bool:
        return len(uow.preferencias.fixadas(quem)) < MAX_PINNED

    def offered(self, tx_id: str, procuracao: str, *, browser: str, session_key: str | None) -> Outcome:
        """A procuração that waits for the holder, to be read before it is answered. Raises NotFound where there is none
        for him, IllegalTransition where it waits no more, NotEntitled where this certificate may not answer."""
        tx = self.own(tx_id, browser, None, session_key)
        if isinstance(tx, Displayed):
            return tx
        if tx.session is None or self.outorga is None or is_entry(tx):
            return self.advance(tx)
        seen = self.outorga.ver(tx.session, procuracao)
        if seen.impedimento is not None:
            raise NotEntitled(seen.impedimento)
        if "aceitar" not in seen.eventos:
            raise IllegalTransition("procuracao", seen.procuracao.estado, "aceitar")
        return AskConsent(tx, offered=seen.procuracao)

    def answered(self, tx: Transaction, procuracao: str) -> Procuracao | None:
        """What the holder of ``tx`` just answered, as it is now; None of what is not his to see."""
        if tx.session is None or self.outorga is None:
            return None
        try:
            return self.outorga.ver(tx.session, procuracao).procuracao
        except (NotFound, NotEntitled):
            return None

    def answer(
        self, tx_id: str, event: str, procuracao: str, *, browser: str, csrf: str, session_key: str | None
    ) -> Outcome:
        """Accept or refuse (``aceitar``, ``recusar``) a procuração that waits for the holder, within the Transaction.
        Raises what :meth:`idp.flow.outorga.Outorga.act` raises."""
        tx = self.own(tx_id, browser, csrf, session_key)
        if isinstance(tx, Displayed):
            return tx
        if tx.session is None or self.outorga is None:
            return self.advance(tx)
        self.outorga.act(tx.session, event, procuracao)
        return AskConsent(tx)

    def forget(self, tx_id: str, *, browser: str, csrf: str, session_key: str | None) -> Outcome:
        """Remember this person's consents for the client no longer: it is asked again each time."""
        tx = self.own(tx_id, browser, csrf, session_key)
        if isinstance(tx, Displayed):
            return tx
        client = self.clients.get(tx.request.client_id)
        if tx.session is None or client is None:
            return self.advance(tx)
        with self.store.begin() as uow:
            uow.consents.forget(self.consenting(tx.session, client), client.client_id)
            uow.audit.append(events.consent_forgotten(self.clock.now(), tx.session.holder, client.client_id, 0))
        return AskConsent(tx)

    def recall(self, tx: Transaction, session: Session, client: Client, now: datetime) -> tuple[Transaction, bool]:
        """Take up a remembered choice where the rules allow one: the hinted token's, or the only one there is. And
        whether there is anything to choose, which only a silent request needs to know. A public client at a loopback
        address may be any program on the computer: nobody's consent is remembered for that (RFC 8252 §8.6)."""
        if tx.request.prompt & {Prompt.CONSENT, Prompt.SELECT_ACCOUNT} or client.client_id in session.asks:
            return tx, True
        if session.auth_time >= tx.started_at and session.certificado.validade - now <= EXPIRY_WARNING:
            return tx, True  # whoever just showed a certificate that ends soon must see the page that says so
        with self.store.reading() as uow:
            selector = self.selector(uow, tx, session, client)
            ref: RepresentationRef | None = None
            if tx.request.hint_sid is not None:
                hinted = uow.grants.by_sid(tx.request.hint_sid, client.client_id)
                if hinted and hinted.session_id == session.id and selector.of([hinted.choice]):
                    ref = hinted.choice
            if ref is None:
                few = selector.few(2)
                if len(few) != 1:
                    return tx, bool(few)
                ref = few[0].ref
            agreed = uow.consents.granted(self.consenting(session, client), client.client_id, ref, now)
        known = not (client.public and without_loopback_port(tx.request.redirect_uri))
        return tx.with_choice(ref, consented=known and tx.request.disclosures <= agreed), True

    def agreed_before(self, tx: Transaction, session: Session, client: Client, now: datetime) -> bool:
        """Whether the person lets this client know, on behalf of any inscrição, what is asked. Silently, any other
        client would else learn by asking who has a right to what (ATK-098, ATK-131)."""
        who = self.consenting(session, client)
        with self.store.reading() as uow:
            recent = uow.consents.recent(who, client.client_id, now, limit=MAX_PINNED)
            return any(
                tx.request.disclosures <= uow.consents.granted(who, client.client_id, ref, now) for ref in recent
            )

    # -- the list itself ---------------------------------------------------------------------------------------------

    def selector(self, uow: UnitOfWork, tx: Transaction, session: Session, client: Client) -> Selector:
        regras = self.policy.regras
        demanda = demanded(client, tx.request.wanted)
        procura = Procura(demanda, session.certificado.nivel, self.clock.now(), regras.raiz)
        # A long list is shown as the rows have it; what is chosen from it is judged by fresh ones.
        return Selector(uow, session, procura, replace(regras, cadastro_age=None))

    def choices(self, uow: UnitOfWork, tx: Transaction, session: Session, client: Client, look: Look) -> Choices:
        """What the page shows. What is kept on top and was used last stands on the first page of a list alone."""
        selector = self.selector(uow, tx, session, client)
        shown = selector.page(look)
        who = self.consenting(session, client)
        recent = uow.consents.recent(who, client.client_id, self.clock.now(), limit=MAX_PINNED)
        fixed = uow.preferencias.fixadas(self.ourselves(session))
        shown = replace(shown, remembered=bool(recent), kept=frozenset(fixed))
        if look != Look():
            return shown
        pinned = selector.of(fixed, MAX_PINNED)
        kept = {one.ref for one in pinned}
        used = () if shown.complete else selector.of(ref for ref in recent if ref not in kept)
        return replace(shown, pinned=pinned, recent=used)

    def consenting(self, session: Session, client: Client) -> str:
        """Under whom this person's consents for ``client`` are remembered."""
        return consenting(session.holder, self.identifiers.subject(session.holder, client))

    def ourselves(self, session: Session) -> str:
        """Under whom the person's own preferences are kept, for every client alike; to be erased on request."""
        return self.consenting(session, OURSELVES)
