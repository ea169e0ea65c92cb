"""The entries of a CRL, read where they lie: one pass, for lists of millions (RFC 5280 §5.1.2.6 and §5.3).

``cryptography`` makes several objects of each entry, which takes minutes for a list that this reads in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from idp.certificate import der as encoding

_MAX_SERIAL_BITS = 160
_REASON_CODE, _INVALIDITY_DATE = bytes.fromhex("551d15"), bytes.fromhex("551d18")
_REASONS = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
_CLOCK = 7
"""Octets of hhmmssZ, at the end of a UTCTime as of a GeneralizedTime."""


class CrlRefused(ValueError):
    """A CRL that must not be used; ``token`` is documented in docs/certificate-verdict.md."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


class Entry(NamedTuple):
    """One revoked certificate."""

    serial: int
    revoked_at: int
    """Seconds since 1970 (UTC)."""
    reason: str | None
    """reasonCode by name, as RFC 5280 §5.3.1 spells it."""


def read(der: bytes) -> Iterator[Entry]:
    """Each entry of a CRL. Raises CrlRefused at one that cannot be understood: none may be passed over."""
    try:
        yield from _read(der, *encoding.crl_entries(der))
    except CrlRefused:
        raise
    except ValueError as error:
        raise CrlRefused("unreadable") from error


def _read(der: bytes, position: int, end: int) -> Iterator[Entry]:
    span = encoding.span
    while position < end:
        _, start, position = span(der, position)
        _, start, stop = span(der, start)
        serial = int.from_bytes(der[start:stop], "big", signed=True)
        if not 0 < serial < 1 << _MAX_SERIAL_BITS:
            raise CrlRefused("entry-serial")
        tag, start, stop = span(der, stop)
        revoked_at = _midnight(tag, der[start : stop - _CLOCK]) + _seconds(der[stop - _CLOCK : stop])
        reason = _reason(der[stop:position]) if stop < position else None
        yield Entry(serial, revoked_at, reason)


@lru_cache(maxsize=4096)
def _midnight(tag: int, day: bytes) -> int:
    """Seconds since 1970 of a day written YYMMDD (UTCTime; RFC 5280 §4.1.2.5.1 on the century) or YYYYMMDD."""
    text = day.decode("ascii")
    if tag == encoding.UTC_TIME:
        text = ("19" if text >= "50" else "20") + text
    return int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp())


@lru_cache(maxsize=86400)
def _seconds(clock: bytes) -> int:
    """Seconds of the day at hhmmssZ."""
    moment = datetime.strptime(clock.decode("ascii"), "%H%M%SZ").replace(tzinfo=UTC)
    return moment.hour * 3600 + moment.minute * 60 + moment.second


@lru_cache(maxsize=256)
def _reason(extensions: bytes) -> str | None:
    """What the extensions of an entry give as its reason. Cached: a whole list has a handful of different ones."""
    reason: str | None = None
    found: set[bytes] = set()
    content, position = encoding.only(extensions).content, 0
    while position < len(content):
        extension = encoding.read(content, position)
        position = extension.end
        oid = encoding.read(extension.content)
        value = encoding.read(extension.content, oid.end)
        critical = value.tag == encoding.BOOLEAN and value.content != b"\0"
        if value.tag == encoding.BOOLEAN:
            value = encoding.read(extension.content, value.end)
        if oid.content in found:
            raise ValueError("an extension twice")
        found.add(oid.content)
        if oid.content == _REASON_CODE:
            reason = _named(encoding.only(value.content))
        elif critical and oid.content != _INVALIDITY_DATE:
            raise CrlRefused("entry-extension")
    if reason == "removeFromCRL":
        raise CrlRefused("entry-removed")  # only a delta CRL may say so (RFC 5280 §5.3.1)
    return reason


def _named(code: encoding.Element) -> str:
    name = _REASONS.get(int.from_bytes(code.content, "big"))
    if code.tag != encoding.ENUMERATED or len(code.content) != 1 or name is None:
        raise ValueError("no reasonCode")
    return name
