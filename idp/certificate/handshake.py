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
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import http_sf

from idp.errors import IdpError

EMBEDDED_KEY = "portaria.client_certificate"
"""WSGI environ key that the embedded listener sets: DER, or None when no certificate was shown."""

_SECRET_KEY = "HTTP_X_PORTARIA_PROXY"
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
_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^",;=]*)'  # Envoy quotes what has a comma, semicolon or equals sign in it
_XFCC_ELEMENT = re.compile(rf"[A-Za-z]+={_VALUE}(?:;[A-Za-z]+={_VALUE})*")
_XFCC_PAIR = re.compile(rf"([A-Za-z]+)=({_VALUE})")


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

    ``source`` is Settings.certificate_source. "embedded" reads :data:`EMBEDDED_KEY`. The others read one header, beside
    an X-Portaria-Proxy header that equals ``proxy_secret``: "nginx" X-SSL-Client-Cert (``$ssl_client_escaped_cert``:
    URL-escaped PEM), "rfc9440" Client-Cert (RFC 9440 §2.1), "xfcc" Envoy's X-Forwarded-Client-Cert.

    Raises UntrustedHop and SpoofedHeader, and nothing else.
    """
    if source == "embedded":
        if EMBEDDED_KEY not in environ:
            raise UntrustedHop("not_embedded")
        refuse_certificate_headers(environ)
        der: bytes | None = environ[EMBEDDED_KEY]
        return der
    header, read = _HEADERS[source]
    if not _same(environ.get(_SECRET_KEY, ""), proxy_secret):
        raise UntrustedHop("secret")
    refuse_certificate_headers(environ, but=header)
    value = environ.get(header, "")
    if not value:
        return None
    if len(value) > _LONGEST_HEADER:
        raise UntrustedHop("malformed")
    return read(value)


def refuse_certificate_headers(environ: Mapping[str, Any], but: str = "") -> None:
    """Raise SpoofedHeader if any header speaks of client certificates; the environ key ``but`` may."""
    for key in environ:
        if key != but and _known(key):
            raise SpoofedHeader(key)


@lru_cache(maxsize=512)  # every request of every host asks, mostly for the same few names
def _known(key: str) -> bool:
    return bool(_KNOWN.match(re.sub("[^A-Z0-9]", "_", key.upper())))


def _same(given: str, secret: str) -> bool:
    """Whether the hop knows the secret; nobody knows an empty one."""
    return bool(secret) and hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("utf-8", "replace"))


def _nginx(value: str) -> bytes:
    if "," in value:  # servers join repeated headers with a comma, which nginx escapes
        raise SpoofedHeader(_X_SSL_CLIENT_CERT)
    return _unescape_pem(value)


def _rfc9440(value: str) -> bytes:
    """RFC 9440 §2.1: a byte sequence (RFC 9651 §3.3.5). Parameters, which it does not define, are refused."""
    if "," in value:
        raise SpoofedHeader(_CLIENT_CERT)
    try:
        item: Any = http_sf.parse(value.encode("ascii"), tltype="item")
    except (UnicodeEncodeError, http_sf.StructuredFieldError, ValueError):
        raise UntrustedHop("malformed") from None
    der, parameters = item
    if not isinstance(der, bytes) or not der or parameters:
        raise UntrustedHop("malformed")
    return der


def _xfcc(value: str) -> bytes:
    """One element of Envoy's X-Forwarded-Client-Cert, with Cert. More than one is what proxies before it, or the
    client, appended: who is meant is then a matter of belief."""
    if _XFCC_ELEMENT.fullmatch(value) is None:
        raise SpoofedHeader(_XFCC) if "," in re.sub(r'"(?:[^"\\]|\\.)*"', "", value) else UntrustedHop("malformed")
    certificates = [text for name, text in _XFCC_PAIR.findall(value) if name.lower() == "cert"]
    if len(certificates) != 1:
        raise UntrustedHop("malformed")
    text = certificates[0]
    return _unescape_pem(re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text)


def _unescape_pem(value: str) -> bytes:
    block = _PEM.fullmatch(unquote_to_bytes(value.encode("ascii", "replace")))
    if block is None:
        raise UntrustedHop("malformed")
    try:
        return base64.b64decode(block[1].replace(b"\n", b""), validate=True)
    except binascii.Error:
        raise UntrustedHop("malformed") from None


_X_SSL_CLIENT_CERT, _CLIENT_CERT, _XFCC = "HTTP_X_SSL_CLIENT_CERT", "HTTP_CLIENT_CERT", "HTTP_X_FORWARDED_CLIENT_CERT"
_HEADERS: Mapping[str, tuple[str, Callable[[str], bytes]]] = {
    "nginx": (_X_SSL_CLIENT_CERT, _nginx),
    "rfc9440": (_CLIENT_CERT, _rfc9440),
    "xfcc": (_XFCC, _xfcc),
}
