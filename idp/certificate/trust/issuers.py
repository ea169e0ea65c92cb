"""The compiled list of issuing CAs: what a login consults, and its file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.certificate import names, policies, signatures
from idp.certificate.atomic import write_atomically
from idp.errors import TrustError

PINS: Mapping[str, str] = {
    "caa53fc6091c6951887c976e378f6ef89aa6377c55d97b6475422b71ed7e9b17": "ICP-Brasil v5",
    "d8478e37ce19c690cf657381e68fe600e4e1a042536830f06847e03e554c4b01": "ICP-Brasil v12",
}
"""SHA-256 of the ICP-Brasil roots that anchor logins. v10 certifies sites, v11 code, v6 measuring instruments."""

FILE = "issuers.json"
"""Name of the compiled list within ``Settings.trust_dir``."""
_FORMAT = "portaria-trust/1"
_REALM_PINS = {"icp-brasil": PINS}
CrlState = Literal["fresh", "stale", "absent"]


@dataclass(frozen=True)
class Authority:
    """A CA's certificate and what is asked of it often, read once."""

    der: bytes

    @cached_property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @cached_property
    def public_key(self) -> object:
        return self.certificate.public_key()

    @cached_property
    def name(self) -> str:
        return names.common_name(self.certificate.subject)

    @cached_property
    def subject(self) -> bytes:
        """DER of the subject, as TLS advertises it."""
        return self.certificate.subject.public_bytes()

    @cached_property
    def canonical(self) -> names.Canonical:
        return names.canonical(self.certificate.subject)

    @cached_property
    def key(self) -> str:
        """SHA-256 hex of the SubjectPublicKeyInfo: the name of a CA's key, whatever certificate carries it."""
        spki = self.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(spki).hexdigest()

    @cached_property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @cached_property
    def serial(self) -> str:
        return format(self.certificate.serial_number, "x")

    @cached_property
    def key_identifier(self) -> bytes | None:
        try:
            return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            return None

    @cached_property
    def policies(self) -> tuple[str, ...]:
        try:
            found = self.certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        except x509.ExtensionNotFound:
            return ()
        return tuple(p.policy_identifier.dotted_string for p in found)

    @property
    def not_before(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc


@dataclass(frozen=True)
class Root(Authority):
    """A self-signed CA of the bundle. ``pin`` is its name among the pins, None when it anchors nothing."""

    pin: str | None = None


@dataclass(frozen=True)
class Link:
    """One certificate of the path above a login: its serial under the key that signed it."""

    issuer_key: str
    serial: str


@dataclass(frozen=True)
class Issuer(Authority):
    """A CA below a root. ``reasons`` (tokens of docs/certificate-verdict.md) is empty when it may certify logins."""

    root: str = ""
    """Common name of the root its path ends in; empty when no path was found."""
    reasons: tuple[str, ...] = ()
    path: tuple[Link, ...] = ()
    """From this CA's own certificate up to the one the root signed: what the CA-CRLs are asked about."""
    valid_from: datetime | None = None
    """Latest notBefore and, below, earliest notAfter along the path, the root's included."""
    valid_until: datetime | None = None
    crl: CrlState = "absent"
    """State of the CA-CRLs along the path when the list was compiled."""

    @property
    def eligible(self) -> bool:
        return not self.reasons

    def valid_at(self, moment: datetime) -> bool:
        """Whether it and every CA above it are within their validity; both ends belong to it."""
        return (
            self.valid_from is not None
            and self.valid_until is not None
            and (self.valid_from <= moment <= self.valid_until)
        )

    @cached_property
    def login_policies(self) -> frozenset[str]:
        return frozenset(policies.login_policies(self.policies))


@dataclass(frozen=True)
class Unreadable:
    """A certificate of the bundle that cannot be used at all: counted and listed, never silently dropped."""

    name: str
    sha256: str
    reason: str
    root: bool = False
    """Whether it names itself as its issuer."""


@dataclass(frozen=True)
class Missing:
    """A CA that might certify logins in what an operator agreed to, and that lists since then dropped or refused."""

    name: str
    sha256: str
    valid_until: datetime


@dataclass(frozen=True)
class TrustList:
    """The CAs that may certify a login in one realm, and every other CA of the bundle with the reason it may not.

    ``missing``: what it lacks of the most that was agreed to (``idp.certificate.trust.replacement``); nothing is judged
    by it.
    """

    realm: str
    compiled_at: datetime
    roots: tuple[Root, ...]
    issuers: tuple[Issuer, ...]
    unreadable: tuple[Unreadable, ...] = ()
    missing: tuple[Missing, ...] = ()
    _by_name: dict[Any, tuple[Issuer, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[Any, tuple[Issuer, ...]] = {}
        for issuer in self.issuers:
            for key in {issuer.subject, issuer.canonical}:
                index[key] = (*index.get(key, ()), issuer)
        object.__setattr__(self, "_by_name", index)

    @property
    def anchors(self) -> tuple[Root, ...]:
        """The pinned roots."""
        return tuple(root for root in self.roots if root.pin)

    @property
    def eligible(self) -> tuple[Issuer, ...]:
        return tuple(issuer for issuer in self.issuers if issuer.eligible)

    def needed_keys(self, at: datetime) -> frozenset[str]:
        """The keys whose CRLs logins depend on: those of the eligible CAs that are valid then, and of all above."""
        certifying = [issuer for issuer in self.eligible if issuer.valid_at(at)]
        above = {link.issuer_key for issuer in certifying for link in issuer.path}
        return frozenset(above | {issuer.key for issuer in certifying})

    def authorities(self) -> Iterator[Authority]:
        """Every CA whose CRLs are accepted: the pinned roots and whatever has a path to them."""
        yield from self.anchors
        yield from (issuer for issuer in self.issuers if "not-anchored" not in issuer.reasons)

    def named(self, name: x509.Name) -> tuple[Issuer, ...]:
        """The CAs of that name, compared by bytes first and else by meaning (RFC 5280 §7.1)."""
        return self._by_name.get(name.public_bytes()) or self._by_name.get(names.canonical(name), ())

    def with_key(self, key: str) -> tuple[Issuer, ...]:
        """The CAs of that key (SHA-256 hex of the SubjectPublicKeyInfo)."""
        return self._by_key.get(key, ())

    @cached_property
    def _by_key(self) -> dict[str, tuple[Issuer, ...]]:
        index: dict[str, tuple[Issuer, ...]] = {}
        for issuer in self.issuers:
            index[issuer.key] = (*index.get(issuer.key, ()), issuer)
        return index

    def find(self, leaf: x509.Certificate) -> Issuer | None:
        """The CA that issued ``leaf``, eligible or not: its name proposes, the signature decides. None if none did."""
        candidates = self.named(leaf.issuer)
        signers = (issuer for issuer in candidates if signatures.signed_by(leaf, issuer.public_key))
        found = sorted(signers, key=lambda issuer: not issuer.eligible)
        return found[0] if found else None

    def save(self, path: Path) -> None:
        """Write atomically: whoever reads sees the old list or this one. Raises OSError."""
        document = {
            "format": _FORMAT,
            "realm": self.realm,
            "compiled_at": self.compiled_at.isoformat(),
            "roots": [{"name": r.name, "pin": r.pin, "certificate": _b64(r.der)} for r in self.roots],
            "issuers": [_to_json(issuer) for issuer in self.issuers],
            "unreadable": [vars(u) for u in self.unreadable],
            "missing": [vars(m) | {"valid_until": m.valid_until.isoformat()} for m in self.missing],
        }
        write_atomically(path, json.dumps(document, indent=1).encode())

    @classmethod
    def load(cls, path: Path, realm: str | None) -> TrustList:
        """Read a saved list. Raises TrustError when it is missing, damaged, empty or of another realm.

        A ``realm`` of None takes the list's own word for it: for looking at a file, never for serving logins.
        """
        try:
            document = json.loads(path.read_bytes())
            if document["format"] != _FORMAT:
                raise TrustError(f"{path}: format {document['format']!r} is not {_FORMAT}")
            if realm is not None and document["realm"] != realm:
                raise TrustError(f"{path}: belongs to realm {document['realm']!r}, not {realm!r}")
            trust = cls(
                str(document["realm"]),
                datetime.fromisoformat(document["compiled_at"]),
                tuple(Root(base64.b64decode(r["certificate"]), pin=r["pin"]) for r in document["roots"]),
                tuple(_from_json(issuer) for issuer in document["issuers"]),
                tuple(Unreadable(**u) for u in document["unreadable"]),
                tuple(
                    Missing(m["name"], m["sha256"], datetime.fromisoformat(m["valid_until"]))
                    for m in document.get("missing", ())
                ),
            )
            trust._check(path)
        except TrustError:
            raise
        except FileNotFoundError as error:
            raise TrustError(f"{path}: there is no trust list") from error
        except Exception as error:
            raise TrustError(f"{path}: not a readable trust list ({type(error).__name__}: {error})") from error
        return trust

    def _check(self, path: Path) -> None:
        pins = _REALM_PINS.get(self.realm)
        if pins is not None and any(root.sha256 not in pins for root in self.anchors):
            raise TrustError(f"{path}: anchored in a root that is not pinned for realm {self.realm!r}")
        if not self.anchors or not self.eligible:
            raise TrustError(f"{path}: no CA in it may certify a login")
        for issuer in self.eligible:
            if not self._descends(issuer):
                raise TrustError(f"{path}: {issuer.name} is not signed by the CAs it names, up to a pinned root")

    def _descends(self, issuer: Issuer) -> bool:
        """Whether the signatures along its path hold. The file is our own, but what it says is believed at every login:
        who can write to it must not be able to add a CA."""
        below: Authority = issuer
        for link, above in zip(issuer.path, (*issuer.path[1:], None), strict=True):
            signers: Iterable[Authority] = (
                (root for root in self.anchors if root.key == link.issuer_key)
                if above is None
                else (one for one in self.with_key(link.issuer_key) if one.serial == above.serial)
            )
            signer = next((one for one in signers if signatures.signed_by(below.certificate, one.public_key)), None)
            if signer is None or below.serial != link.serial or not _may_sign(below.certificate):
                return False
            below = signer
        return isinstance(below, Root)


def _may_sign(certificate: x509.Certificate) -> bool:
    """CA:TRUE and keyCertSign: a person's certificate also descends from a pinned root."""
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return basic.ca and usage.key_cert_sign


def _to_json(issuer: Issuer) -> dict[str, Any]:
    return {
        "name": issuer.name,
        "root": issuer.root,
        "reasons": issuer.reasons,
        "path": [[link.issuer_key, link.serial] for link in issuer.path],
        "valid_from": issuer.valid_from.isoformat() if issuer.valid_from else None,
        "valid_until": issuer.valid_until.isoformat() if issuer.valid_until else None,
        "crl": issuer.crl,
        "certificate": _b64(issuer.der),
    }


def _from_json(entry: Mapping[str, Any]) -> Issuer:
    begin, end = entry["valid_from"], entry["valid_until"]
    return Issuer(
        base64.b64decode(entry["certificate"]),
        root=entry["root"],
        reasons=tuple(entry["reasons"]),
        path=tuple(Link(*link) for link in entry["path"]),
        valid_from=datetime.fromisoformat(begin) if begin else None,
        valid_until=datetime.fromisoformat(end) if end else None,
        crl=entry["crl"],
    )


def _b64(der: bytes) -> str:
    return base64.b64encode(der).decode()
