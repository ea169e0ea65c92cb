"""A bundle judged: for each CA, the path to a root and every reason it may not certify a login."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.certificate import der as encoding
from idp.certificate import names, policies, signatures
from idp.certificate.trust.hierarchy import Hierarchy, Path, anchored, links
from idp.certificate.trust.issuers import Authority, Issuer, Root, TrustList, Unreadable
from idp.errors import TrustError

_E = TypeVar("_E", bound=x509.ExtensionType)
_MAX_BYTES = 16 * 1024
_MAX_CERTIFICATES = 2000
_PURPOSES = {
    "purpose-site": re.compile(r"\bSSL"),
    "purpose-code": re.compile(r"\bCODE ?SIGNING\b"),
    "purpose-timestamp": re.compile(r"\bTIME ?STAMPING\b|\bTEMPO\b"),
}
"""Under v5, CAs for sites and for code carry login policies and no EKU; only their names tell them apart. A name here
is signed by a pinned root, so it is the authority's word and not an applicant's."""
_LOGIN_USAGES = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
_CONSTRAINTS = {"2.5.29.30", "2.5.29.33", "2.5.29.36", "2.5.29.54"}
"""nameConstraints, policyMappings, policyConstraints, inhibitAnyPolicy."""


def compile_bundle(
    certificates: Iterable[bytes],
    *,
    pins: Mapping[str, str],
    realm: str,
    at: datetime,
    crls: Iterable[bytes] = (),
) -> TrustList:
    """Judge every CA of a bundle against the roots that ``pins`` names (SHA-256 hex of the certificate → name).

    The bundle is never the source of its own trust: a root counts only if pinned. ``crls`` (DER) are the CA-CRLs at
    hand; they make a CA "revoked" or its CRL state fresh or stale, and those that cannot be used are ignored.
    Raises TrustError when no pinned root is in the bundle or no CA may certify a login.
    """
    readable, unreadable = parse(certificates)
    roots = tuple(
        Root(a.der, pin=pins.get(a.sha256))
        for a in readable
        if a.canonical == names.canonical(a.certificate.issuer) and signatures.signed_by(a.certificate, a.public_key)
    )
    if not any(root.pin for root in roots):
        raise TrustError("none of the pinned roots is in the bundle: not this authority's, or cut off")
    tops = {root.sha256 for root in roots}
    hierarchy = Hierarchy(roots, [a for a in readable if a.sha256 not in tops])
    hierarchy.read_crls(crls, at)
    judged = (_judged(authority, hierarchy, at) for authority in hierarchy.below)
    issuers = tuple(sorted(judged, key=lambda i: (i.root, i.name, i.sha256)))
    if not any(issuer.eligible for issuer in issuers):
        raise TrustError("no CA of the bundle may certify a login")
    return TrustList(realm, at, roots, issuers, unreadable)


def parse(certificates: Iterable[bytes]) -> tuple[list[Authority], tuple[Unreadable, ...]]:
    """Each different certificate once: those that can be used, and those that can only be listed (ATK-053)."""
    readable: dict[str, Authority] = {}
    unreadable: dict[str, Unreadable] = {}
    for count, der in enumerate(certificates, 1):
        if count > _MAX_CERTIFICATES:
            raise TrustError(f"more than {_MAX_CERTIFICATES} certificates")
        digest = hashlib.sha256(der).hexdigest()
        authority = Authority(der)
        try:
            if len(der) > _MAX_BYTES or not encoding.serial_allowed(encoding.certificate(der).serial):
                raise ValueError("too large, or a serial number that RFC 5280 forbids")
            # Each reads another part of the certificate; the names first, which an unsupported key is listed under.
            _ = authority.name, authority.canonical, names.canonical(authority.certificate.issuer)
            _ = authority.key, authority.policies
        except UnsupportedAlgorithm:
            unreadable[digest] = _unsupported(authority, digest)
        except Exception as error:  # noqa: BLE001  the parser's range of exceptions is open; one bad file is not fatal
            unreadable[digest] = Unreadable("", digest, f"unparseable: {type(error).__name__}")
        else:
            readable[digest] = authority
    return list(readable.values()), tuple(unreadable.values())


def _unsupported(authority: Authority, digest: str) -> Unreadable:
    root = authority.canonical == names.canonical(authority.certificate.issuer)
    return Unreadable(authority.name, digest, "unsupported-key", root)


def _judged(authority: Authority, hierarchy: Hierarchy, at: datetime) -> Issuer:
    """The CA along the first of its paths with nothing against it, else along the first."""
    judged = (_along(path, hierarchy, at) for path in hierarchy.paths(authority))
    first = next(judged)
    return first if first.eligible else next((issuer for issuer in judged if issuer.eligible), first)


def _along(path: Path, hierarchy: Hierarchy, at: datetime) -> Issuer:
    crl, revoked = hierarchy.revocation(path, at)
    reasons = list(_structure(path, at))
    if revoked:
        reasons.append("revoked")
    if not anchored(path):
        reasons.insert(0, "not-anchored")
    elif not reasons and not _holds(path, at):
        reasons.append("path-invalid")
    return Issuer(
        path[-1].der,
        root=path[0].name if isinstance(path[0], Root) else "",
        reasons=tuple(reasons),
        path=links(path),
        valid_from=max(a.not_before for a in path),
        valid_until=min(a.not_after for a in path),
        crl=crl,
    )


def _structure(path: Path, at: datetime) -> Iterator[str]:
    """What the certificates of a path say against the CA at its end, as tokens."""
    authority = path[-1]
    basic, usage = _extension(authority, x509.BasicConstraints), _extension(authority, x509.KeyUsage)
    if basic is None or not basic.ca:
        yield "not-a-ca"
    if usage is None or not usage.key_cert_sign:
        yield "key-usage"
    if any(at < a.not_before for a in path):
        yield "not-yet-valid"
    if any(at > a.not_after for a in path):
        yield "expired"
    if not signatures.key_allowed(authority.public_key):
        yield "key-not-allowed"
    if not all(signatures.signature_strong(a.certificate) for a in path[1:]):
        yield "weak-signature"
    if any(e.oid.dotted_string in _CONSTRAINTS for a in path for e in a.certificate.extensions):
        yield "constrained"  # a login judges the leaf alone, so what a CA constrains below itself would go unseen
    if not _within_path_length(path):
        yield "path-length"
    usages = _extension(authority, x509.ExtendedKeyUsage)
    if usages is not None and _LOGIN_USAGES.isdisjoint(usages):
        yield "extended-key-usage"
    yield from (token for token, words in _PURPOSES.items() if words.search(authority.name.upper()))
    if not policies.login_policies(authority.policies):
        yield "no-login-policy"


def _extension(authority: Authority, kind: type[_E]) -> _E | None:
    try:
        return authority.certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _within_path_length(path: Path) -> bool:
    """RFC 5280 §4.2.1.9 for a leaf still to come: how many CAs may follow each CA of the path."""
    for position, above in enumerate(path):
        basic = _extension(above, x509.BasicConstraints)
        limit = basic.path_length if basic else None
        following = [a for a in path[position + 1 :] if a.canonical != names.canonical(a.certificate.issuer)]
        if limit is not None and len(following) > limit:
            return False
    return True


def _holds(path: Path, at: datetime) -> bool:
    # Imported when a bundle is compiled: a worker that only loads a list does not carry pyhanko's 20 MB.
    from idp.certificate.trust import paths

    return paths.failure([a.der for a in path], at) is None
