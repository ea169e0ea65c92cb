"""Code → authorization, refresh token → authorization, access token → authorization: the right is computed each time.

A redemption is one database transaction: what is spent, the check of the right with its rows locked, and the audit row
become durable together. A procuração revoked before that commit stops it; one revoked after it is revoked later.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import replace
from datetime import datetime

from idp.domain.client import Client
from idp.domain.grant import Authorization, CodeBinding, Grant
from idp.domain.representation import Fatos, Representation, represent
from idp.errors import InvalidGrant, InvalidToken, NotRepresentable, RevocationUnknown
from idp.flow import events
from idp.flow.certificate import certificate_refusal
from idp.flow.demand import demanded
from idp.flow.issue import tells_perfil
from idp.flow.policy import REFRESH_REPEAT, Policy
from idp.flow.secret import digest, s256
from idp.flow.source import OwnTables, on_fresh_facts
from idp.ports import CadastroSource, Clients, Clock, Identifiers, Revocation, Store, UnitOfWork

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}\Z")
_REFRESH = re.compile(r"rt\.([A-Za-z0-9_-]{22})\.(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})\Z")


class Redemption:
    """Every road from a bearer value to an Authorization."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        clients: Clients,
        identifiers: Identifiers,
        revocation: Revocation,
        policy: Policy,
        source: CadastroSource | None = None,
    ) -> None:
        self.clock = clock
        self.store = store
        self.clients = clients
        self.identifiers = identifiers
        self.revocation = revocation
        self.policy = policy
        self.source = source or OwnTables()

    @on_fresh_facts
    def code(self, client: Client, code: str, *, redirect_uri: str | None, verifier: str | None) -> Authorization:
        """Redeem an authorization code (RFC 6749 §4.1.3). The code is spent by the first attempt of its own client,
        successful or not; a second attempt revokes what the first produced. Raises InvalidGrant; RevocationUnknown,
        in which case the code is still unspent."""
        _usable(client)
        now = self.clock.now()
        with self.store.begin() as uow:
            taken = uow.grants.take_code(digest(code), client.client_id, now)
            if taken is None:
                result: Authorization | str = self._replayed(uow, client, code, now)
            else:
                grant, binding = taken
                result = _unbound(binding, redirect_uri, verifier) or self._authorize(uow, client, grant, now)
                if isinstance(result, str):
                    self._close(uow, grant, result, now)
        if isinstance(result, str):
            raise InvalidGrant(result)
        return result

    @on_fresh_facts
    def refresh(self, client: Client, token: str) -> Authorization:
        """Rotate a refresh token. Reuse revokes the family, except that a confidential client may repeat the token it
        just spent, within ten seconds and while the successor is unused: it gets the same successor again.
        Raises InvalidGrant; RevocationUnknown, in which case nothing was rotated."""
        _usable(client)
        now = self.clock.now()
        parsed = self.family(token)
        if parsed is None:
            raise InvalidGrant("refresh_token")
        grant_id, generation = parsed
        with self.store.begin() as uow:
            rotated = uow.grants.rotate(grant_id, client.client_id, generation, now)
            grant = rotated or self._repeated(uow, client, grant_id, generation, now)
            if isinstance(grant, str):
                result: Authorization | str = grant
            else:
                result = self._authorize(uow, client, grant, now)
                if isinstance(result, str):
                    self._close(uow, grant, result, now)
        if isinstance(result, str):
            raise InvalidGrant(result)
        return result

    @on_fresh_facts
    def in_use(self, grant_id: str) -> Authorization:
        """The authorization behind an access token at this moment (userinfo, introspection): one read, nothing cached,
        so that a revocation counts from its commit on. Raises InvalidToken, RevocationUnknown."""
        now = self.clock.now()
        with self.store.reading() as uow:
            found = uow.grants.in_use(grant_id)
        if found is None:
            raise InvalidToken("unknown")
        grant, fatos, perfil = found
        if grant.revoked_at is not None or now >= grant.expires_at:
            raise InvalidToken("revoked" if grant.revoked_at else "expired")
        client = self.clients.get(grant.client_id)
        if client is None or not client.enabled:
            raise InvalidToken("client")
        refusal = certificate_refusal(grant.certificado, self.revocation, now)
        if refusal == "undetermined":
            raise RevocationUnknown(grant.certificado.emissor)
        if refusal:
            raise InvalidToken(f"certificate_{refusal}")
        try:
            representation = self._represent(client, grant, fatos, now)
        except NotRepresentable as refused:
            raise InvalidToken(refused.motivo) from refused
        grant = replace(grant, scopes=client.permitted(grant.scopes))
        return Authorization(grant, client, representation, now, perfil=perfil, timezone=self.policy.timezone)

    def client_credentials(self, client: Client, scopes: frozenset[str]) -> datetime:
        """Record that a client took a token for itself (RFC 6749 §4.4); the moment of issue."""
        now = self.clock.now()
        self.store.record(events.client_token_issued(now, client, scopes))
        return now

    def family(self, token: str) -> tuple[str, int] | None:
        """Grant and generation of a refresh token of ours, spent or not; None for anything else."""
        match = _REFRESH.match(token)
        if match is None:
            return None
        grant_id, generation = match[1], int(match[2])
        expected = self.identifiers.refresh_mac(grant_id, generation)
        return (grant_id, generation) if hmac.compare_digest(expected, match[3]) else None

    def revoke(self, client: Client, grant_id: str) -> None:
        """End a family that ``client`` gives back (RFC 7009); nothing happens where it has ended. Raises InvalidGrant
        for another client's."""
        now = self.clock.now()
        with self.store.begin() as uow:
            grant = uow.grants.get(grant_id, lock=True)
            if grant is None:
                return
            if grant.client_id != client.client_id:
                raise InvalidGrant("client")
            if uow.grants.revoke(grant.id, now):
                uow.audit.append(events.grant_revoked(now, grant, "client"))

    def refresh_token(self, authorization: Authorization) -> str | None:
        """The current refresh token of the family, or None where none is due. Derived, stored nowhere."""
        generation = authorization.refresh_generation
        if generation is None:
            return None
        grant_id = authorization.grant.id
        return f"rt.{grant_id}.{generation}.{self.identifiers.refresh_mac(grant_id, generation)}"

    # ----------------------------------------------------------------------------------------------------------------

    def _authorize(self, uow: UnitOfWork, client: Client, grant: Grant, now: datetime) -> Authorization | str:
        refusal = certificate_refusal(grant.certificado, self.revocation, now)
        if refusal == "undetermined":
            raise RevocationUnknown(grant.certificado.emissor)  # rolls back: the code or token is unspent
        if refusal:
            return f"certificate_{refusal}"
        fatos = uow.cadastro.facts(grant.holder, grant.choice, lock=True)
        if fatos is None:
            return "sem_vinculo"
        try:
            representation = self._represent(client, grant, fatos, now)
        except NotRepresentable as refused:
            return refused.motivo
        grant = replace(grant, scopes=client.permitted(grant.scopes))
        due = "offline_access" in grant.scopes
        perfil = uow.perfis.get(grant.holder) if tells_perfil(grant) else None
        authorization = Authorization(
            grant, client, representation, now, grant.generation if due else None, perfil, self.policy.timezone
        )
        uow.audit.append(events.token_issued(authorization))
        return authorization

    def _represent(self, client: Client, grant: Grant, fatos: Fatos, now: datetime) -> Representation:
        return represent(
            grant.holder,
            grant.choice.modo,
            fatos,
            nivel=grant.certificado.nivel,
            demanda=demanded(client, grant.wanted),
            regras=self.policy.regras,
            at=now,
        )

    def _replayed(self, uow: UnitOfWork, client: Client, code: str, now: datetime) -> str:
        family = uow.grants.replayed(digest(code), client.client_id)
        if family is None:
            return "code"
        uow.grants.revoke(family, now)
        uow.audit.append(events.code_replayed(now, family, client))
        return "code_replayed"

    def _repeated(self, uow: UnitOfWork, client: Client, grant_id: str, generation: int, now: datetime) -> Grant | str:
        grant = uow.grants.get(grant_id, lock=True)
        if grant is None or grant.client_id != client.client_id or grant.revoked_at or now >= grant.expires_at:
            return "refresh_token"
        lost_answer = grant.generation == generation + 1 and grant.rotated_at is not None
        if lost_answer and not client.public and grant.rotated_at and now - grant.rotated_at <= REFRESH_REPEAT:
            return grant
        uow.grants.revoke(grant.id, now)
        uow.audit.append(events.refresh_reused(now, grant, generation))
        return "refresh_reused"

    def _close(self, uow: UnitOfWork, grant: Grant, reason: str, now: datetime) -> None:
        uow.grants.revoke(grant.id, now)
        uow.audit.append(events.token_refused(now, grant, reason))


def _usable(client: Client) -> None:
    """Client authentication refuses a disabled client first; this is the second line (ATK-103). Nothing is spent."""
    if not client.enabled:
        raise InvalidGrant("client")


def _unbound(binding: CodeBinding, redirect_uri: str | None, verifier: str | None) -> str | None:
    """Why the code may not be redeemed this way (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1), or None."""
    if redirect_uri != binding.redirect_uri and (binding.explicit_redirect_uri or redirect_uri is not None):
        return "redirect_uri"
    if binding.code_challenge is None:
        return None if verifier is None else "unexpected_code_verifier"
    if verifier is None or not _VERIFIER.match(verifier):
        return "code_verifier"
    return None if hmac.compare_digest(s256(verifier), binding.code_challenge) else "code_verifier"
