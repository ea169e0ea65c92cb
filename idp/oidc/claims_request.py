"""The ``claims`` parameter (OIDC Core §5.5), and what of it is a demand rather than a wish.

Wishes become claims asked for by name. Three claims can be demanded, because they are about who answers and how:
``sub`` (that person or nobody), ``acr`` where essential, and our ``inscricao`` (on behalf of that one or of none).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from idp.domain.acr import ACR_VALUES
from idp.domain.claims import ClaimAsked, ClaimsAsked
from idp.domain.client import Client
from idp.domain.inscricao import InscricaoId
from idp.oidc.claims import claim_asked
from idp.oidc.errors import Returned
from idp.oidc.jose import BadToken, members

MAX_CLAIMS = 64
PLACES = ("id_token", "userinfo")


@dataclass(frozen=True, slots=True)
class Demanded:
    """What one ``claims`` parameter comes to. ``acr``: the login must reach one of these, where not empty."""

    claims: ClaimsAsked = field(default_factory=ClaimsAsked)
    sub: str | None = None
    acr: tuple[str, ...] = ()
    inscricao: InscricaoId | None = None


def claims_request(text: str, client: Client) -> Demanded:
    """The parameter's text, read strictly. Claims that there are not or that ``client`` may not ask for are left out
    (§5.5.1). Raises Returned."""
    asked = {place: list(_members(text, place)) for place in PLACES}
    every = [*asked["id_token"], *asked["userinfo"]]
    inscricao = _one(every, "inscricao", inscricao_id)
    if inscricao is not None and claim_asked(client, "inscricao") is None:
        # Left out, it would be taken as met; held to, it would tell who has the right to it (ATK-131).
        raise Returned("invalid_request", "claims names an inscricao, which the client is not registered to be told")
    return Demanded(
        ClaimsAsked(*(_wishes(asked[place], client) for place in PLACES)),
        _one(every, "sub", _subject),
        _acr(asked["id_token"]),
        inscricao,
    )


_Member = tuple[str, bool, tuple[Any, ...]]
"""Name, whether it is essential, the values asked for."""


def _members(text: str, place: str) -> Iterator[_Member]:
    try:
        found = members(text.encode()).get(place)
    except BadToken as error:
        raise Returned("invalid_request", "claims is not a JSON object") from error
    if found is None:
        return
    if not isinstance(found, dict) or len(found) > MAX_CLAIMS:
        raise Returned("invalid_request", f"claims {place} is not an object of at most {MAX_CLAIMS} members")
    for name, how in found.items():
        how = {} if how is None else how
        if not isinstance(how, dict) or not isinstance(how.get("essential", False), bool):
            raise Returned(
                "invalid_request", "a member of claims is neither null nor an object as OIDC Core 5.5.1 has it"
            )
        values = how.get("values", [how["value"]] if "value" in how else [])
        if not isinstance(values, list) or len(values) > MAX_CLAIMS or ("value" in how and "values" in how):
            raise Returned("invalid_request", "a member of claims has neither one value nor a list of values")
        yield name, how.get("essential", False), tuple(values)


def _wishes(asked: list[_Member], client: Client) -> tuple[ClaimAsked, ...]:
    found = ((name, claim_asked(client, name), values) for name, _, values in asked)
    return tuple(ClaimAsked(name, scope, values) for name, scope, values in found if scope is not None)


def _one(asked: list[_Member], name: str, read: Any) -> Any:
    """The one value that claim ``name`` must have, if any is said. Raises Returned for several."""
    said = {read(value) for one, _, values in asked if one == name for value in values}
    if len(said) > 1:
        raise Returned("invalid_request", f"claims asks for more than one {name}")
    return said.pop() if said else None


def _subject(value: Any) -> str:
    if not isinstance(value, str):
        raise Returned("invalid_request", "claims asks for a sub that is not text")
    return value


def _acr(asked: list[_Member]) -> tuple[str, ...]:
    """§5.5.1.1. A wish needs no answer, since every token states its acr; nor does an essential one without values."""
    values = next((values for name, essential, values in asked if name == "acr" and essential), ())
    if values and not any(value in ACR_VALUES for value in values):
        raise Returned("unmet_authentication_requirements", "no login here has any of the essential acr values")
    return tuple(value for value in values if value in ACR_VALUES)


def inscricao_id(value: Any) -> InscricaoId:
    """Of ``{"uf", "numero"}`` with nothing else. Raises Returned."""
    if isinstance(value, dict) and set(value) == {"uf", "numero"} and all(isinstance(v, str) for v in value.values()):
        try:
            return InscricaoId.parse(f"{value['uf']}:{value['numero']}")
        except ValueError:
            pass
    raise Returned("invalid_request", "an inscricao is an object of uf (two letters) and numero (letters and digits)")
