"""The revocation index: signed CRLs in, answers about one serial out. Implements ``idp.ports.Revocation``.

One file per CA key in one directory. A process that imports replaces files; every other process notices within a
second and maps the new one. Nothing here reaches the network, and there is no switch to let the unknown pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from idp.certificate import encodings
from idp.certificate.atomic import write_atomically
from idp.certificate.crl import MAX_BYTES, CrlRefused, VerifiedCrl, verify
from idp.certificate.crl_file import CompiledCrl, Damaged, encode
from idp.certificate.trust.issuers import Authority, TrustList
from idp.domain.certificado import RevocationStatus

DIRECTORY = "crl"
"""Name of the index within ``Settings.trust_dir``."""
_LOOK_AGAIN = timedelta(seconds=1)
_SUFFIXES = (".crl", ".pem", ".der")


@dataclass(frozen=True, slots=True)
class CrlOutcome:
    """What became of one CRL offered: "imported", "unchanged", or "refused" with a documented ``detail`` token."""

    source: str
    outcome: str
    detail: str = ""
    issuer: str = ""
    issuer_key: str = ""
    number: int | None = None
    entries: int | None = None
    next_update: datetime | None = None


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
        needed = set(self.trust.needed_keys)
        for authority in self.trust.authorities():
            if authority.key in needed:
                needed.remove(authority.key)
                yield self._state(authority, at)

    def import_crls(self, source: Path | Iterable[bytes], at: datetime) -> CrlReport:
        """Take in every CRL of a directory, a file (PEM or DER) or an iterable of DER.

        Each is verified by itself and replaces its CA's file atomically; one that is refused leaves the old list where
        it was. Raises OSError when the source cannot be read or the index not be written.
        """
        return CrlReport(tuple(self._import(name, der, at) for name, der in _offered(source)))

    def _import(self, source: str, der: bytes | None, at: datetime) -> CrlOutcome:
        try:
            if der is None:
                raise CrlRefused("unreadable")
            crl = verify(der, self.trust.authorities(), at)
            outcome = self._store(crl)
        except CrlRefused as error:
            return CrlOutcome(source, "refused", error.token)
        name = next(a.name for a in self.trust.authorities() if a.key == crl.issuer_key)
        return CrlOutcome(source, outcome, "", name, crl.issuer_key, crl.number, crl.count, crl.next_update)

    def _store(self, crl: VerifiedCrl) -> str:
        """Neither number nor date may go back: an old list replayed would revive what was revoked since (ATK-033)."""
        path = self._path(crl.issuer_key)
        present = _opened(path, crl.issuer_key)
        if present is not None:
            if (crl.number, crl.this_update) == (present.number, present.this_update):
                return "unchanged"
            if crl.number <= present.number or crl.this_update < present.this_update:
                raise CrlRefused("older")
        write_atomically(path, encode(crl))
        return "imported"

    def _crl(self, issuer_key: str, at: datetime) -> CompiledCrl | None:
        """The mapped file, looked at again when a second has passed by the caller's time."""
        looked, crl = self._open.get(issuer_key, (None, None))
        if looked is not None and timedelta(0) <= at - looked < _LOOK_AGAIN:
            return crl
        path = self._path(issuer_key)
        if crl is None or crl.replaced(path):
            crl = _opened(path, issuer_key)
        self._open[issuer_key] = at, crl
        return crl

    def _state(self, authority: Authority, at: datetime) -> CaCrl:
        crl = self._crl(authority.key, at)
        if crl is None:
            return CaCrl(authority, "absent")
        state = "fresh" if at < crl.next_update else "stale"
        return CaCrl(authority, state, crl.number, crl.count, crl.this_update, crl.next_update)

    def _path(self, issuer_key: str) -> Path:
        return self.directory / f"{issuer_key}.crl-index"


def _opened(path: Path, issuer_key: str) -> CompiledCrl | None:
    """The file if it is whole and of that CA; anything else is as good as absent."""
    try:
        crl = CompiledCrl(path)
    except (OSError, Damaged):
        return None
    return crl if crl.issuer_key == issuer_key else None


def _offered(source: Path | Iterable[bytes]) -> Iterator[tuple[str, bytes | None]]:
    if not isinstance(source, Path):
        for position, der in enumerate(source, 1):
            yield f"#{position}", der
        return
    files = [f for f in sorted(source.iterdir()) if f.suffix.lower() in _SUFFIXES] if source.is_dir() else [source]
    for file in files:
        with file.open("rb") as opened:
            data = opened.read(2 * MAX_BYTES)  # PEM is a third larger than what it carries
        try:
            for der in encodings.crls(data):
                yield file.name, der
        except ValueError:
            yield file.name, None
