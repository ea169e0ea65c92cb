"""Where a logout page's frames lead (OpenID Connect Front-Channel Logout 1.0 §2)."""

from __future__ import annotations

from collections.abc import Iterable

from idp.domain.grant import Grant
from idp.oidc.response import with_query
from idp.ports import Clients


def frames(grants: Iterable[Grant], clients: Clients, issuer: str) -> list[str]:
    """One address for each client and ``sid`` that has one, naming both: a client that did not ask for them may well
    hold several sessions."""
    found: dict[str, None] = {}
    for grant in grants:
        client = clients.get(grant.client_id)
        if client is not None and client.enabled and client.frontchannel_logout_uri:
            found[with_query(client.frontchannel_logout_uri, {"iss": issuer, "sid": grant.sid})] = None
    return list(found)
