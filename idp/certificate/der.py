"""The little DER reading that ``cryptography`` leaves to its callers: one strict tag-length-value at a time (X.690)."""

from __future__ import annotations

from typing import NamedTuple

BOOLEAN, INTEGER, ENUMERATED, UTC_TIME, GENERALIZED_TIME, SEQUENCE = 0x01, 0x02, 0x0A, 0x17, 0x18, 0x30
_VERSION = 0xA0


class Element(NamedTuple):
    """One element: its tag byte, its content, and where it ends in the bytes it was read from."""

    tag: int
    content: bytes
    end: int


def read(data: bytes, offset: int = 0) -> Element:
    """The element at ``offset``: definite, minimal length, low tag number. Raises ValueError."""
    tag, start, end = span(data, offset)
    return Element(tag, data[start:end], end)


def span(data: bytes, offset: int = 0) -> tuple[int, int, int]:
    """The same without a copy of the content: its tag byte, where its content begins, where it ends."""
    if offset + 2 > len(data):
        raise ValueError("truncated element")
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if tag & 0x1F == 0x1F:
        raise ValueError("high tag number")
    if length >= 0x80:
        octets = length & 0x7F
        encoded = data[start : start + octets]
        if not 1 <= octets <= 4 or len(encoded) != octets or encoded[0] == 0:
            raise ValueError("length not DER")
        length, start = int.from_bytes(encoded, "big"), start + octets
        if length < 0x80:
            raise ValueError("length not minimal")
    if start + length > len(data):
        raise ValueError("content truncated")
    return tag, start, start + length


def only(data: bytes) -> Element:
    """The one element that ``data`` consists of. Raises ValueError when anything follows it."""
    element = read(data)
    if element.end != len(data):
        raise ValueError("bytes after the element")
    return element


class Signed(NamedTuple):
    """The outside of a certificate or CRL (RFC 5280 §4.1, §5.1): version field as encoded, first INTEGER (a
    certificate's serial), and both statements of the signature algorithm."""

    version: int
    serial: bytes
    inner_algorithm: bytes
    outer_algorithm: bytes


_MAX_SERIAL_BYTES = 20


def serial_allowed(serial: bytes) -> bool:
    """Whether an INTEGER's content is a serial number of RFC 5280 §4.1.2.2: positive, at most 20 octets."""
    return 0 < len(serial) <= _MAX_SERIAL_BYTES and not serial[0] & 0x80 and any(serial)


def certificate(data: bytes) -> Signed:
    """The outer fields of a certificate. Raises ValueError."""
    outer = only(data)
    tbs = read(outer.content)
    if outer.tag != SEQUENCE or tbs.tag != SEQUENCE:
        raise ValueError("not a certificate")
    first = read(tbs.content)
    version = 1
    if first.tag == _VERSION:
        version = 1 + int.from_bytes(only(first.content).content, "big")
        serial = read(tbs.content, first.end)
    else:
        serial = first
    if serial.tag != INTEGER:
        raise ValueError("no serial number")
    inner = read(tbs.content, serial.end)
    algorithm = read(outer.content, tbs.end)
    return Signed(version, serial.content, inner.content, algorithm.content)


def crl_version(data: bytes) -> int:
    """A CRL's version: 1 when the field is absent (RFC 5280 §5.1.2.1). Raises ValueError."""
    tag, start, end = span(data, _signed(data)[0])
    return 1 + int.from_bytes(data[start:end], "big") if tag == INTEGER else 1


def crl_entries(data: bytes) -> tuple[int, int]:
    """Where a CRL's entries begin and end; an empty stretch when it has none (RFC 5280 §5.1). Raises ValueError."""
    position, end = _signed(data)
    times = 0
    while position < end:
        tag, start, position = span(data, position)
        if times and tag == SEQUENCE:
            return start, position
        times += tag in (UTC_TIME, GENERALIZED_TIME)
    return end, end


def _signed(data: bytes) -> tuple[int, int]:
    """Where the content of the signed part begins and ends."""
    _, start, end = span(data)
    if end != len(data):
        raise ValueError("bytes after the element")
    _, start, end = span(data, start)
    return start, end
