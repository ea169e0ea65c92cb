"""The person and the browser: cookies, a certificate, pages read without JavaScript, and who is in front presses on."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from idp.sandbox.html import Page
from tests.conformance.provider import Provider

MOST_STEPS = 20
LOGIN = "Entrar com certificado digital"
"""The heading of the login page."""


@dataclass(frozen=True)
class Arrival:
    """The browser left the provider for ``url``. ``mode`` is how the parameters came: query, fragment or form_post."""

    url: str
    mode: str
    parameters: dict[str, str]


class Browser:
    """``shown``: the headings of all pages so far. ``status`` is that of the last one."""

    def __init__(self, provider: Provider) -> None:
        self._origins = provider.origins
        self.http = provider.session()
        self.http.cert = provider.persona
        self.shown: list[str] = []
        self.status = 0

    @property
    def logins(self) -> int:
        """How often the login page was shown."""
        return self.shown.count(LOGIN)

    def open(self, url: str) -> Page | Arrival:
        """A link: to the page it ends on, or to where the browser leaves the provider."""
        if _origin(url) not in self._origins:
            return _arrival(url)
        return self._follow(self.http.get(url, allow_redirects=False, timeout=60))

    def post(self, url: str, fields: dict[str, str]) -> Page | Arrival:
        """A form of another site's page."""
        return self._send(url, list(fields.items()), origin="https://127.0.0.1")

    def through(self, at: Page | Arrival) -> Page | Arrival:
        """Answer pages as a willing person does: the certificate, the first choice, agreed. Ends where there is nothing
        to press."""
        for _ in range(MOST_STEPS):
            if isinstance(at, Arrival):
                return at
            ahead = self._press(at)
            if ahead is None:
                return at
            at = ahead
        raise AssertionError(f"still on the way after {MOST_STEPS} pages: {self.shown}")

    def _press(self, page: Page) -> Page | Arrival | None:
        agree = page.find_button("decisao", "autorizar") or page.find_button("decisao", "sair")
        if agree is not None:
            form, button = agree
            choices = form.named("escolha")
            chosen = {"escolha": choices[0].value} if choices else {}
            return self._send(form.action, form.data(button, **chosen), origin=_origin(page.url))
        forward = next((target for target, text in page.links if text.strip().startswith("Continuar")), None)
        return None if forward is None else self.open(forward)

    def _send(self, url: str, fields: list[tuple[str, str]], origin: str) -> Page | Arrival:
        return self._follow(self.http.post(url, fields, headers={"Origin": origin}, allow_redirects=False, timeout=60))

    def _follow(self, answer: requests.Response) -> Page | Arrival:
        if answer.is_redirect:
            return self.open(urljoin(answer.url, answer.headers["Location"]))
        return self._page(answer)

    def _page(self, answer: requests.Response) -> Page | Arrival:
        assert answer.headers["Content-Type"].startswith("text/html"), answer.text
        page = Page(answer.url, answer.text)
        leaving = [form for form in page.forms if _origin(form.action) not in self._origins]
        if leaving:
            return Arrival(leaving[0].action, "form_post", dict(leaving[0].data()))
        self.status = answer.status_code
        self.shown.append(page.heading.strip())
        return page


def _arrival(url: str) -> Arrival:
    parts = urlsplit(url)
    mode = "fragment" if parts.fragment else "query"
    pairs = parse_qsl(parts.fragment or parts.query, keep_blank_values=True)
    assert len(pairs) == len(dict(pairs)), "a parameter came twice"
    return Arrival(url, mode, dict(pairs))


def _origin(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))
