"""How a client certificate reaches the application: from the embedded handshake, or in a TLS proxy's header.

Says only which bytes were presented. Whether they are a certificate, and a good one, is judged elsewhere on every
path; a proxy's own verdict (``X-SSL-Client-Verify`` and its like) is never read. Headers are what an attacker writes,
so one name is read, over an authenticated hop, and every other name known to carry a certificate is refused.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from idp.errors import IdpError

EMBEDDED_KEY = "portaria.client_certificate"
"""WSGI environ key that the embedded listener sets: DER, or None when no certificate was shown."""

_SECRET_KEY = "HTTP_X_PORTARIA_PROXY"
_HEADER_KEYS = {"nginx": "HTTP_X_SSL_CLIENT_CERT", "rfc9440": "HTTP_CLIENT_CERT"}
_LONGEST_HEADER = 48 * 1024  # a certificate of 16 KiB in escaped PEM has about 24 KiB

_KNOWN = re.compile(
    "HTTP_(?:"
    "(?:X_)?SSL_(?:CLIENT|CERT)"  # nginx, Apache, HAProxy, ingress-nginx, Keycloak
    "|(?:X_|CF_)?CLIENT_CERT"  # RFC 9440 and its Client-Cert-Chain, F5, Google, Cloudflare
    "|(?:X_)?CLIENT_(?:VERIFY|DN)"
    "|X_FORWARDED_(?:TLS_)?CLIENT_CERT"  # Envoy, Traefik
    "|X_ARR_CLIENTCERT"  # Azure
    "|X_AMZN_MTLS_"  # AWS
    "|X_TLS_CLIENT"
    "|CERT_CHAIN"
    ")"
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----\n?")
_BYTE_SEQUENCE = re.compile(r":([A-Za-z0-9+/]+={0,2}):")  # RFC 8941 §3.3.5, without parameters


class UntrustedHop(IdpError):
    """The request did not come over the configured hop, or the hop is not set up as documented; nothing in it about
    certificates may be believed. ``reason``: secret, malformed, or not_embedded."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"client certificate hop: {reason}")
        self.reason = reason


class SpoofedHeader(IdpError):
    """A header that carries client certificates elsewhere, or the right one twice: the configured hop sends neither.
    ``key`` is its WSGI environ key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"client certificate header not sent by the configured hop: {key}")
        self.key = key


def presented_certificate(environ: Mapping[str, Any], source: str, proxy_secret: str) -> bytes | None:
    """The DER bytes that the peer presented as its certificate, or None if it presented none.

    ``source`` is Settings.certificate_source. "embedded" reads :data:`EMBEDDED_KEY`. "nginx" reads X-SSL-Client-Cert
    (``$ssl_client_escaped_cert``: URL-escaped PEM) and "rfc9440" reads Client-Cert (RFC 9440 §2.1), both only beside
    an X-Portaria-Proxy header that equals ``proxy_secret``.

    Raises UntrustedHop and SpoofedHeader, and nothing else.
    """
    header = _HEADER_KEYS.get(source)
    if header is None:
        if EMBEDDED_KEY not in environ:
            raise UntrustedHop("not_embedded")
    elif not _same(environ.get(_SECRET_KEY, ""), proxy_secret):
        raise UntrustedHop("secret")
    for key in environ:
        if key != header and _KNOWN.match(re.sub("[^A-Z0-9]", "_", key.upper())):
            raise SpoofedHeader(key)
    if header is None:
        der: bytes | None = environ[EMBEDDED_KEY]
        return der
    value = environ.get(header, "")
    if not value:
        return None
    if "," in value:  # servers join repeated headers with a comma, which neither format contains
        raise SpoofedHeader(header)
    return _unescape_pem(value) if source == "nginx" else _byte_sequence(value)


def _same(given: str, secret: str) -> bool:
    """Whether the hop knows the secret; nobody knows an empty one."""
    return bool(secret) and hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("utf-8", "replace"))


def _unescape_pem(value: str) -> bytes:
    if len(value) > _LONGEST_HEADER:
        raise UntrustedHop("malformed")
    block = _PEM.fullmatch(unquote_to_bytes(value.encode("ascii", "replace")))
    if block is None:
        raise UntrustedHop("malformed")
    return _decode(block[1].replace(b"\n", b""))


def _byte_sequence(value: str) -> bytes:
    item = _BYTE_SEQUENCE.fullmatch(value.strip(" "))
    if len(value) > _LONGEST_HEADER or item is None:
        raise UntrustedHop("malformed")
    return _decode(item[1].encode("ascii"))


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise UntrustedHop("malformed") from None
