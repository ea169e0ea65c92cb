"""Whether a procuração is still in force: the ``status`` address that tokens made by it name.

For whoever holds such a token of a client in service, and for them about that procuração alone; everybody else gets
one and the same 404, whether it exists or not (ATK-131). The token's own right may have ended since: that is what is
being asked.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import orjson
from flask import Blueprint, Response, request

from idp.errors import TemporarilyUnavailable
from idp.oidc.access_token import grant_of
from idp.oidc.endpoints.bearer import Unauthorized, bearer, challenging
from idp.oidc.endpoints.unavailable import unavailable
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.status_address import PATH
from idp.ports import Clients, Clock, Store


def procuracao_status_blueprint(
    *, own_tokens: OwnTokens, clients: Clients, store: Store, clock: Clock, timezone: tzinfo
) -> Blueprint:
    """At the address that ``status_address.with_status`` makes. ``timezone``: the authority's."""
    blueprint = Blueprint("procuracao_status", __name__)

    @blueprint.get(f"{PATH}/<id>/status")
    def status(id: str) -> Response:
        now = clock.now()
        try:
            grant_id = grant_of(own_tokens.access_token(bearer(request), now))
        except BadToken as error:
            raise Unauthorized(401, "invalid_token", "the access token is not valid") from error
        with store.reading() as uow:
            found = uow.grants.in_use(grant_id) if grant_id else None
        client = clients.get(found[0].client_id) if found else None
        if found is None or found[0].choice.procuracao != id or not found[1].cadeia or not (client and client.enabled):
            return _answer({"error": "not_found"}, 404)
        procuracao, *acima = found[1].cadeia
        first, last = procuracao.vigencia.dias(timezone)
        return _answer(
            {
                "id": procuracao.id,
                "vigente": procuracao.cedida_a is None and all(link.vigente(now) for link in (procuracao, *acima)),
                "estado": procuracao.estado.value,
                "inicio": first.isoformat(),
                "fim": last.isoformat(),
            }
        )

    def _answer(body: dict[str, Any], code: int = 200) -> Response:
        headers = {"Cache-Control": "no-store"}
        return Response(orjson.dumps(body), code, headers, content_type="application/json")

    challenging(blueprint, "procuracao")
    blueprint.register_error_handler(TemporarilyUnavailable, unavailable)
    return blueprint
