"""The audit rows of the flow, one function an act. Payloads are evidence: who, for whom, on what basis, by which
certificate, for which client. The vocabulary is in ``idp.audit``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from idp.domain.ato import AtoRegistrado
from idp.domain.certificado import Accepted, Certificado, Refused
from idp.domain.client import Client
from idp.domain.designacao import Designacao
from idp.domain.grant import Authorization, Grant
from idp.domain.pedido import Pedido
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.procuracao import Poder, Procuracao
from idp.domain.representation import Motivo, Representation
from idp.domain.session import Session
from idp.domain.transaction import Transaction
from idp.ports import AuditEvent


def login_accepted(at: datetime, tx: Transaction, verdict: Accepted) -> AuditEvent:
    payload = {"tx": tx.id, "client": tx.request.client_id, **_holder(verdict.holder), **_cert(verdict.certificado)}
    return AuditEvent("login.accepted", at, payload)


def login_refused(at: datetime, tx: Transaction, verdict: Refused) -> AuditEvent:
    return AuditEvent(
        "login.refused",
        at,
        {
            "tx": tx.id,
            "client": tx.request.client_id,
            "reasons": [[reason.code.value, reason.detail] for reason in verdict.reasons],
            "claimed": {"documento": verdict.claimed.documento, "emissor": verdict.claimed.emissor},
            "serial": verdict.claimed.serial,
        },
    )


def login_discarded(at: datetime, why: str) -> AuditEvent:
    return AuditEvent("login.discarded", at, {"why": why})


def consent_refused(at: datetime, tx: Transaction) -> AuditEvent:
    holder = _holder(tx.session.holder) if tx.session else {}
    return AuditEvent("consent.refused", at, {"tx": tx.id, "client": tx.request.client_id, **holder})


def consent_granted(at: datetime, grant: Grant, representation: Representation) -> AuditEvent:
    return AuditEvent("consent.granted", at, {**_grant(grant), **_representado(representation)})


def consent_forgotten(at: datetime, holder: Holder, client_id: str, grants: int) -> AuditEvent:
    """``grants``: how many families were revoked with it."""
    return AuditEvent("consent.forgotten", at, {"client": client_id, "grants": grants, **_holder(holder)})


def perfil_changed(at: datetime, session: Session, fields: Iterable[str]) -> AuditEvent:
    """What of it, and never what it says."""
    payload = {"campos": sorted(fields), **_holder(session.holder), **_cert(session.certificado)}
    return AuditEvent("perfil.changed", at, payload)


def person_read(at: datetime, session: Session) -> AuditEvent:
    """Somebody took away everything that is kept of himself."""
    return AuditEvent("audit.read", at, {"actor": "portal", "what": "person.export", **_holder(session.holder)})


def code_issued(at: datetime, grant: Grant, representation: Representation, poder: Poder | None) -> AuditEvent:
    """``poder``: the one that the client demanded of the choice; without, every power of the procuração stood behind
    it, and all are written down as they were at that moment."""
    right: dict[str, Any] = {"poder": poder} if poder else {}
    if representation.procuracao is not None:
        right["poderes"] = sorted(representation.poderes)
    return AuditEvent("code.issued", at, {**_grant(grant), **_representado(representation), **right})


def code_refused(at: datetime, tx: Transaction, motivo: Motivo) -> AuditEvent:
    holder = _holder(tx.session.holder) if tx.session else {}
    payload = {"tx": tx.id, "client": tx.request.client_id, "choice": str(tx.choice), "motivo": motivo.value}
    return AuditEvent("code.refused", at, {**payload, **holder})


def code_replayed(at: datetime, grant_id: str, client: Client) -> AuditEvent:
    return AuditEvent("code.replayed", at, {"grant": grant_id, "client": client.client_id})


def token_issued(authorization: Authorization) -> AuditEvent:
    grant, representation = authorization.grant, authorization.representation
    payload = {**_grant(grant), **_representado(representation), "generation": grant.generation}
    return AuditEvent("token.issued", authorization.at, payload)


def token_refused(at: datetime, grant: Grant, reason: str) -> AuditEvent:
    return AuditEvent("token.refused", at, {**_grant(grant), "reason": reason})


def client_token_issued(at: datetime, client: Client, scopes: frozenset[str]) -> AuditEvent:
    return AuditEvent("token.issued", at, {"client": client.client_id, "scopes": sorted(scopes)})


def refresh_reused(at: datetime, grant: Grant, generation: int) -> AuditEvent:
    return AuditEvent("refresh.reused", at, {**_grant(grant), "generation": generation})


def session_ended(at: datetime, session: Session, grants: int, reason: str) -> AuditEvent:
    payload = {"session": session.id, "grants": grants, "reason": reason, **_holder(session.holder)}
    return AuditEvent("session.ended", at, payload)


def grant_revoked(at: datetime, grant: Grant, reason: str) -> AuditEvent:
    return AuditEvent("grant.revoked", at, {**_grant(grant), "reason": reason})


def outorga(ato: AtoRegistrado, about: Procuracao | Designacao) -> AuditEvent:
    """An act of somebody on a procuração or a designação. The text shown stands by its digest."""
    payload: dict[str, Any] = {
        "ato": ato.id,
        "estado": about.estado.value,
        "por": ato.por,
        "qualidade": ato.qualidade,
        **({"pessoa": str(ato.pessoa)} if ato.pessoa else {}),
        **({"texto_sha256": ato.texto_sha256} if ato.texto_sha256 else {}),
        **({"motivo": ato.motivo} if ato.motivo else {}),
        **(_cert(ato.certificado) if ato.certificado else {}),
    }
    if isinstance(about, Designacao):
        payload |= {"designacao": about.id, "empresa": str(about.empresa), "designado": str(about.pessoa)}
        return AuditEvent(f"designacao.{ato.evento}", ato.em, payload)
    payload |= {"procuracao": about.id, "outorgante": str(about.outorgante), "outorgado": str(about.outorgado)}
    if about.pai:
        payload |= {"pai": about.pai, "sem_reserva": about.sem_reserva}
    return AuditEvent(f"procuracao.{ato.evento}", ato.em, payload)


def pedido(at: datetime, evento: str, changed: Pedido, por: str) -> AuditEvent:
    payload = {
        "pedido": changed.id,
        "outorgante": str(changed.outorgante),
        "outorgado": str(changed.outorgado),
        "estado": changed.estado.value,
        "por": por,
        **({"lote": changed.lote} if changed.lote else {}),
        **({"procuracao": changed.procuracao} if changed.procuracao else {}),
    }
    return AuditEvent(f"pedido.{evento}", at, payload)


def _holder(holder: Holder) -> dict[str, Any]:
    """Who acted: whom the certificate proved, and of a company the natural person it names."""
    who = {"titular": str(holder.documento), "nome": holder.nome}
    if isinstance(holder, PessoaJuridica) and holder.responsavel is not None:
        who["responsavel"] = str(holder.responsavel.cpf)
    return who


def _representado(representation: Representation) -> dict[str, Any]:
    """For whom: by this the contribuinte finds who acted on its behalf, whatever the basis."""
    named: dict[str, Any] = {"representado": str(representation.inscricao.contribuinte)}
    if representation.cadeia:
        named["cadeia"] = list(representation.cadeia)
    if representation.designacao is not None:
        named["designacao"] = representation.designacao.id
    return named


def _cert(certificado: Certificado) -> dict[str, Any]:
    return {
        "certificado": {
            "issuer_key": certificado.ref.issuer_key,
            "serial": certificado.ref.serial,
            "politica": certificado.politica,
            **({"in_grace": True} if certificado.in_grace else {}),
        }
    }


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "grant": grant.id,
        "client": grant.client_id,
        "choice": str(grant.choice),
        "scopes": sorted(grant.scopes),
        **_holder(grant.holder),
        **_cert(grant.certificado),
    }
