"""One certificate, against one CA of the closed list: every ground for refusal, or who it proved.

The order of the groups is the order of the reasons: unreadable, type, chain, validity, revocation, identity.
Intermediate certificates that a peer sends are never used, and nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime

from idp.certificate import names, policies, san
from idp.certificate.facts import Facts, Unreadable, read
from idp.certificate.profiles import IdentityError, common, identify, refused
from idp.certificate.trust.issuers import Issuer, TrustList
from idp.domain.certificado import (
    Accepted,
    Certificado,
    CertificateRef,
    CertReason,
    Claimed,
    Reason,
    Refused,
    TipoCertificado,
    Verdict,
)
from idp.domain.person import Holder
from idp.ports import Revocation

_CRL = {"stale": "crl-stale", "absent": "crl-absent"}
_CA_CRL = {"stale": "ca-crl-stale", "absent": "ca-crl-absent"}
_NOT_A_LOGIN_CA = {"no-login-policy", "extended-key-usage", "purpose-site", "purpose-code", "purpose-timestamp"}


def judge(der: bytes, *, trust: TrustList, revocation: Revocation, at: datetime) -> Verdict:
    """What a login with this certificate (DER, of any origin) says at ``at`` (with a time zone).

    Collects every ground and never raises on account of the bytes (ATK-046). No I/O but the revocation index.
    """
    try:
        facts = read(der)
    except Unreadable as error:
        return Refused((Reason(CertReason.ILEGIVEL, error.token),), Claimed())
    issuer = trust.find(facts.certificate)
    identity = _identity(facts)
    reasons = (
        *_type(facts, issuer),
        *_chain(facts, issuer, trust, revocation, at),
        *_validity(facts, at),
        *_revocation(facts, issuer, revocation, at),
        *([identity] if isinstance(identity, Reason) else []),
    )
    claimed = _claimed(facts)
    if reasons or issuer is None or isinstance(identity, Reason):
        return Refused(reasons, claimed)
    tipo, holder = identity
    certificado = _certificado(facts, issuer, tipo, in_grace=_in_grace(facts, issuer, revocation, at))
    return Accepted(holder, certificado, claimed)


def _identity(facts: Facts) -> tuple[TipoCertificado, Holder] | Reason:
    try:
        return identify(facts)
    except IdentityError as error:
        return Reason(CertReason.ILEGIVEL, error.token)


def _type(facts: Facts, issuer: Issuer | None) -> Iterator[Reason]:
    icp_brasil = issuer is not None or names.says_icp_brasil(facts.certificate.issuer)
    for token in refused.grounds(facts, icp_brasil=icp_brasil):
        yield Reason(CertReason.TIPO, token)
    if issuer is None:
        return
    if not _NOT_A_LOGIN_CA.isdisjoint(issuer.reasons):
        yield Reason(CertReason.TIPO, "issuer-not-for-login")
    elif not issuer.login_policies.issuperset(policies.login_policies(facts.policies)):
        yield Reason(CertReason.TIPO, "policy-not-of-issuer")


def _chain(
    facts: Facts, issuer: Issuer | None, trust: TrustList, revocation: Revocation, at: datetime
) -> Iterator[Reason]:
    if issuer is None:
        if trust.named(facts.certificate.issuer):
            yield Reason(CertReason.CADEIA, "bad-signature")
        elif names.says_icp_brasil(facts.certificate.issuer):
            yield Reason(CertReason.CADEIA, "unknown-issuer")
        else:
            yield Reason(CertReason.NAO_ICP, "not-icp-brasil")
        return
    against = [reason for reason in issuer.reasons if reason not in _NOT_A_LOGIN_CA]
    if "not-anchored" in against:
        yield Reason(CertReason.CADEIA, "issuer-not-anchored")
    elif "revoked" in against or _issuer_revoked(issuer, revocation, at):
        yield Reason(CertReason.CADEIA, "issuer-revoked")
    elif not issuer.valid_at(at):
        yield Reason(CertReason.CADEIA, "issuer-not-valid-now")
    elif against:
        yield Reason(CertReason.CADEIA, "issuer-refused")


def _issuer_revoked(issuer: Issuer, revocation: Revocation, at: datetime) -> bool:
    return any(revocation.status(link.issuer_key, link.serial, at).state == "revoked" for link in issuer.path)


def _validity(facts: Facts, at: datetime) -> Iterator[Reason]:
    """Both ends belong to the validity (RFC 5280 §4.1.2.5)."""
    if at < facts.not_before:
        yield Reason(CertReason.FUTURO, "not-yet-valid", facts.not_before)
    elif at > facts.not_after:
        yield Reason(CertReason.VENCIDO, "expired", facts.not_after)


def _revocation(facts: Facts, issuer: Issuer | None, revocation: Revocation, at: datetime) -> Iterator[Reason]:
    """The leaf in its CA's list, then the lists above: a login needs every one of them fresh."""
    if issuer is None or "not-anchored" in issuer.reasons:
        return
    own = revocation.status(issuer.key, facts.serial, at)
    if own.state == "revoked":
        token = "on-hold" if own.reason == "certificateHold" else "revoked"
        yield Reason(CertReason.REVOGADO, token, own.revoked_at)
    elif own.state in _CRL:
        yield Reason(CertReason.LCR, _CRL[own.state], own.next_update)
    for link in issuer.path:
        above = revocation.status(link.issuer_key, link.serial, at)
        if above.state in _CA_CRL:
            yield Reason(CertReason.LCR, _CA_CRL[above.state], above.next_update)
            return


def _in_grace(facts: Facts, issuer: Issuer, revocation: Revocation, at: datetime) -> bool:
    asked = [(issuer.key, facts.serial), *((link.issuer_key, link.serial) for link in issuer.path)]
    return any(revocation.status(key, serial, at).in_grace for key, serial in asked)


def _certificado(facts: Facts, issuer: Issuer, tipo: TipoCertificado, *, in_grace: bool) -> Certificado:
    policy = policies.login_policies(facts.policies)[0]
    digest = base64.urlsafe_b64encode(hashlib.sha256(facts.der).digest()).rstrip(b"=").decode()
    reference = CertificateRef(issuer.key, facts.serial, facts.not_after, policy)
    return Certificado(tipo, policies.nivel(policy), issuer.name, reference, digest, in_grace)


def _claimed(facts: Facts) -> Claimed:
    # Anybody can make a certificate, and what it claims is kept: no more of it than a page can show.
    return Claimed(
        nome=_short(common.display_name(facts) if facts.common_names else None),
        documento=_short(_claimed_documento(facts), 18),
        responsavel=_short(_claimed_text(facts, san.RESPONSAVEL_NOME)),
        emissor=_short(facts.issuer),
        not_before=facts.not_before,
        not_after=facts.not_after,
        serial=_short(facts.serial, 64),
        politicas=tuple(policy[:64] for policy in facts.policies[:8]),
    )


def _short(text: str | None, limit: int = 128) -> str | None:
    return text[:limit] if text is not None else None


def _claimed_documento(facts: Facts) -> str | None:
    """The number the certificate puts forward, in the order in which a profile would believe it; unchecked."""
    company = _claimed_text(facts, san.PJ_CNPJ)
    person = _claimed_text(facts, san.PF_DADOS)
    return (person[8:19] if person else None) or company or common.serial_number(facts)


def _claimed_text(facts: Facts, oid: str) -> str | None:
    value = common.value(facts, oid)
    if value is None:
        return None
    try:
        return san.free_text(value) or None
    except IdentityError:
        return None
