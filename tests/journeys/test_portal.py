"""A procuração's whole life, by the people it is for: given, accepted, used, revoked, each in their own Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import AUTHORIZE, NARROW, Computer, code, option, press, window

pytestmark = pytest.mark.browser

MATRIZ = "AM:049000012"


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def enter(page: Page, sandbox: LivingSandbox) -> None:
    """To the portal, by certificate."""
    page.goto(f"{sandbox.origins.issuer}/portal")
    heading(page, "Portaria: suas procurações")
    press(page, "Entrar com certificado digital")
    heading(page, "Entrar com certificado digital")
    expect(page.locator("main")).to_contain_text("Portaria: suas procurações")
    press(page, "Continuar")
    heading(page, "Minhas procurações")


def give(page: Page) -> str:
    """From the portal's first page: to Tereza, all three powers. The procuração's address."""
    press(page, "Dar uma procuração")
    press(page, "Continuar: conferir o texto")
    expect(page.get_by_role("alert")).to_contain_text("Falta corrigir")
    page.get_by_role("link", name="Marque pelo menos um poder.").click()
    assert page.evaluate("document.activeElement.name") == "poderes"
    page.get_by_label("CPF ou CNPJ de quem recebe").fill("900.001.082-94")
    page.get_by_label("Nome completo ou razão social").fill("Tereza Kambeba")
    for power in ("Consultar o Domicílio", "Tomar ciência de intimações no", "Consultar notas fiscais"):
        page.get_by_role("checkbox", name=power).check()
    assert page.get_by_role("radio", name="Toda a empresa").is_checked() is False, "the widest is never the default"
    page.get_by_role("radio", name="Toda a empresa").check()
    press(page, "Continuar: conferir o texto")
    heading(page, "Confira e confirme")
    page.go_back()
    expect(page.get_by_label("CPF ou CNPJ de quem recebe")).to_have_value("900.001.082-94")
    expect(page.get_by_role("checkbox", name="Consultar notas fiscais")).to_be_checked()
    page.go_forward()
    expect(page.locator("main")).to_contain_text("Tereza Kambeba, CPF 900.001.082-94")
    press(page, "Confirmar com o certificado")
    heading(page, "Entrar com certificado digital")
    expect(page.locator("main")).to_contain_text("mostre o certificado mais uma vez")
    press(page, "Continuar")
    heading(page, "Confira e confirme")
    press(page, "Conceder a procuração")
    heading(page, "Procuração enviada para aceite")
    expect(page.locator("main")).to_contain_text("Ela ainda não vale. Tereza Kambeba pode aceitar até")
    page.go_back()
    heading(page, "Procuração enviada para aceite")  # the form is spent: nothing can be given twice
    page.reload()
    press(page, "Ver a procuração")
    heading(page, "Procuração para Tereza Kambeba")
    expect(page.locator("main")).to_contain_text("Aguardando aceite")
    expect(page.locator("main")).to_contain_text("Você ofereceu esta procuração a Tereza Kambeba. Ela ainda não vale")
    return page.url


def test_given_accepted_used_and_revoked(computer: Computer, sandbox: LivingSandbox) -> None:
    with computer.page("empresa") as page:
        enter(page, sandbox)
        address = give(page)

    with computer.as_persona("produtora") as browser:
        phone, desk = window(browser, width=NARROW), window(browser)
        enter(phone, sandbox)
        phone.get_by_role("link", name="ACAI DO RIO NEGRO").click()
        assert phone.url == address
        press(phone, "Aceitar")
        heading(phone, "Aceitar a procuração de ACAI DO RIO NEGRO ALIMENTOS LTDA?")
        press(phone, "Aceitar a procuração")
        expect(phone.get_by_role("status")).to_contain_text("Procuração aceita")
        expect(phone.locator("main")).to_contain_text("Em vigor")

        desk.goto(f"{sandbox.origins.application}/entrar")
        press(desk, "Continuar")
        option(desk, MATRIZ).check()
        press(desk, AUTHORIZE)
        expect(desk.get_by_role("heading", level=1)).to_contain_text("Olá")
        press(desk, "Emitir recibo")
        expect(desk.locator("main")).to_contain_text("Nº 1")
        press(desk, "Trocar inscrição")
        option(desk, MATRIZ).check()  # and now the owner is faster

        with computer.page("empresa") as page:
            enter(page, sandbox)
            page.goto(address)
            press(page, "Revogar")
            page.get_by_label("Motivo (opcional)").fill("mudamos de contadora")
            press(page, "Revogar a procuração")
            expect(page.get_by_role("status")).to_contain_text("Procuração revogada")

        press(desk, AUTHORIZE)
        expect(desk.get_by_role("alert")).to_contain_text("revogada")
        phone.goto(address)
        expect(phone.locator("main")).to_contain_text("Motivo dado: “mudamos de contadora”")
        expect(phone.get_by_role("link", name="Renunciar")).to_have_count(0)

    acts = [row["kind"] for row in sandbox.audit() if row["kind"].startswith("procuracao.")]
    assert acts[-3:] == ["procuracao.outorgar", "procuracao.aceitar", "procuracao.revogar"]


def test_who_may_not_see_or_give(computer: Computer, sandbox: LivingSandbox) -> None:
    """A stranger's page is that of nothing at all; a certificate that cannot give says why."""
    with computer.page("cidada") as page:
        enter(page, sandbox)
        answers = []
        for id in ("prc-acai-contadora", "prc-nenhuma"):
            page.goto(f"{sandbox.origins.issuer}/portal/procuracoes/{id}")
            assert code(page) == "PRC-05"
            answers.append(page.locator("main h1, main .lead").all_text_contents())
        assert answers[0] == answers[1]
    with computer.page("ex-administrador") as page:
        page.goto(f"{sandbox.origins.issuer}/portal/conceder")
        press(page, "Continuar")
        assert code(page) == "CERT-10"


