"""The revocation index: signed CRLs in, answers about one serial out. Implements ``idp.ports.Revocation``.

One file per CA key in one directory. A process that imports replaces files; every other process notices within a
second and maps the new one. Nothing here reaches the network, and there is no switch to let the unknown pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from idp.certificate.crl_file import CompiledCrl, file_of, opened
from idp.certificate.crl_import import CrlOutcome, offered, take_in
from idp.certificate.trust.issuers import Authority, TrustList
from idp.domain.certificado import RevocationStatus

DIRECTORY = "crl"
"""Name of the index within ``Settings.trust_dir``."""
_LOOK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class CrlReport:
    outcomes: tuple[CrlOutcome, ...]

    def count(self, outcome: str) -> int:
        return sum(o.outcome == outcome for o in self.outcomes)


@dataclass(frozen=True, slots=True)
class CaCrl:
    """The state of one CA's CRL in the index."""

    authority: Authority
    state: str
    """"fresh", "stale" or "absent"; within the grace counts as stale here."""
    number: int | None = None
    entries: int | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None


class CrlIndex:
    """The index under ``directory``. ``grace``: how long past nextUpdate a list still decides (default policy: 0)."""

    def __init__(self, directory: Path, trust: TrustList, grace: timedelta = timedelta(0)) -> None:
        self.directory, self.trust, self.grace = directory, trust, grace
        self._open: dict[str, tuple[datetime, CompiledCrl | None]] = {}

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        """See ``idp.ports.Revocation``. A serial once listed stays revoked however old the list."""
        crl = self._crl(issuer_key, at)
        if crl is None:
            return RevocationStatus("absent")
        revoked = crl.find(serial)
        if revoked is not None:
            return RevocationStatus("revoked", revoked.at, revoked.reason, crl.next_update)
        if at < crl.next_update:
            return RevocationStatus("good", next_update=crl.next_update)
        if at < crl.next_update + self.grace:
            return RevocationStatus("good", next_update=crl.next_update, in_grace=True)
        return RevocationStatus("stale", next_update=crl.next_update)

    def states(self, at: datetime) -> Iterator[CaCrl]:
        """Every CA whose list a login may need, with the state of that list."""
        needed = set(self.trust.needed_keys(at))
        for authority in self.trust.authorities():
            if authority.key in needed:
                needed.remove(authority.key)
                yield self._state(authority, at)

    def import_crls(self, source: Path | Iterable[bytes], at: datetime, *, allow_shrink: bool = False) -> CrlReport:
        """Take in every CRL of a directory, a file (PEM or DER) or an iterable of DER.

        Each is verified by itself and replaces its CA's file atomically; one that is refused leaves the old list where
        it was (:func:`idp.certificate.crl_import.take_in`). Raises OSError when the source cannot be read or the index
        not be written.
        """
        authorities = tuple(self.trust.authorities())
        return CrlReport(
            tuple(
                take_in(self.directory, name, der, authorities, at, allow_shrink=allow_shrink)
                for name, der in offered(source)
            )
        )

    def _crl(self, issuer_key: str, at: datetime) -> CompiledCrl | None:
        """The mapped file, looked at again when a second has passed by the caller's time."""
        looked, crl = self._open.get(issuer_key, (None, None))
        if looked is not None and timedelta(0) <= at - looked < _LOOK_AGAIN:
            return crl
        path = file_of(self.directory, issuer_key)
        if crl is None or crl.replaced(path):
            crl = opened(path, issuer_key)
        self._open[issuer_key] = at, crl
        return crl

    def _state(self, authority: Authority, at: datetime) -> CaCrl:
        crl = self._crl(authority.key, at)
        if crl is None:
            return CaCrl(authority, "absent")
        state = "fresh" if at < crl.next_update else "stale"
        return CaCrl(authority, state, crl.number, crl.count, crl.this_update, crl.next_update)
