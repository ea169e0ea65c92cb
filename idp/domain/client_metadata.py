"""Rules that a registration's URIs, response types and algorithms keep, whoever makes it (OpenID Connect Registration
1.0 §2, RFC 7591 §2). Each rule stands here once; ``idp.domain.client`` applies them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from idp.errors import InvalidClient

RESPONSE_TYPES = (
    "code",
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)
"""Every response type there is, in the specifications' spelling (OAuth 2.0 Multiple Response Type Encoding)."""
SIGNING_ALGS = ("RS256", "ES256")
"""What this provider signs with. ``none`` is no algorithm here."""
CLIENT_ALGS = ("RS256", "PS256", "ES256")
"""What a client may sign assertions and request objects with."""
ENCRYPTION_ALGS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW")
"""Key management for what is encrypted to a client. RSA1_5 and passwords (PBES2) never (ATK-011, ATK-012)."""
ENCRYPTION_ENCS = ("A128CBC-HS256", "A256GCM")
LOOPBACK = ("127.0.0.1", "::1")
UNSAFE = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\*]")
_LONGEST_URI = 2048
_LOOPBACK_URI = re.compile(
    r"(?P<address>http://(?:127\.0\.0\.1|\[::1\]))(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>(?:[/?][!-~]*)?)\Z"
)


@dataclass(frozen=True, slots=True)
class Encryption:
    """How a response is encrypted to the client (RFC 7518 §4.1 and §5.1)."""

    alg: str
    enc: str = "A128CBC-HS256"


def response_type(words: str) -> str:
    """The registered spelling of a response type, whose words come in any order. Raises InvalidClient."""
    given = words.split(" ")
    for known in RESPONSE_TYPES:
        if sorted(known.split()) == sorted(given):
            return known
    raise InvalidClient("response_types", f"{words!r} is none of {', '.join(RESPONSE_TYPES)}")


def check_redirect_uri(name: str, uri: str) -> None:
    """Raises InvalidClient unless ``uri`` is an absolute https URI, or http on a loopback address (RFC 8252 §7.3),
    without fragment, user information, wildcard, backslash or characters outside printable ASCII."""
    parts = _parts(name, uri)
    if "#" in uri:
        raise InvalidClient(name, f"{uri!r} must have no fragment")
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        raise InvalidClient(name, f"{uri!r} has a dot segment")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise InvalidClient(name, f"{uri!r} must be https (http only on 127.0.0.1 or [::1])")


def check_https(name: str, uri: str | None, *, fragment: bool = False) -> None:
    """Raises InvalidClient unless ``uri`` is None or an https URI that could be asked for; ``fragment``: may have one
    (a request_uri carries the hash of its content there, OIDC Core §6.2)."""
    if uri is None:
        return
    if _parts(name, uri).scheme != "https":
        raise InvalidClient(name, f"{uri!r} must be https")
    if "#" in uri and not fragment:
        raise InvalidClient(name, f"{uri!r} must have no fragment")


def check_resource(resource: str | None) -> None:
    """Raises InvalidClient unless None or an absolute URI without fragment (RFC 8707 §2)."""
    if resource is None:
        return
    if UNSAFE.search(resource) or "#" in resource or not re.match(r"[a-z][a-z0-9+.-]*:.", resource):
        raise InvalidClient("resource", f"{resource!r} is not an absolute URI without fragment (RFC 8707)")


def check_alg(name: str, alg: str | None, known: Iterable[str]) -> None:
    """Raises InvalidClient unless None or one of ``known``."""
    if alg is not None and alg not in known:
        raise InvalidClient(name, f"one of {', '.join(known)}")


def check_encryption(name: str, encryption: Encryption | None, jwks: Mapping[str, Any] | None) -> None:
    """Raises InvalidClient unless algorithm and content encryption are known and the key set, where it is given by
    value, has a key for them. ``name``: id_token, userinfo or introspection."""
    if encryption is None:
        return
    check_alg(f"{name}_encrypted_response_alg", encryption.alg, ENCRYPTION_ALGS)
    check_alg(f"{name}_encrypted_response_enc", encryption.enc, ENCRYPTION_ENCS)
    if jwks is not None and not any(encrypts(jwk, encryption.alg) for jwk in jwks.get("keys", ())):
        raise InvalidClient("jwks", f"has no key for {encryption.alg}")


def encrypts(jwk: Mapping[str, Any], alg: str) -> bool:
    """Whether a public key is meant for encryption by ``alg``."""
    kty = "RSA" if alg.startswith("RSA") else "EC"
    return jwk.get("kty") == kty and jwk.get("use", "enc") == "enc" and jwk.get("alg", alg) == alg


def origin(uri: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port."""
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def serialized_origin(uri: str) -> str:
    """As the header ``Origin`` has it (RFC 6454 §6.2)."""
    scheme, host, port = origin(uri)
    default = port == {"https": 443, "http": 80}.get(scheme)
    return f"{scheme}://{f'[{host}]' if ':' in (host or '') else host}" + ("" if default else f":{port}")


def without_loopback_port(uri: str) -> str | None:
    """``uri`` without its port, if it is http on a loopback address; None for any other. A pattern over the whole text
    rather than a parser, which would see through spellings that browsers read otherwise (ATK-080)."""
    found = _LOOPBACK_URI.match(uri)
    if found is None or int(found["port"] or 80) not in range(1, 65536):
        return None
    return found["address"] + found["rest"]


def _parts(name: str, uri: str) -> SplitResult:
    if UNSAFE.search(uri) or len(uri) > _LONGEST_URI:
        raise InvalidClient(
            name, f"{uri[:200]!r} has a space, backslash, asterisk, control or non-ASCII character or is too long"
        )
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidClient(name, f"{uri!r} is not a URI: {error}") from error
    if "@" in parts.netloc or "%" in parts.netloc or not host:
        # Escapes in a host are read in different ways; ceilings and sectors are compared by its letters.
        raise InvalidClient(name, f"{uri!r} must have a host, without escapes, and no user information")
    return parts
