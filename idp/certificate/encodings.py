"""PEM or DER, told apart once for certificates and CRLs alike."""

from __future__ import annotations

import base64
import binascii
import re

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{3,40})-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATE = (b"CERTIFICATE", b"X509 CERTIFICATE")
_CRL = (b"X509 CRL",)


def certificates(data: bytes) -> list[bytes]:
    """The DER of each certificate in ``data``: PEM blocks, or the whole as DER. Not parsed. Raises ValueError when
    there is none."""
    return _blocks(data, _CERTIFICATE)


def crls(data: bytes) -> list[bytes]:
    """The DER of each CRL in ``data``. Not parsed. Raises ValueError when there is none."""
    return _blocks(data, _CRL)


def _blocks(data: bytes, labels: tuple[bytes, ...]) -> list[bytes]:
    if data[:1] == b"\x30":
        return [data]
    blocks = _BLOCK.findall(data)
    if len(blocks) != data.count(b"-----BEGIN "):
        raise ValueError("a PEM block is cut off")
    try:
        found = [base64.b64decode(b"".join(body.split())) for label, body in blocks if label in labels]
    except binascii.Error as error:
        raise ValueError("PEM that is not base64") from error
    if not found:
        raise ValueError("neither PEM nor DER")
    return found
