"""The CAs of a bundle by name: their paths to a root, and what CRLs say along them. Every search is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TypeAlias

from idp.certificate import names, signatures
from idp.certificate.crl import CrlRefused, VerifiedCrl, verify
from idp.certificate.trust.issuers import Authority, CrlState, Link, Root
from idp.errors import TrustError

Path: TypeAlias = tuple[Authority, ...]
"""From the top down to the certificate in question."""

_MAX_SAME_NAME = 8
_MAX_DEPTH = 8
_MAX_STEPS = 256


class Hierarchy:
    """Roots and the certificates below them. Raises TrustError when more namesakes than any real CA has are in it."""

    def __init__(self, roots: Sequence[Root], below: Sequence[Authority]) -> None:
        self.roots, self.below = tuple(roots), tuple(below)
        self._by_name: dict[names.Canonical, list[Authority]] = {}
        for authority in (*roots, *below):
            namesakes = self._by_name.setdefault(authority.canonical, [])
            if len(namesakes) == _MAX_SAME_NAME:
                raise TrustError(f"more than {_MAX_SAME_NAME} certificates name {authority.name}")
            namesakes.append(authority)
        self._signed: dict[tuple[str, str], bool] = {}
        self._crls: dict[str, tuple[VerifiedCrl, frozenset[int]]] = {}

    def paths(self, authority: Authority) -> list[Path]:
        """Every path from a root, those from a pinned root first; without any, the certificate alone."""
        found = list(self._climb((authority,), iter(range(_MAX_STEPS))))
        return sorted(found, key=lambda path: not anchored(path)) or [(authority,)]

    def read_crls(self, crls: Iterable[bytes], at: datetime) -> None:
        """Keep the newest usable CRL of each key; the others are passed over."""
        for der in crls:
            try:
                crl = verify(der, (*self.roots, *self.below), at)
                serials = frozenset(entry.serial for entry in crl.entries())
            except CrlRefused:
                continue
            known = self._crls.get(crl.issuer_key)
            if known is None or crl.number > known[0].number:
                self._crls[crl.issuer_key] = crl, serials

    def revocation(self, path: Path, at: datetime) -> tuple[CrlState, bool]:
        """The worst state of the CRLs along the path, and whether any certificate of it is revoked."""
        state: CrlState = "fresh" if len(path) > 1 else "absent"
        revoked = False
        for link in links(path):
            if link.issuer_key not in self._crls:
                state = "absent"
                continue
            crl, serials = self._crls[link.issuer_key]
            revoked |= int(link.serial, 16) in serials
            if at >= crl.next_update and state == "fresh":
                state = "stale"
        return state, revoked

    def _climb(self, path: Path, steps: Iterator[int]) -> Iterator[Path]:
        """All ways up from ``path``, as long as ``steps`` last."""
        if isinstance(path[0], Root):
            yield path
        elif len(path) < _MAX_DEPTH:
            for parent in self._by_name.get(names.canonical(path[0].certificate.issuer), ()):
                if parent not in path and next(steps, None) is not None and self._signs(parent, path[0]):
                    yield from self._climb((parent, *path), steps)

    def _signs(self, parent: Authority, child: Authority) -> bool:
        pair = parent.sha256, child.sha256
        if pair not in self._signed:
            self._signed[pair] = signatures.signed_by(child.certificate, parent.public_key)
        return self._signed[pair]


def anchored(path: Path) -> bool:
    """Whether the path begins at a pinned root."""
    return isinstance(path[0], Root) and path[0].pin is not None


def links(path: Path) -> tuple[Link, ...]:
    """Each certificate below the root, as its serial under the key above it; the lowest first."""
    return tuple(Link(above.key, below.serial) for above, below in pairwise(path))[::-1]
