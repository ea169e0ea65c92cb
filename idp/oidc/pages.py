"""What this package needs shown to people; ``idp.web`` implements it and the composition root hands it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from werkzeug.wrappers import Response

from idp.flow.logout import Application


class Fault(StrEnum):
    """Why a protocol request ends on a page. The page names the fault in words; the client hears nothing, because where
    to send it is what could not be trusted."""

    INVALID_REQUEST = "invalid_request"
    DUPLICATE_PARAMETER = "duplicate_parameter"
    UNKNOWN_CLIENT = "unknown_client"
    DISABLED_CLIENT = "disabled_client"
    REDIRECT_URI = "redirect_uri"
    POST_LOGOUT_REDIRECT_URI = "post_logout_redirect_uri"
    ID_TOKEN_HINT = "id_token_hint"


class Pages(Protocol):
    def protocol_error(self, code: str, detail: str, status: int = 400) -> Response:
        """``code``: a :class:`Fault`. ``detail``: ASCII English for the application's developers; contains nothing that
        the request brought."""
        ...

    def logout_confirm(
        self,
        *,
        action: str,
        fields: Mapping[str, str],
        client_name: str | None = None,
        holder_name: str | None = None,
        forms: Iterable[str] = (),
    ) -> Response:
        """Ask whether to leave: a form that POSTs ``fields`` to ``action`` with ``decisao`` = ``sair`` or ``ficar``."""
        ...

    def logged_out(
        self,
        *,
        client_name: str | None = None,
        stayed: bool = False,
        applications: Sequence[Application] = (),
        frames: Sequence[str] = (),
        location: str | None = None,
    ) -> Response:
        """The end of the session, or of not ending it (``stayed``). ``applications``: those it gave something.
        ``frames``: addresses that the page loads, each in a frame (Front-Channel Logout 1.0 §3). ``location``: where it
        goes on to once they are loaded."""
        ...
