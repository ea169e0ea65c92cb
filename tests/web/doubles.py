"""What stands in for the rest of the provider around the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from idp.domain.transaction import AuthorizationRequest
from idp.flow.outcome import Outcome, SignedIn
from tests.web import people

ISSUER = "https://id.sefaz.example"
FORM = {"tx": people.TX, "csrf": people.CSRF}


class ScriptedJourney:
    """Answers with ``outcome`` and remembers what it was asked. ``raises``: by the entry, instead of an answer."""

    def __init__(self) -> None:
        self.raises: dict[str, Exception] = {}
        self.outcome: Outcome | SignedIn | Exception | None = None
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Outcome | SignedIn]:
        def called(*args: Any, **kwargs: Any) -> Outcome | SignedIn:
            self.calls.append((name, args, kwargs))
            if name in self.raises:
                raise self.raises[name]
            if isinstance(self.outcome, Exception):
                raise self.outcome
            assert self.outcome is not None, f"{name} was not expected"
            return self.outcome

        return called


def written(request: AuthorizationRequest, parameters: dict[str, str]) -> Response:
    """Stands for the authorization response writer."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return Response(status=303, headers={"Location": f"{request.redirect_uri}?{query}"})