def test_asked_and_approved_and_an_employee_named(computer: Computer, sandbox: LivingSandbox) -> None:
    """Who attends the company asks, the company only approves; then it names somebody of its own, and ends that."""
    with computer.page("contadora") as page:
        enter(page, sandbox)
        press(page, "Pedir uma procuração")
        page.get_by_label("CPF ou CNPJ de quem você quer representar").fill("99.990.001/0001-98")
        page.get_by_role("checkbox", name="Consultar notas fiscais").check()
        page.get_by_role("radio", name="Só algumas inscrições").check()
        page.get_by_label("Inscrições estaduais, uma por linha").fill("AM 049000039")
        page.get_by_label("Mensagem a quem vai decidir (opcional)").fill("Como combinamos")
        press(page, "Enviar o pedido")
        expect(page.get_by_role("status")).to_contain_text("Pedido enviado")
        address = page.url.partition("?")[0]
        page.go_back()
        assert page.url.partition("?")[0] == address  # the form is spent

    with computer.page("empresa") as page:
        enter(page, sandbox)
        page.get_by_role("link", name="FRANCISCA CHAGAS DO NASCIMENTO", exact=True).click()
        expect(page.locator("main")).to_contain_text("Como combinamos")
        press(page, "Ver o texto e aprovar")
        expect(page.locator("main")).to_contain_text("só estas inscrições estaduais: 049000039 (AM)")
        press(page, "Confirmar com o certificado")
        press(page, "Continuar")
        press(page, "Aprovar e conceder")
        heading(page, "Procuração concedida")
        expect(page.locator("main")).to_contain_text("Ela já vale")
        press(page, "Ver a procuração")
        press(page, "Revogar")
        press(page, "Revogar a procuração")
        expect(page.get_by_role("status")).to_contain_text("Procuração revogada")

        press(page, "Equipe")
        press(page, "Designar alguém")
        page.get_by_label("CPF da pessoa").fill("900.001.032-25")
        page.get_by_label("Nome completo").fill("João Pedro Tavares")
        page.get_by_role("checkbox", name="Consultar notas fiscais").check()
        press(page, "Continuar: conferir o texto")
        press(page, "Confirmar com o certificado")
        press(page, "Continuar")
        press(page, "Designar")
        expect(page.get_by_role("status")).to_contain_text("Pessoa designada")
        page.get_by_role("link", name="Encerrar").click()
        press(page, "Encerrar a designação")
        expect(page.locator("main")).to_contain_text("Encerrada em")


def test_another_inscricao_is_asked_for_at_the_portal(computer: Computer, sandbox: LivingSandbox) -> None:
    """Who is let in without a question, because there is one choice and it is remembered, is asked again."""
    with computer.page("funcionario") as page:
        page.goto(f"{sandbox.origins.application}/trocar")  # asks also where a journey before this one is remembered
        press(page, "Continuar")
        press(page, AUTHORIZE)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Olá")
        page.goto(f"{sandbox.origins.application}/entrar")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Olá")

        page.goto(f"{sandbox.origins.issuer}/portal/aplicacoes")
        page.get_by_role("link", name="Trocar inscrição em Recibos (demonstração)").click()
        heading(page, "Trocar de inscrição em Recibos (demonstração)?")
        press(page, "Perguntar de novo na próxima entrada")
        expect(page.get_by_role("status")).to_contain_text("a lista das suas inscrições aparece de novo")

        page.goto(f"{sandbox.origins.application}/entrar")
        heading(page, "Confirme em nome de quem você entra")
        press(page, AUTHORIZE)
        page.goto(f"{sandbox.origins.application}/entrar")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Olá")

        page.goto(f"{sandbox.origins.issuer}/portal/aplicacoes")
        press(page, "Retirar autorização de Recibos (demonstração)")
        press(page, "Retirar a autorização")
        expect(page.locator("main")).to_contain_text("Autorização retirada")
