"""The logout token (OpenID Connect Back-Channel Logout 1.0 §2.4): what a client is sent when a session has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from idp.ports.outbox import Notice

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LIFE = timedelta(minutes=2)


def logout_token_claims(notice: Notice, *, issuer: str, at: datetime) -> dict[str, Any]:
    """For an attempt made at ``at``: each is signed anew, since the token lives two minutes and a delivery may take
    hours; ``jti`` stays, so that a client that was told can recognise the repetition. Never a nonce."""
    return {
        "iss": issuer,
        "aud": notice.client_id,
        "iat": int(at.timestamp()),
        "exp": int((at + _LIFE).timestamp()),
        "jti": notice.id,
        "sub": notice.sub,
        "sid": notice.sid,
        "events": {EVENT: {}},
    }
