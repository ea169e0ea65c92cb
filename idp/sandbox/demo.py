"""Every persona's journey, checked: what ``idp sandbox demo`` shows, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from idp.sandbox.driver import Arrived, JourneyError, Visitor, login
from idp.sandbox.html import Page
from idp.sandbox.layout import Sandbox
from idp.sandbox.personas import PERSONAS, Persona, persona


@dataclass(frozen=True, slots=True)
class Line:
    """One journey: ``problems`` is empty when it ended as expected."""

    name: str
    text: str
    problems: tuple[str, ...] = ()


def journeys(sandbox: Sandbox) -> Iterator[Line]:
    """Each persona against the running ``sandbox``, then one visit to the demonstration relying party."""
    for visitor in PERSONAS:
        try:
            arrived = login(sandbox, visitor, visitor.expected.inscricao)
        except (JourneyError, requests.RequestException) as error:
            yield Line(visitor.slug, "failed", (str(error),))
        else:
            yield Line(visitor.slug, describe(arrived), tuple(differences(visitor, arrived)))
    try:
        yield Line("(application)", application(sandbox, persona("empresa")))
    except (JourneyError, requests.RequestException) as error:
        yield Line("(application)", "failed", (str(error),))


def describe(arrived: Arrived) -> str:
    """The outcome in one line: the refusal's code and title; or holder, inscrição, basis and certificate."""
    if arrived.code:
        return f"{arrived.code:8} {arrived.heading}"
    claims = arrived.claims
    inscricao, certificado = claims.get("inscricao", {}), claims.get("certificado", {})
    parts = (
        arrived.userinfo.get("titular", {}).get("nome", "?"),
        f"{inscricao.get('uf')} {inscricao.get('numero')} {inscricao.get('cnpj') or inscricao.get('cpf') or ''}",
        _basis(claims.get("representacao", {})),
        f"{certificado.get('tipo')} {certificado.get('nivel')} {claims.get('acr', '').rpartition(':')[2]}",
        f"1 of {len(arrived.offered)}",
        f"sub {claims['sub'][:8]}…",
    )
    return f"{'login':8} " + " | ".join(part.strip() for part in parts)


def _basis(representacao: dict[str, Any]) -> str:
    modo = str(representacao.get("modo", "?"))
    procuracao = representacao.get("procuracao")
    if not procuracao:
        return modo
    return f"{modo} of {procuracao['outorgante'].get('nome')} ({', '.join(procuracao.get('poderes', []))})"


def differences(expected_of: Persona, arrived: Arrived) -> Iterator[str]:
    """Where a journey did not end as its persona says."""
    expected = expected_of.expected
    if expected.code or arrived.code:
        if expected.code != arrived.code:
            yield f"expected {expected.code or 'a login'}, got {arrived.code or 'a login'}"
        return
    for where, found in (("ID token", arrived.claims), ("userinfo", arrived.userinfo)):
        inscricao = found.get("inscricao", {})
        number = f"{inscricao.get('uf')}:{inscricao.get('numero')}"
        yield from _unless(expected.inscricao, number, f"{where}: inscricao")
        yield from _unless(expected.modo, found.get("representacao", {}).get("modo"), f"{where}: representacao.modo")
    yield from _unless(expected_of.nome, arrived.userinfo.get("titular", {}).get("nome"), "userinfo: titular.nome")
    yield from _unless(expected.acr, str(arrived.claims.get("acr")).rpartition(":")[2], "ID token: end of acr")
    yield from _unless(expected.choices, len(arrived.offered), "inscrições offered")


def _unless(expected: object, found: object, what: str) -> Iterator[str]:
    if expected != found:
        yield f"{what} is {found!r}, expected {expected!r}"


def application(sandbox: Sandbox, visitor_of: Persona) -> str:
    """At the demonstration relying party: sign in, use its API, change the inscrição, sign out. Raises JourneyError."""
    origin = sandbox.demonstration
    visitor = Visitor(sandbox, visitor_of)
    try:
        home = _sign_in(visitor, f"{origin}/entrar", origin, "AM:049000012")
        home = _press(visitor, home, "Emitir recibo")
        _expect("Nº 1" in home.text, "the API gave no receipt")
        home = _sign_in(visitor, f"{origin}/trocar", origin, "AM:049000055")
        _expect("049000055" in home.text and "Nº 1" not in home.text, "receipts of one inscrição appear under another")
        found = home.find_button(label="Sair")
        _expect(found is not None, "no button to sign out")
        assert found is not None
        answer = visitor.submit(found[0], found[0].data(found[1]))
        _expect(answer.is_redirect, "signing out leads nowhere")
        returned = visitor.walk(answer.headers["Location"], f"{origin}/saiu", "")
        _expect(isinstance(returned, str), "the provider refused to sign out")
        signed_out = Page(origin, visitor.http.get(str(returned), timeout=20).text)
        _expect(signed_out.heading.strip() == "Você saiu", "the application does not say that one is out")
    finally:
        visitor.close()
    return f"{'ok':8} {visitor_of.slug} signed in, got a receipt from the API, changed inscrição, signed out"


def _sign_in(visitor: Visitor, url: str, origin: str, inscricao: str) -> Page:
    returned = visitor.walk(url, f"{origin}/retorno", inscricao)
    if isinstance(returned, Page):
        raise JourneyError(f"{returned.code} {returned.heading.strip()}")
    answer = visitor.http.get(returned, timeout=20)
    page = Page(answer.url, answer.text)
    _expect(page.heading.startswith("Olá"), f"the application did not accept the answer: {page.heading.strip()}")
    return page


def _press(visitor: Visitor, page: Page, label: str) -> Page:
    found = page.find_button(label=label)
    if found is None:
        raise JourneyError(f"no button {label!r}")
    form, button = found
    answer = visitor.http.post(form.action, form.data(button), timeout=20)
    return Page(answer.url, answer.text)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise JourneyError(otherwise)
