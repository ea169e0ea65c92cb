"""A CRL compiled for look-up: a header, then serial numbers in order, then what is said of each, in one mapped file.

Layout, big-endian: magic (8), issuer key (32), CRL number (20), thisUpdate, nextUpdate (int64 seconds), count (uint32),
SHA-256 of all else (32). Body: ``count`` serials of 20 bytes, ascending, then ``count`` pairs of date (int64) and
reason (uint8).
"""

from __future__ import annotations

import hashlib
import heapq
import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from idp.certificate.crl import VerifiedCrl

_MAGIC = b"PORTCRL2"
_HEADER = struct.Struct(">8s32s20sqqI")
_DIGEST = 32
_BODY = _HEADER.size + _DIGEST
_ABOUT = struct.Struct(">qB")
_SERIAL = 20
_RUN = 100_000
_REASONS = (
    None,
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "privilegeWithdrawn",
    "aACompromise",
)
"""Position = the byte stored. Appending is safe; reordering is not."""


class Damaged(ValueError):
    """A file that is not a compiled CRL, or not whole."""


def encode(crl: VerifiedCrl) -> bytes:
    """The file's bytes. Raises CrlRefused when an entry cannot be understood. A serial listed twice keeps one.

    Sorted in runs that are then merged: millions of entries are never objects all at once.
    """
    records = (
        entry.serial.to_bytes(_SERIAL, "big") + _ABOUT.pack(entry.revoked_at, _REASONS.index(entry.reason))
        for entry in crl.entries()
    )
    runs = []
    while run := sorted(islice(records, _RUN)):
        runs.append(b"".join(run))
    serials, about, last = bytearray(), bytearray(), b""
    for record in heapq.merge(*map(_records, runs)):
        serial = record[:_SERIAL]
        if serial != last:
            serials += serial
            about += record[_SERIAL:]
            last = serial
    header = _HEADER.pack(
        _MAGIC,
        bytes.fromhex(crl.issuer_key),
        crl.number.to_bytes(_SERIAL, "big"),
        int(crl.this_update.timestamp()),
        int(crl.next_update.timestamp()),
        len(serials) // _SERIAL,
    )
    return b"".join((header, _digest(header, serials, about), serials, about))


def _digest(*parts: bytes | bytearray | memoryview) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def _records(run: bytes) -> Iterator[bytes]:
    size = _SERIAL + _ABOUT.size
    return (run[start : start + size] for start in range(0, len(run), size))


@dataclass(frozen=True, slots=True)
class Revoked:
    at: datetime
    reason: str | None


class CompiledCrl:
    """One compiled file, mapped. Stays usable after the file is replaced, until released."""

    def __init__(self, path: Path) -> None:
        """Map and check the whole of ``path``. Raises Damaged, or OSError when it cannot be opened."""
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            self.identity = _identity(status)
            if status.st_size < _BODY:
                raise Damaged(f"{path}: too short")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, key, number, this_update, next_update, self.count = _HEADER.unpack_from(self._map)
        size = _BODY + self.count * (_SERIAL + _ABOUT.size)
        if magic != _MAGIC or len(self._map) != size:
            raise Damaged(f"{path}: not a compiled CRL")
        with memoryview(self._map) as view:
            if _digest(view[: _HEADER.size], view[_BODY:]) != view[_HEADER.size : _BODY]:
                raise Damaged(f"{path}: checksum differs")
        self.issuer_key = key.hex()
        self.number = int.from_bytes(number, "big")
        self.this_update = datetime.fromtimestamp(this_update, UTC)
        self.next_update = datetime.fromtimestamp(next_update, UTC)

    def find(self, serial: str) -> Revoked | None:
        """What is said of ``serial`` (hex), by binary search. None when it is not listed."""
        try:
            wanted = int(serial, 16).to_bytes(_SERIAL, "big")
        except (ValueError, OverflowError):
            return None  # no certificate we accept has such a serial
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            start = _BODY + middle * _SERIAL
            found = self._map[start : start + _SERIAL]
            if found == wanted:
                return self._about(middle)
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return None

    def replaced(self, path: Path) -> bool:
        """Whether ``path`` is now another file, or none."""
        try:
            return _identity(path.stat()) != self.identity
        except OSError:
            return True

    def _about(self, position: int) -> Revoked:
        start = _BODY + self.count * _SERIAL + position * _ABOUT.size
        seconds, reason = _ABOUT.unpack_from(self._map, start)
        return Revoked(datetime.fromtimestamp(seconds, UTC), _REASONS[reason])


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size


def file_of(directory: Path, issuer_key: str) -> Path:
    """Where the index in ``directory`` keeps the list of one CA key."""
    return directory / f"{issuer_key}.crl-index"


def opened(path: Path, issuer_key: str) -> CompiledCrl | None:
    """The file if it is whole and of that CA; anything else is as good as absent."""
    try:
        crl = CompiledCrl(path)
    except (OSError, Damaged):
        return None
    return crl if crl.issuer_key == issuer_key else None
