"""The end of the journey: the right checked again with its rows locked, and everything that rests on it written in the
same database transaction."""

from __future__ import annotations

from datetime import datetime

from idp.domain.client import Client
from idp.domain.grant import Authorization, CodeBinding, Grant
from idp.domain.perfil import PERFIL_SCOPES
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.representation import Motivo, Representation, represent
from idp.domain.transaction import Transaction
from idp.errors import NotRepresentable
from idp.flow import events
from idp.flow.demand import demanded
from idp.flow.logout import notify
from idp.flow.policy import Policy
from idp.flow.secret import digest, new_id
from idp.flow.sid import sid_of
from idp.ports import Clients, Identifiers, UnitOfWork


def issue(
    uow: UnitOfWork,
    tx: Transaction,
    client: Client,
    code: str,
    *,
    identifiers: Identifiers,
    clients: Clients,
    policy: Policy,
    at: datetime,
) -> Authorization | Motivo:
    """Write the grant with its ``code`` for the choice of ``tx``, or say why not (audited either way). A code that the
    response type does not ask for is one that nobody ever learns. Raises AlreadySpent."""
    session, choice = tx.session, tx.choice
    assert session is not None  # Login is done
    assert choice is not None  # Consent is done
    fatos = uow.cadastro.facts(session.holder, choice, lock=True)
    try:
        if fatos is None:
            raise NotRepresentable(Motivo.SEM_VINCULO)
        representation = represent(
            session.holder,
            choice.modo,
            fatos,
            nivel=session.certificado.nivel,
            demanda=demanded(client, tx.request.wanted),
            regras=policy.regras,
            at=at,
        )
    except NotRepresentable as refusal:
        motivo = Motivo(refusal.motivo)
        uow.audit.append(events.code_refused(at, tx, motivo))
        return motivo
    grant = _write(uow, tx, client, representation, digest(code), identifiers, policy, at)
    if client.switch == "close":
        ended = uow.grants.revoke_others(grant, at)
        uow.audit.append(*(events.grant_revoked(at, one, "switched") for one in ended))
        if ended:
            notify(uow, clients, ended, at)
    done = [events.consent_granted(at, grant, representation)] if tx.asked else []
    if tx.request.code_due:
        done.append(events.code_issued(at, grant, representation, client.demanda.poder))
    alone = tx.request.response_type == "id_token"
    perfil = uow.perfis.get(session.holder) if tells_perfil(grant, alone=alone) else None
    authorization = Authorization(grant, client, representation, at, perfil=perfil, timezone=policy.timezone)
    if tx.request.access_token_due or tx.request.id_token_due:
        done.append(events.token_issued(authorization))
    uow.audit.append(*done)
    return authorization


def tells_perfil(grant: Grant, *, alone: bool = False) -> bool:
    """Whether an ID token of ``grant`` says what its holder told of himself: where that was asked by name, or where the
    ID token comes ``alone``, without an access token for userinfo (OIDC Core §5.4)."""
    named = {one.scope for one in grant.claims.id_token}
    return not PERFIL_SCOPES.isdisjoint(named | grant.scopes if alone else named)


def consenting(holder: Holder, sub: str) -> str:
    """Under whom a consent is remembered: the subject, and for a company also the natural person its certificate
    names, whose own data the consent hands over. At most 64 characters."""
    if isinstance(holder, PessoaJuridica) and holder.responsavel is not None:
        return f"{sub}.{digest(f'{sub} {holder.responsavel.cpf}')[:20]}"
    return sub


def _write(
    uow: UnitOfWork,
    tx: Transaction,
    client: Client,
    representation: Representation,
    code_digest: str,
    identifiers: Identifiers,
    policy: Policy,
    at: datetime,
) -> Grant:
    request, session = tx.request, tx.session
    assert session is not None
    scopes = client.permitted(request.scopes)
    offline = "offline_access" in scopes
    grant = Grant(
        id=new_id(),
        client_id=client.client_id,
        sub=identifiers.subject(session.holder, client),
        sid=sid_of(session.id, client.client_id, representation.ref),
        session_id=session.id,
        holder=session.holder,
        certificado=session.certificado,
        choice=representation.ref,
        scopes=scopes,
        auth_time=session.auth_time,
        created_at=at,
        expires_at=at + (policy.refresh_token if offline else policy.code + policy.access_token),
        nonce=request.nonce,
        claims=request.claims,
        wanted=request.wanted,
    )
    binding = CodeBinding(request.redirect_uri, request.explicit_redirect_uri, request.code_challenge, at + policy.code)
    uow.grants.add(grant, code_digest, binding, tx.id)
    if tx.asked and policy.consent:
        who = consenting(session.holder, grant.sub)
        agreed = scopes | (request.disclosures - request.scopes)
        uow.consents.remember(who, client.client_id, grant.choice, agreed, at, at + policy.consent)
    return grant
