"""What this browser keeps: two ``__Host-`` cookies, and how its own forms are told from foreign ones."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from flask import Request
from werkzeug.wrappers import Response

from idp.flow.secret import digest, new_secret

BROWSER_COOKIE = "__Host-portaria-browser"
"""Names this browser to the Transactions it began. Carries no person."""
SESSION_COOKIE = "__Host-portaria-session"
"""Bearer value of the single sign-on session; renewed at every login."""

_PHONE = re.compile(r"Android|iPhone|iPad|iPod|\bMobile\b")
_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox")),
    *(("Chrom", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari")),
)
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "ChromeOS")),
    *(("Mac OS", "Mac"), ("Linux", "Linux")),
)
"""The first mark that a User-Agent contains names it."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}\Z")  # 256 bits, as idp.flow.secret makes them


@dataclass(frozen=True, slots=True)
class Browser:
    """``cookie`` is to be set on the answer (:func:`set_browser`) when ``new``; ``digest`` is what flow knows."""

    cookie: str
    new: bool

    @property
    def digest(self) -> str:
        return digest(self.cookie)


def identify(request: Request) -> Browser:
    """The browser that sent ``request``, or a new one when its cookie is missing, doubled or not one of ours."""
    value = _cookie(request, BROWSER_COOKIE)
    return Browser(value, new=False) if value else Browser(new_secret(), new=True)


def browser_digest(request: Request) -> str:
    """Digest of the browser cookie; "" without one, which no Transaction has."""
    value = _cookie(request, BROWSER_COOKIE)
    return digest(value) if value else ""


def session_key(request: Request) -> str | None:
    """``Session.key`` that the session cookie stands for; whether such a session lives is flow's to say."""
    value = _cookie(request, SESSION_COOKIE)
    return digest(value) if value else None


def set_browser(response: Response, value: str) -> None:
    """For as long as the browser runs."""
    _set(response, BROWSER_COOKIE, value)


def set_session(response: Response, value: str) -> None:
    """For as long as the browser runs; the server ends it sooner."""
    _set(response, SESSION_COOKIE, value)


def clear_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="Lax")


def form_token(request: Request, purpose: str) -> str:
    """A token for forms that belong to no Transaction (logout): derived from the session's cookie, or the browser's,
    so that only a page shown to this browser can carry it. "" where there is neither."""
    value = _cookie(request, SESSION_COOKIE) or _cookie(request, BROWSER_COOKIE)
    return digest(f"form\x00{purpose}\x00{value}") if value else ""


def form_token_ok(request: Request, purpose: str, given: str) -> bool:
    expected = form_token(request, purpose)
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())


def same_origin(request: Request, issuer: str) -> bool:
    """Whether a POST came from one of our own pages, as far as its headers tell (Fetch Metadata, RFC 6454 §7).

    Our pages send no referrer, for which browsers write ``Origin: null``: that is believed only beside
    ``Sec-Fetch-Site: same-origin``, which no page can forge. A client that sends neither header is no browser that
    another site could steer; the form's token still has to be right.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    return origin in (None, issuer) or (origin == "null" and site == "same-origin")


def on_a_phone(request: Request) -> bool:
    """What the browser says of itself (Sec-CH-UA-Mobile, else User-Agent): good enough for a hint, for nothing more."""
    hint = request.headers.get("Sec-CH-UA-Mobile")
    return hint == "?1" if hint in ("?0", "?1") else bool(_PHONE.search(request.user_agent.string))


def dispositivo(request: Request) -> str:
    """``Firefox no Windows``: what the browser says of itself, for its person to know it again; "" where it says
    nothing that is known."""
    agent = request.user_agent.string
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " no ".join(filter(None, (browser, system)))


def _cookie(request: Request, name: str) -> str | None:
    """One well-formed value. Two of a name mean that somebody else planted one: neither is believed."""
    values = request.cookies.getlist(name)
    return values[0] if len(values) == 1 and _SECRET.match(values[0]) else None


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax")
