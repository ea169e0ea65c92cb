"""The journey, top to bottom: begin → signed_in → consented | refused → issue.

Each entry checks its own input, changes the Transaction and ends in :meth:`Journey.advance`; steps never call each
other. Everything that makes a code happens in one database transaction with the check of the right it rests on.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import datetime

from idp.domain.certificado import Refused
from idp.domain.client import Client
from idp.domain.person import Holder
from idp.domain.representation import Motivo, RepresentationRef
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Transaction
from idp.errors import AlreadySpent, CadastroUnavailable
from idp.flow import events
from idp.flow.certificate import session_refused
from idp.flow.choices import Look
from idp.flow.demand import demanded, particular
from idp.flow.entry import entered, entry_request, given_up, is_entry
from idp.flow.issue import consenting, issue
from idp.flow.logout import Logout
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Granted, Outcome, Pagina, Redirected, SignedIn
from idp.flow.policy import Policy
from idp.flow.secret import digest, new_id, new_secret
from idp.flow.selecting import Answering, Selecting
from idp.flow.source import OwnTables, on_fresh_facts
from idp.flow.steps import STEPS, Consent, Login
from idp.ports import CadastroSource, Clients, Clock, Identifiers, Revocation, Sessions, Store, Transactions

LACKING = "the holder lacks the right that was asked for"


class Journey(Selecting):
    """Carries Transactions from the request to the code. Holds no state of its own."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        transactions: Transactions,
        sessions: Sessions,
        clients: Clients,
        identifiers: Identifiers,
        revocation: Revocation,
        policy: Policy,
        source: CadastroSource | None = None,
        outorga: Answering | None = None,
    ) -> None:
        self.clock = clock
        self.store = store
        self.transactions = transactions
        self.sessions = sessions
        self.clients = clients
        self.identifiers = identifiers
        self.revocation = revocation
        self.policy = policy
        self.source = source or OwnTables()
        self.outorga = outorga
        self.logout = Logout(clock=clock, store=store, sessions=sessions, clients=clients)

    # -- entries -------------------------------------------------------------------------------------------------

    def begin(self, request: AuthorizationRequest, *, browser: str, session_key: str | None) -> Outcome:
        """A validated request arrives. ``browser`` and ``session_key`` are the digests of its cookies."""
        now = self.clock.now()
        tx = Transaction(
            id=new_id(),
            request=request,
            browser=browser,
            ticket=new_secret(),
            csrf=new_secret(),
            started_at=now,
            expires_at=now + self.policy.transaction,
        )
        session = self.session(session_key, now)
        if session and tx.authenticated_enough(session, now) and self._is_hinted(tx, session):
            tx = tx.with_session(session)
        return self.advance(tx, new=True)

    def enter(self, path: str, *, fresh: bool, browser: str, session_key: str | None) -> Outcome:
        """To the provider's own pages (``idp.flow.entry``, which raises ValueError for any other path)."""
        return self.begin(entry_request(path, fresh=fresh), browser=browser, session_key=session_key)

    def resume(self, tx_id: str, *, browser: str, session_key: str | None, look: Look | None = None) -> Outcome:
        """Show the pending step of a Transaction again (a reload, the back button). ``look``: with which part of the
        list; what is searched is the Transaction's own."""
        tx = self._own(tx_id, browser)
        if isinstance(tx, Displayed):
            return tx
        return self.advance(self._live(tx, session_key), look=replace(look, q=tx.search) if look else None)

    def signed_in(
        self, return_code: str, *, browser: str, session_key: str | None, dispositivo: str = ""
    ) -> SignedIn | Outcome:
        """The browser comes back from the certificate host. Whatever is wrong with it, its code is spent.

        The code counts only in the browser that began the Transaction its ticket names: otherwise one person's
        certificate could finish a login that another began, or be planted into another's browser.
        """
        now = self.clock.now()
        with self.store.begin() as uow:
            returned = uow.return_codes.take(digest(return_code), now)
            if returned is None:  # nothing was presented, so nothing happened: anybody can make up codes
                return Displayed(Pagina.RETORNO_INVALIDO)
            tx = self.transactions.get(returned.transaction_id)
            if tx is None or not _same(returned.ticket, tx.ticket):
                uow.audit.append(events.login_discarded(now, "return_code"))
                return Displayed(Pagina.RETORNO_INVALIDO)
            if not _same(browser, tx.browser):
                uow.audit.append(events.login_discarded(now, "browser"))
                return Displayed(Pagina.OUTRO_NAVEGADOR)
            verdict = returned.verdict
            if isinstance(verdict, Refused):
                uow.audit.append(events.login_refused(now, tx, verdict))
            else:
                uow.audit.append(events.login_accepted(now, tx, verdict))
        if isinstance(verdict, Refused):
            return AskLogin(tx, verdict)
        previous = self.sessions.get(session_key) if session_key else None
        cookie = new_secret()
        same = previous if previous and _same_person(previous.holder, verdict.holder) else None
        session = Session(
            key=digest(cookie),
            id=same.id if same else new_id(),
            holder=verdict.holder,
            certificado=verdict.certificado,
            auth_time=now,
            expires_at=min(now + self.policy.session, verdict.certificado.validade),
            dispositivo=dispositivo,
            asks=same.asks if same else frozenset(),
        )
        self.sessions.enlist(self.ourselves(session), session)
        self.sessions.put(session)
        if previous:
            self.sessions.delete(previous.key)
        tx = tx.with_session(session)
        refused = self._unmet(tx, session)
        if refused is not None:
            self.transactions.delete(tx.id)
            return SignedIn(session, cookie, refused)
        return SignedIn(session, cookie, self.advance(tx))

    def consented(
        self, tx_id: str, choice: str, *, browser: str, csrf: str, session_key: str | None
    ) -> SignedIn | Outcome:
        """The person chose. ``choice`` is a RepresentationRef as posted; it is believed only so far as
        :func:`represent` derives the same right anew. The session's cookie is renewed with the choice (ATK-095)."""
        tx = self._own(tx_id, browser, csrf)
        if isinstance(tx, Displayed):
            return tx
        try:
            ref = RepresentationRef.parse(choice)
        except ValueError:
            return Displayed(Pagina.FORMULARIO_INVALIDO)
        tx = self._live(tx, session_key)
        if tx.session is None:
            return self.advance(tx)
        outcome = self.advance(tx.with_choice(ref, consented=True, asked=True))
        if not isinstance(outcome, Granted):
            return outcome
        cookie = new_secret()
        renewed = replace(tx.session, key=digest(cookie), asks=tx.session.asks - {tx.request.client_id})
        moved = self.sessions.renew(tx.session.key, renewed)
        if self.sessions.ended(renewed.id):  # a logout at this moment counts for this grant too
            with self.store.begin() as uow:
                uow.grants.revoke_session(renewed.id, self.clock.now())
            self.sessions.end(renewed)
            return Displayed(Pagina.TRANSACAO_ENCERRADA)
        # Another tab's consent may have renewed it first: the browser has that cookie.
        return SignedIn(renewed, cookie, outcome) if moved else outcome

    def refused(self, tx_id: str, *, browser: str, csrf: str) -> Outcome:
        """The person pressed Cancel, at either step."""
        tx = self._own(tx_id, browser, csrf)
        if isinstance(tx, Displayed):
            return tx
        with self.store.begin() as uow:
            uow.audit.append(events.consent_refused(self.clock.now(), tx))
        self.transactions.delete(tx.id)
        if is_entry(tx):
            return given_up(tx)
        client = self.clients.get(tx.request.client_id)
        if client and tx.session and particular(demanded(client, tx.request.wanted)):
            with self.store.reading() as uow:
                if not self.selector(uow, tx, tx.session, client).few(1):
                    return Redirected(tx.request, "access_denied", LACKING)
        return Redirected(tx.request, "access_denied", "the end-user refused")

    def other_certificate(self, tx_id: str, *, browser: str, csrf: str) -> Outcome:
        """Back to the certificate step, with a new ticket: the old one may still be on its way."""
        tx = self._own(tx_id, browser, csrf)
        if isinstance(tx, Displayed):
            return tx
        return self.advance(replace(tx.without_session(), ticket=new_secret()))

    # -- the one road --------------------------------------------------------------------------------------------

    def advance(self, tx: Transaction, *, new: bool = False, look: Look | None = None) -> Outcome:
        """Ask for the first pending step, or issue. ``new``: nothing of ``tx`` is stored yet. ``look``: the list is
        shown now; without, the question leads to its page, which asks again."""
        now = self.clock.now()
        if is_entry(tx):
            return self._enter(tx, now, new)
        client = self.clients.get(tx.request.client_id)
        if client is None or not client.enabled or not client.accepts_redirect_uri(tx.request.redirect_uri):
            self.transactions.delete(tx.id)
            return Displayed(Pagina.TRANSACAO_ENCERRADA)
        tx, refused = self._certified(tx, now)
        possible = True
        known_at: datetime | None = None
        if tx.session is not None and not tx.consented:
            try:
                known_at = self.source.before_choices(tx.session.holder)
            except CadastroUnavailable:
                if not tx.silent:
                    raise
                return Redirected(tx.request, "temporarily_unavailable")
            tx, possible = self.recall(tx, tx.session, client, now)
        for step in STEPS:
            if step.pending(tx):
                if tx.silent:
                    error = step.error(tx, possible, particular(demanded(client, tx.request.wanted)))
                    if tx.session is not None and not self.agreed_before(tx, tx.session, client, now):
                        error = "consent_required"  # the person has not told this client what there is to choose
                    return Redirected(tx.request, error, LACKING if error == "access_denied" else "")
                return self._ask(step, tx, client, look=look, refused=refused, known_at=known_at)
        return self._issue(tx, client, now, new)

    def _enter(self, tx: Transaction, now: datetime, new: bool) -> Outcome:
        tx, refused = self._certified(tx, now)
        if tx.session is None:
            self.transactions.put(tx)
            return AskLogin(tx, refused)
        if not new:
            self.transactions.delete(tx.id)
        return entered(tx, tx.session)

    def _certified(self, tx: Transaction, now: datetime) -> tuple[Transaction, Refused | None]:
        """Without its session where the session's certificate holds no more, and why."""
        refused = session_refused(tx.session, self.revocation, now) if tx.session else None
        if tx.session is None or refused is None:
            return tx, None
        self.logout.refused(tx.session, refused)
        return tx.without_session(), refused

    def _ask(
        self,
        step: type[Login] | type[Consent],
        tx: Transaction,
        client: Client,
        *,
        look: Look | None = None,
        motivo: Motivo | None = None,
        refused: Refused | None = None,
        known_at: datetime | None = None,
    ) -> Outcome:
        self.transactions.put(tx)
        if step is Login or tx.session is None:
            return AskLogin(tx, refused)
        if look is None:
            return AskConsent(tx, known_at=known_at)
        with self.store.reading() as uow:
            return AskConsent(tx, self.choices(uow, tx, tx.session, client, look), motivo, known_at)

    @on_fresh_facts
    def _issue(self, tx: Transaction, client: Client, now: datetime, new: bool) -> Outcome:
        code = new_secret()
        try:
            with self.store.begin() as uow:
                issued = issue(
                    uow,
                    tx,
                    client,
                    code,
                    identifiers=self.identifiers,
                    clients=self.clients,
                    policy=self.policy,
                    at=now,
                )
        except AlreadySpent:
            return Displayed(Pagina.TRANSACAO_ENCERRADA)
        if isinstance(issued, Motivo):
            return self._ask(Consent, tx.without_choice(), client, look=Look(), motivo=issued)
        if not new:
            self.transactions.delete(tx.id)
        return Granted(tx.request, code if tx.request.code_due else "", issued)

    # -- small checks --------------------------------------------------------------------------------------------

    def session(self, key: str | None, now: datetime) -> Session | None:
        """The live session under this cookie digest, its certificate still good; otherwise None."""
        session = self.sessions.get(key) if key else None
        return session if session and now < session.expires_at else None

    def _live(self, tx: Transaction, session_key: str | None) -> Transaction:
        """``tx`` with its session as it is now; without one if that has ended or the browser shows another."""
        current = self.session(session_key, self.clock.now())
        if tx.session is None or current is None or current.id != tx.session.id:
            return tx.without_session()
        return replace(tx, session=current)

    def own(self, tx_id: str, browser: str, csrf: str | None, session_key: str | None) -> Transaction | Displayed:
        tx = self._own(tx_id, browser, csrf)
        if isinstance(tx, Displayed):
            return tx
        return self._certified(self._live(tx, session_key), self.clock.now())[0]

    def _unmet(self, tx: Transaction, session: Session) -> Redirected | None:
        """What a login just made leaves unanswered: the right person, the assurance that was essential."""
        if not self._is_hinted(tx, session):
            return Redirected(tx.request, "login_required", "not the hinted end-user")
        if not tx.reaches(session):
            return Redirected(tx.request, "unmet_authentication_requirements", "the essential acr was not reached")
        return None

    def _is_hinted(self, tx: Transaction, session: Session) -> bool:
        if tx.request.hint_sub is None:
            return True
        client = self.clients.get(tx.request.client_id)
        return client is not None and _same(self.identifiers.subject(session.holder, client), tx.request.hint_sub)

    def _own(self, tx_id: str, browser: str, csrf: str | None = None) -> Transaction | Displayed:
        tx = self.transactions.get(tx_id)
        if tx is None or self.clock.now() >= tx.expires_at:
            return Displayed(Pagina.TRANSACAO_EXPIRADA)
        if not _same(tx.browser, browser):
            return Displayed(Pagina.OUTRO_NAVEGADOR)
        if csrf is not None and not _same(tx.csrf, csrf):
            return Displayed(Pagina.FORMULARIO_INVALIDO)
        return tx


def _same_person(one: Holder, other: Holder) -> bool:
    """The same document and, in a company's certificate, the same natural person."""
    return consenting(one, str(one.documento)) == consenting(other, str(other.documento))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
