"""An example, registered as its page says and started; and what a visitor does there."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from idp.sandbox.html import Page
from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, choices
from tests.support.npm import EXAMPLES, node
from tests.support.ports import free_port
from tests.support.processes import Process

ACAI, CASTANHA = "AM:049000012", "AM:049000063"
"""The accountant may dte.consultar, dte.dar_ciencia and nfe.consultar for the one, only dte.consultar for the other."""
SCOPES = ("openid", "profile", "inscricao", "procuracao", "offline_access")


@dataclass(frozen=True)
class Example:
    name: str
    origin: str
    process: Process


@contextmanager
def running(sandbox: LivingSandbox, name: str, directory: Path, *, public: bool = False) -> Iterator[Example]:
    """examples/NAME on a free port, in the words of its README."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    client = register(sandbox, name, f"{origin}/retorno", f"{origin}/", public=public)
    folder = EXAMPLES / name
    argv = [sys.executable, "app.py"] if name == "authlib-flask" else [node(name), "server.js"]
    env = {
        "ISSUER": sandbox.origins.issuer,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client.get("client_secret", ""),
        "PORT": str(port),
        "NODE_EXTRA_CA_CERTS": str(sandbox.web_ca),
        "REQUESTS_CA_BUNDLE": str(sandbox.web_ca),
    }
    with Process(sandbox.named(*argv), directory / f"{name}.log", cwd=folder, env=env) as process:
        process.wait_for_port(port)
        yield Example(name, origin, process)


def register(
    sandbox: LivingSandbox, name: str, callback: str, farewell: str, *, public: bool = False
) -> dict[str, str]:
    """``client_id`` and ``client_secret``."""
    made = sandbox.idp(
        *("client", "create", "--json", "--name", f"Exemplo {name}"),
        *("--auth-method", "none" if public else "client_secret_basic"),
        *("--redirect-uri", callback, "--post-logout-redirect-uri", farewell),
        *("--grant", "authorization_code", "--grant", "refresh_token"),
        *(part for scope in SCOPES for part in ("--scope", scope)),
    )
    assert made.returncode == 0, made.stderr
    return dict(json.loads(made.stdout))


def to_consent(browser: Browser, away: requests.Response) -> Page:
    """From the redirect to Portaria to "Em nome de quem?", by certificate where one is asked for."""
    assert away.is_redirect, away.text
    asked = browser.go(away.headers["Location"])
    page = Page(asked.url, asked.text)
    ticket = page.find_link("Continuar")
    if ticket is None:
        return page
    shown = browser.go(browser.get(ticket).headers["Location"])
    return Page(shown.url, shown.text)


def choose(browser: Browser, page: Page, inscricao: str) -> requests.Response:
    """Choose, and what the example's redirect URI answers."""
    form, offered = choices(page)
    answer = browser.submit(form, "autorizar", escolha=offered[inscricao])
    assert answer.is_redirect, answer.text
    return browser.get(answer.headers["Location"])


def shown(page: requests.Response) -> dict[str, Any]:
    """What the example says it knows."""
    found = re.search(r'<pre id="dados">(.*?)</pre>', page.text, re.DOTALL)
    assert found is not None, page.text
    return dict(json.loads(html.unescape(found[1])))


def suspend(sandbox: LivingSandbox, procuracao: str) -> None:
    """The authority stops it; nobody acts by it from now on."""
    done = sandbox.idp("procuracao", "suspend", procuracao, "--reason", "verificação")
    assert done.returncode == 0, done.stderr


def reactivate(sandbox: LivingSandbox, procuracao: str) -> None:
    done = sandbox.idp("procuracao", "reactivate", procuracao, "--reason", "verificada")
    assert done.returncode == 0, done.stderr
