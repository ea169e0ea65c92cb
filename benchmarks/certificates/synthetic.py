"""Large CRLs in seconds: their DER is written here and signed once; no library's builder takes millions of entries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SERIAL_BYTES = 16
_SHA256_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_REASON = bytes.fromhex("300c300a0603551d1504030a0104")  # superseded
_CHUNK = 100_000


def serials(count: int, seed: int = 1) -> Iterator[bytes]:
    """Random ones of 16 bytes, positive; the same for the same seed."""
    chance = random.Random(seed)
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        block = chance.randbytes(size * SERIAL_BYTES)
        for offset in range(0, len(block), SERIAL_BYTES):
            # The first byte is 0x40 to 0x7f: positive, and never short of a byte.
            yield bytes((block[offset] & 0x3F | 0x40,)) + block[offset + 1 : offset + SERIAL_BYTES]


def crl(count: int, ca: x509.Certificate, key: rsa.RSAPrivateKey, number: int, at: datetime) -> bytes:
    """A complete, valid CRL of ``count`` entries by ``ca``, for a day from ``at``."""
    head = b"\x02\x10"
    tail = _time(at - timedelta(days=30)) + _REASON
    opening = b"\x30\x2f" + head
    entries = b"".join(opening + serial + tail for serial in serials(count))
    identifier = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    extensions = _extension("551d23", _der(0x30, _der(0x80, identifier))) + _extension("551d14", _integer(number))
    signed = _der(
        0x30,
        _integer(1),
        _SHA256_RSA,
        ca.subject.public_bytes(),
        _time(at),
        _time(at + timedelta(days=1)),
        _der(0x30, entries),
        _der(0xA0, _der(0x30, extensions)),
    )
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return _der(0x30, signed, _SHA256_RSA, _der(0x03, b"\0", signature))


def _der(tag: int, *contents: bytes) -> bytes:
    length = sum(map(len, contents))
    if length < 0x80:
        return b"".join((bytes((tag, length)), *contents))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return b"".join((bytes((tag, 0x80 | len(octets))), octets, *contents))


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _time(at: datetime) -> bytes:
    return _der(0x17, at.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode())


def _extension(oid: str, value: bytes) -> bytes:
    return _der(0x30, _der(0x06, bytes.fromhex(oid)), _der(0x04, value))
