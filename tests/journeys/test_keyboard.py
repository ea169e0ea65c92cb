"""Four people who use the keyboard alone, at a desk and in a window as large as a telephone's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.journeys.keyboard import Keyboard
from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import AUTHORIZE, Computer, code

pytestmark = pytest.mark.browser

WINDOWS = {"desk": (1280, 900), "telephone": (360, 740)}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    """A sandbox in which four hundred companies more than the demonstration has gave the accountant a procuração."""
    living = LivingSandbox(tmp_path_factory.mktemp("office"))
    living.start()
    done = living.idp("sandbox", "carteira", "--as", "contadora", "--companies", "400")
    assert done.returncode == 0, done.stderr
    yield living
    living.stop()


@pytest.fixture(scope="module")
def computer(office: LivingSandbox, playwright: Playwright) -> Iterator[Computer]:
    everybody = Computer(office, playwright, ("empresa", "contadora", "funcionario", "cidada"))
    yield everybody
    everybody.chromium.remove()


@pytest.fixture(params=WINDOWS)
def window(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def sitting(computer: Computer, persona: str, window: str) -> Iterator[tuple[Page, Keyboard]]:
    width, height = WINDOWS[window]
    with computer.as_persona(persona) as browser:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="pt-BR")
        context.set_default_timeout(20_000)
        page = context.new_page()
        yield page, Keyboard(page)


def test_the_companys_owner_gives_and_revokes(computer: Computer, office: LivingSandbox, window: str) -> None:
    with sitting(computer, "empresa", window) as (page, keys):
        page.goto(f"{office.origins.issuer}/portal")
        keys.at("Portaria: suas procurações")
        keys.press("Entrar com certificado digital")
        keys.at("Entrar com certificado digital")
        keys.press("Continuar")
        keys.at("Minhas procurações")
        keys.press("Dar uma procuração")
        keys.at("Dar uma procuração")
        keys.press("Continuar: conferir o texto")
        expect(page.get_by_role("alert")).to_contain_text("Falta corrigir")
        keys.at("Dar uma procuração")
        keys.press("Marque pelo menos um poder.")
        assert page.evaluate("document.activeElement.name") == "poderes", "the link puts the focus into the field"
        keys.write("CPF ou CNPJ de quem recebe", "900.001.082-94")
        keys.write("Nome completo ou razão social", "Tereza Kambeba")
        keys.press("Consultar notas fiscais", "Space")
        keys.to("Toda a empresa")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        keys.press("Continuar: conferir o texto")
        keys.at("Confira e confirme")
        keys.press("Confirmar com o certificado")
        keys.at("Entrar com certificado digital")
        keys.press("Continuar")
        keys.at("Confira e confirme")
        keys.press("Conceder a procuração")
        keys.at("Procuração enviada para aceite")
        keys.press("Ver a procuração")
        keys.at("Procuração para Tereza Kambeba")
        keys.press("Cancelar a oferta")
        keys.at("Cancelar a oferta a Tereza Kambeba?")
        keys.write("Motivo (opcional)", "dada por engano")
        keys.press("Cancelar a oferta")
        expect(page.get_by_role("status")).to_contain_text("Procuração revogada")
        keys.at("Procuração para Tereza Kambeba")


def test_the_accountant_finds_one_of_400_and_keeps_it_on_top(
    computer: Computer, office: LivingSandbox, window: str
) -> None:
    part, company, number = {
        "desk": ("uirapuru", "LIVRARIA UIRAPURU LTDA", "050001574"),
        "telephone": ("porto de lenha", "OTICA PORTO DE LENHA LTDA", "050001728"),
    }[window]
    with sitting(computer, "contadora", window) as (page, keys):
        page.goto(f"{office.origins.application}/entrar")
        keys.press("Continuar")
        keys.at("Em nome de quem?")
        keys.write("Procurar por nome, CNPJ", part)
        page.keyboard.press("Enter")
        expect(page.get_by_role("searchbox")).to_have_value(part)
        keys.at("Em nome de quem?")
        keys.press(f"Fixar no começo da lista: {number}")
        keys.at("Em nome de quem?")
        keys.to(f"Desafixar do começo da lista: {number}")
        keys.press("Limpar a busca")
        pinned = page.locator("section.group", has=page.get_by_role("heading", name="Fixadas por você"))
        expect(pinned).to_contain_text(company)
        keys.choose(f"Inscrição estadual {number}")
        keys.press(AUTHORIZE)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Olá")
        expect(page.locator("main")).to_contain_text(company)
        keys.press("Trocar inscrição")
        keys.at("Em nome de quem?")
        expect(page.locator("section.group").first).to_contain_text(company)
        keys.choose(f"Inscrição estadual {number}")
        keys.press(AUTHORIZE)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Olá")


def test_the_accountant_reads_what_waits_and_asks_for_what_ended(computer: Computer, office: LivingSandbox) -> None:
    with sitting(computer, "contadora", "telephone") as (page, keys):
        heading = page.get_by_role("heading", level=1)
        page.goto(f"{office.origins.application}/trocar")
        keys.press("Continuar")
        expect(heading).to_have_text("Em nome de quem?")
        expect(page.get_by_role("button", name="Aceitar")).to_have_count(0)
        keys.press("Ver e decidir")
        keys.at("Aceitar ou recusar a procuração de PESCADO DO TUPE COMERCIO LTDA")
        assert code(page) == "PRC-03"
        keys.press("Voltar sem decidir")
        expect(heading).to_have_text("Em nome de quem?")
        keys.press("O que não posso escolher agora")
        keys.at("O que você não pode escolher agora, e por quê")
        keys.press("Pedir essa procuração")
        keys.at("Pedir uma procuração")


def test_the_employee_with_one_power_presses_one_button(computer: Computer, office: LivingSandbox, window: str) -> None:
    with sitting(computer, "funcionario", window) as (page, keys):
        page.goto(f"{office.origins.application}/trocar")  # asks also whom it knows
        keys.press("Continuar")
        keys.at("Confirme em nome de quem você entra")
        expect(page.get_by_role("radio")).to_have_count(0)
        keys.press(AUTHORIZE)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Olá")


def test_the_person_with_nothing_learns_what_to_do(computer: Computer, office: LivingSandbox, window: str) -> None:
    with sitting(computer, "cidada", window) as (page, keys):
        page.goto(f"{office.origins.application}/entrar")
        keys.press("Continuar")
        keys.at("Nenhuma inscrição estadual para este CPF")
        assert code(page) == "INS-01"
        expect(page.get_by_role("heading", name="O que fazer")).to_be_visible()
        expect(page.locator("main")).to_contain_text("procuração")
        keys.press("Cancelar e voltar ao serviço")
        expect(page.locator("[data-erro]")).to_have_text("access_denied")


def test_the_walk_finds_what_it_is_for(computer: Computer) -> None:
    """A page with every fault the walk looks for."""
    with sitting(computer, "cidada", "telephone") as (page, keys):
        page.set_content(
            "<style>a, button { display: block; line-height: 30px; outline: 3px solid }</style>"
            '<a class="skip" href="#x">Ir</a><h1>Faults</h1><a href="#y">low</a><a tabindex="1" href="#z">early</a>'
            '<button style="height: 60px; outline: 0">undrawn</button><button style="height: 30px">small</button>'
            '<a href="#away" style="position: absolute; left: -99rem">away</a>'
            '<a href="#under" style="position: relative; z-index: -1">under</a>'
            '<p style="margin-top: -30px; background: #fff">above it</p>'
            '<a href="#up" style="position: absolute; top: 0; right: 0">up</a>'
        )
        with pytest.raises(AssertionError) as told:
            keys.at("Faults")
        for fault in ("never reached", "not drawn", "outside the window", "target of", "covered", "above what"):
            assert fault in str(told.value)
