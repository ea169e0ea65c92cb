"""Taking CRLs into the index: verified, never going back, written whole."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.certificate import encodings
from idp.certificate.atomic import write_atomically
from idp.certificate.crl import MAX_BYTES, CrlRefused, VerifiedCrl, verify
from idp.certificate.crl_file import encode, file_of, opened
from idp.certificate.trust.issuers import Authority

_SUFFIXES = (".crl", ".pem", ".der")
_MAX_FALL = 0.2
_NEGLIGIBLE = 5


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


def take_in(
    directory: Path,
    source: str,
    der: bytes | None,
    authorities: Iterable[Authority],
    at: datetime,
    *,
    allow_shrink: bool = False,
) -> CrlOutcome:
    """Verify one CRL, made by one of ``authorities``, and let it replace its CA's file in ``directory``.

    ``der`` of None is bytes that were no CRL. A refused one leaves the old list where it was: one by another CA, one
    older by number or date than the one there, or (without ``allow_shrink``) one that lists at least five and more
    than a fifth fewer certificates, as a CA that lost its records would publish. Raises OSError.
    """
    candidates = tuple(authorities)
    try:
        if der is None:
            raise CrlRefused("unreadable")
        crl = verify(der, candidates, at)
        data = encode(crl)
        with _alone(directory):
            outcome = _replace(directory, crl, data, allow_shrink)
    except CrlRefused as error:
        return CrlOutcome(source, "refused", error.token)
    name = next(authority.name for authority in candidates if authority.key == crl.issuer_key)
    return CrlOutcome(source, outcome, "", name, crl.issuer_key, crl.number, crl.count, crl.next_update)


def offered(source: Path | Iterable[bytes]) -> Iterator[tuple[str, bytes | None]]:
    """Name and DER of every CRL in a directory, a file (PEM or DER) or an iterable of DER. Raises OSError."""
    if not isinstance(source, Path):
        for position, der in enumerate(source, 1):
            yield f"#{position}", der
        return
    files = [f for f in sorted(source.iterdir()) if f.suffix.lower() in _SUFFIXES] if source.is_dir() else [source]
    for file in files:
        with file.open("rb") as readable:
            data = readable.read(2 * MAX_BYTES)  # PEM is a third larger than what it carries
        try:
            for der in encodings.crls(data):
                yield file.name, der
        except ValueError:
            yield file.name, None


def _replace(directory: Path, crl: VerifiedCrl, data: bytes, allow_shrink: bool) -> str:
    """Neither number nor date may go back: an old list replayed would revive what was revoked since (ATK-033)."""
    path = file_of(directory, crl.issuer_key)
    present = opened(path, crl.issuer_key)
    if present is not None:
        if (crl.number, crl.this_update) == (present.number, present.this_update):
            return "unchanged"
        if crl.number <= present.number or crl.this_update < present.this_update:
            raise CrlRefused("older")
        fall = present.count - crl.count
        if not allow_shrink and fall >= _NEGLIGIBLE and fall > _MAX_FALL * present.count:
            raise CrlRefused("shrunk")
    write_atomically(path, data)
    return "imported"


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One importer at a time, of any process: between the comparison and the rename nobody may come with a newer."""
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
