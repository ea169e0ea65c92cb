"""A registration as a JSON object, in the words of OpenID Connect Registration 1.0 §2, RFC 7591 §2 and the logout
specifications; and ours, which only an administrator sets. Reading checks types, ``Client`` the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from idp.domain.certificado import Nivel
from idp.domain.client import SCOPES, AuthMethod, Client, GrantType
from idp.domain.client_metadata import RESPONSE_TYPES, Encryption, response_type
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.jwks import check_public_keys
from idp.domain.representation import Demanda
from idp.errors import InvalidClient

Read = Callable[[str, Any], Any]
Write = Callable[[Any], Any]
_MOST = 50
_LONGEST = 2048


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST:
        raise InvalidClient(name, f"is text of at most {_LONGEST} printable characters")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST:
        raise InvalidClient(name, f"is a list of at most {_MOST} texts")
    return tuple(_text(name, one) for one in value)


def _words(name: str, value: Any) -> frozenset[str]:
    return frozenset(_text(name, value).split() if isinstance(value, str) else _texts(name, value))


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidClient(name, "is true or false")
    return value


def _number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise InvalidClient(name, "is a number of seconds, 0 or more")
    return value


def _keys(name: str, value: Any) -> dict[str, Any]:
    return check_public_keys(value)


def _one(kind: type[StrEnum]) -> Read:
    def read(name: str, value: Any) -> StrEnum:
        try:
            return kind(_text(name, value))
        except ValueError as error:
            raise InvalidClient(name, f"{value!r} is none of {', '.join(kind)}") from error

    return read


def _several(kind: type[StrEnum]) -> Read:
    def read(name: str, value: Any) -> frozenset[StrEnum]:
        return frozenset(_one(kind)(name, word) for word in _texts(name, value))

    return read


def _response_types(name: str, value: Any) -> frozenset[str]:
    return frozenset(map(response_type, _texts(name, value)))


def _same(value: Any) -> Any:
    return value


def _sorted(value: Any) -> Any:
    return None if value is None else sorted(value)


def _in_order(known: tuple[str, ...]) -> Write:
    return lambda value: [one for one in known if one in value]


_TEXT: tuple[Read, Write] = (_text, _same)
_TEXTS: tuple[Read, Write] = (_texts, list)
_FLAG: tuple[Read, Write] = (_flag, _same)

STANDARD: tuple[tuple[str, str, Read, Write], ...] = (
    ("client_name", "name", *_TEXT),
    ("redirect_uris", "redirect_uris", *_TEXTS),
    ("post_logout_redirect_uris", "post_logout_redirect_uris", *_TEXTS),
    ("token_endpoint_auth_method", "auth_method", _one(AuthMethod), str),
    ("token_endpoint_auth_signing_alg", "assertion_alg", *_TEXT),
    ("jwks", "jwks", _keys, _same),
    ("jwks_uri", "jwks_uri", *_TEXT),
    ("grant_types", "grant_types", _several(GrantType), _sorted),
    ("response_types", "response_types", _response_types, _in_order(RESPONSE_TYPES)),
    ("scope", "scopes", _words, lambda scopes: " ".join(_in_order(SCOPES)(scopes))),
    ("application_type", "application_type", *_TEXT),
    ("contacts", "contacts", *_TEXTS),
    ("client_uri", "client_uri", *_TEXT),
    ("logo_uri", "logo_uri", *_TEXT),
    ("policy_uri", "policy_uri", *_TEXT),
    ("tos_uri", "tos_uri", *_TEXT),
    ("subject_type", "subject_type", *_TEXT),
    ("sector_identifier_uri", "sector_identifier_uri", *_TEXT),
    ("request_uris", "request_uris", *_TEXTS),
    ("request_object_signing_alg", "request_object_alg", *_TEXT),
    ("require_signed_request_object", "request_object_required", *_FLAG),
    ("id_token_signed_response_alg", "id_token_alg", *_TEXT),
    ("userinfo_signed_response_alg", "userinfo_alg", *_TEXT),
    ("introspection_signed_response_alg", "introspection_alg", *_TEXT),
    ("default_max_age", "default_max_age", _number, _same),
    ("require_auth_time", "require_auth_time", *_FLAG),
    ("default_acr_values", "default_acr_values", *_TEXTS),
    ("initiate_login_uri", "initiate_login_uri", *_TEXT),
    ("backchannel_logout_uri", "backchannel_logout_uri", *_TEXT),
    ("backchannel_logout_session_required", "backchannel_logout_session_required", *_FLAG),
    ("frontchannel_logout_uri", "frontchannel_logout_uri", *_TEXT),
    ("frontchannel_logout_session_required", "frontchannel_logout_session_required", *_FLAG),
)
"""What an application may say of itself: name in the object, field of Client, how it is read and written."""
ENCRYPTED = ("id_token", "userinfo", "introspection")
"""Each with ``_encrypted_response_alg`` and ``_encrypted_response_enc``, together one field."""
OURS: tuple[tuple[str, str, Read, Write], ...] = (
    ("enabled", "enabled", *_FLAG),
    ("sector_identifier", "sector", *_TEXT),
    ("access_token_signed_response_alg", "access_token_alg", *_TEXT),
    ("resource", "resource", *_TEXT),
    ("claims", "claims", _words, _sorted),
    ("poderes", "poderes", _words, _sorted),
)
_DEMANDS: tuple[tuple[str, str, Read, Write], ...] = (
    ("poder", "poder", *_TEXT),
    ("nivel_minimo", "nivel_minimo", _one(Nivel), _same),
    ("situacoes", "situacoes", _several(SituacaoCadastral), _sorted),
)
KNOWN = frozenset(
    [name for name, *_ in (*STANDARD, *OURS, *_DEMANDS)]
    + [f"{name}_encrypted_response_{part}" for name in ENCRYPTED for part in ("alg", "enc")]
)


def standard_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """Client's fields from what ``document`` holds of what an application may say of itself. Unknown members are passed
    over, null ones count as missing (RFC 7591 §2, §3.2.1). Raises InvalidClient."""
    found = _fields(document, STANDARD)
    for name in ENCRYPTED:
        alg = document.get(f"{name}_encrypted_response_alg")
        enc = document.get(f"{name}_encrypted_response_enc")
        if alg is not None:
            chosen = _text(f"{name}_encrypted_response_alg", alg)
            found[f"{name}_encryption"] = (
                Encryption(chosen) if enc is None else Encryption(chosen, _text(f"{name}_encrypted_response_enc", enc))
            )
        elif enc is not None:
            raise InvalidClient(f"{name}_encrypted_response_enc", "means nothing without the alg (RFC 7591 §2)")
    return found


def all_fields(document: Mapping[str, Any], demanda: Demanda | None = None) -> dict[str, Any]:
    """The same with what an administrator alone says. Raises InvalidClient."""
    wanted = _fields(document, _DEMANDS)
    demanded = {"demanda": replace(demanda or Demanda(), **wanted)} if wanted else {}
    return standard_fields(document) | _fields(document, OURS) | demanded


def written(client: Client, *, everything: bool = False) -> dict[str, Any]:
    """What an application may know of its own registration: the standard members that say something; ``everything``
    has the others too, as None or empty lists."""
    found = _written(client, STANDARD)
    for name in ENCRYPTED:
        encryption: Encryption | None = getattr(client, f"{name}_encryption")
        found[f"{name}_encrypted_response_alg"] = encryption.alg if encryption else None
        found[f"{name}_encrypted_response_enc"] = encryption.enc if encryption else None
    return {name: value for name, value in found.items() if everything or (value is not None and value != [])}


def written_by_administrators(client: Client) -> dict[str, Any]:
    """What an administrator says of it."""
    return _written(client, OURS) | _written(client.demanda, _DEMANDS)


def _fields(document: Mapping[str, Any], table: tuple[tuple[str, str, Read, Write], ...]) -> dict[str, Any]:
    return {field: read(name, document[name]) for name, field, read, _ in table if document.get(name) is not None}


def _written(one: Any, table: tuple[tuple[str, str, Read, Write], ...]) -> dict[str, Any]:
    return {name: write(getattr(one, field)) for name, field, _, write in table}
