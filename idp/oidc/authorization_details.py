"""``authorization_details`` (RFC 9396) of the one type there is, ``sefaz_representacao``: a representation described.

::

    [{"type": "sefaz_representacao", "inscricao": {"uf": "AM", "numero": "040000010"},
      "actions": ["dte.consultar"], "nivel_minimo": "A3"}]

Everything but the type may be absent. What it asks is what the selector offers and what ``represent()`` holds to; the
answer repeats it with the inscrição that was chosen and by what right.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from idp.domain.certificado import Nivel
from idp.domain.client import Client
from idp.domain.grant import Authorization
from idp.domain.transaction import Wanted
from idp.oidc.claims import direito, may_receive
from idp.oidc.claims_request import inscricao_id
from idp.oidc.errors import Returned
from idp.oidc.jose import BadToken, members

TYPE = "sefaz_representacao"
TYPES = (TYPE,)
MAX_ACTIONS = 32
_FIELDS = frozenset({"type", "inscricao", "actions", "nivel_minimo"})
_PODER = re.compile(r"[a-z0-9_.-]{1,64}\Z")
_NIVEIS = frozenset({Nivel.A1, Nivel.A2, Nivel.A3, Nivel.A4})


def authorization_details(text: str) -> Wanted:
    """The parameter's text, read strictly: unknown types and fields are errors (RFC 9396 §5). Raises Returned."""
    try:
        wrapped = members(b'{"list":' + text.encode() + b"}")
    except BadToken as error:
        raise _refused("is not JSON") from error
    listed = wrapped["list"] if len(wrapped) == 1 else None
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        raise _refused("is a list of exactly one object")
    detail = listed[0]
    if detail.get("type") != TYPE:
        raise _refused(f"has a type other than {TYPE}")
    if not set(detail) <= _FIELDS:
        raise _refused(f"has a field other than {', '.join(sorted(_FIELDS))}")
    return Wanted(
        inscricao=_inscricao(detail["inscricao"]) if "inscricao" in detail else None,
        poderes=_actions(detail.get("actions", [])),
        nivel_minimo=_nivel(detail["nivel_minimo"]) if "nivel_minimo" in detail else None,
        detailed=True,
    )


def granted_details(authorization: Authorization, scopes: Collection[str]) -> list[dict[str, Any]] | None:
    """What was granted of the details asked for (RFC 9396 §7), for a token of ``scopes``; None where none were, and
    where token or client may not tell the inscrição (any more)."""
    wanted, inscricao = authorization.grant.wanted, authorization.representation.inscricao.id
    if not wanted.detailed or "inscricao" not in scopes or not may_be_told(authorization.client):
        return None
    detail: dict[str, Any] = {"type": TYPE, "inscricao": {"uf": inscricao.uf, "numero": inscricao.numero}}
    if wanted.poderes:
        detail["actions"] = sorted(wanted.poderes)
    if wanted.nivel_minimo is not None:
        detail["nivel_minimo"] = wanted.nivel_minimo.value
    return [{**detail, "representacao": direito(authorization)}]


def may_be_told(client: Client) -> bool:
    """Whether the registration of ``client`` lets it hear of the inscrição."""
    return may_receive(client, "inscricao", "inscricao")


def _inscricao(value: Any) -> Any:
    try:
        return inscricao_id(value)
    except Returned as error:
        raise Returned("invalid_authorization_details", error.description) from error


def _actions(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > MAX_ACTIONS:
        raise _refused(f"has actions that are not a list of at most {MAX_ACTIONS}")
    if not all(isinstance(one, str) and _PODER.match(one) for one in value):
        raise _refused("has an action that is no poder")
    return frozenset(value)


def _nivel(value: Any) -> Nivel:
    if not isinstance(value, str) or value not in _NIVEIS:
        raise _refused("has a nivel_minimo other than A1, A2, A3, A4")
    return Nivel(value)


def _refused(why: str) -> Returned:
    return Returned("invalid_authorization_details", f"authorization_details {why}")
