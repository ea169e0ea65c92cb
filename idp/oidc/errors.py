"""The endpoints' own errors; each says how it is answered."""

from __future__ import annotations

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Error

from idp.errors import IdpError
from idp.oidc.pages import Fault
from idp.oidc.parameters import BadParameters


class Shown(IdpError):
    """A request that ends on a page: there is nowhere safe to send it."""

    def __init__(self, fault: Fault, detail: str, status: int = 400) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail, self.status = fault, detail, status


class Returned(IdpError):
    """An error for the client, at its validated redirect URI (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


class Unauthenticated(InvalidClientError):  # type: ignore[misc]
    """401 invalid_client (RFC 6749 §5.2). One description for every cause: an unknown client and a wrong secret look
    alike from outside."""

    status_code = 401
    description = "client authentication failed"

    def get_headers(self) -> list[tuple[str, str]]:
        """With a challenge that names its realm (RFC 7617 §2), which Authlib's does not."""
        return [*default_json_headers, ("WWW-Authenticate", 'Basic realm="token"')]


def unreadable(error: BadParameters) -> Shown:
    """Parameters that cannot be read, on a page."""
    fault = Fault.DUPLICATE_PARAMETER if error.code == "duplicate" else Fault.INVALID_REQUEST
    return Shown(fault, error.detail, 413 if error.code == "too_large" else 400)


__all__ = ["InvalidRequestError", "OAuth2Error", "Returned", "Shown", "Unauthenticated", "unreadable"]
