"""Every page in every state, from fixtures, as a small application: what tests check and screenshots show.

``python -m tests.web.gallery`` renders them with Chromium at 1280 and 360 pixels into .artefacts/pages.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Flask, Response
from werkzeug.serving import make_server

from idp import logs
from idp.domain.certificado import CertReason, Claimed
from idp.domain.inscricao import InscricaoId
from idp.domain.representation import Demanda, Motivo, Regras
from idp.flow.choices import Look
from idp.flow.logout import Application, Heard
from idp.flow.outcome import AskLogin, Displayed, Pagina
from idp.flow.policy import Policy
from idp.web.assets import assets_blueprint
from idp.web.pages import Pages, Site
from idp.web.screens import StepScreens
from idp.web.security import protect
from idp.web.views.notice import HTTP, INDISPONIVEL, ORIGEM, PASSAGEM, SEM_PEDIDO
from tests.web import people

POLICY = Policy(
    Regras(),
    transaction=timedelta(minutes=15),
    return_code=timedelta(minutes=1),
    code=timedelta(minutes=1),
    access_token=timedelta(minutes=5),
    id_token=timedelta(hours=1),
    refresh_token=timedelta(hours=8),
    session=timedelta(hours=4),
    consent=timedelta(days=180),
)
SITE = Site(
    issuer="https://id.sefaz.example",
    certificate_origin="https://certificado.id.sefaz.example",
    authority="Secretaria da Fazenda do Estado de Exemplo",
    support="0800 000 0000, em dias úteis, das 8h às 17h",
    sandbox=True,
)
HOSTILE = Claimed(
    "<script>alert(1)</script>\u202eLANIGIRO " + "X" * 5000 + ":90000102253",
    "90000102253\x00<b>",
    "<img src=x onerror=alert(2)>",
    "AC </textarea><script>alert(3)</script>\u2066",
    serial="<i>",
    politicas=("<u>",) * 50,
)
PEDIDA = Demanda(inscricao=InscricaoId("AM", "049000071"))
_TIPOS = {CertReason.TIPO: "policy-encryption"}


def states(screens: StepScreens) -> dict[str, Callable[[], Response]]:
    """Name of each state → the call that renders it."""
    pages, ask = screens.pages, people.ask_consent
    one, many = people.ACCOUNTANT_CHOICES[-1:], people.many(20)
    kept = frozenset(one.ref for one in many[1:2])
    found: dict[str, Callable[[], Response]] = {
        "login": lambda: screens.login(AskLogin(people.transaction())),
        "login-trocar": lambda: screens.login(AskLogin(people.transaction()), switching=True),
        "consentimento-contadora": lambda: screens.consent(ask()),
        "consentimento-empresa": lambda: screens.consent(
            ask(people.COMPANY_CHOICES, (), holder=people.EMPRESA, days=9)
        ),
        "consentimento-uma": lambda: screens.consent(ask(one, ())),
        "consentimento-busca": lambda: screens.consent(ask(one, (), found=1, look=Look("encontro 12abc345 gabriel"))),
        "consentimento-busca-nada": lambda: screens.consent(ask((), people.MISSING[:1], look=Look("padaria"))),
        "consentimento-muitas": lambda: screens.consent(ask(many, (), found=1001, last=False, look=Look(page=2))),
        "consentimento-fixadas": lambda: screens.consent(
            ask(many, (), found=1001, last=False, pinned=many[1:2], recent=many[2:4], kept=kept, remembered=True)
        ),
        "consentimento-pendente": lambda: screens.consent(ask(pending=(people.P_PENDENTE,))),
        "consentimento-pendentes": lambda: screens.consent(
            ask(pending=(people.P_PENDENTE, replace(people.P_PENDENTE, id="prc-2"))), offers=True
        ),
        "procuracao-pendente": lambda: screens.offer(people.ask_offered(people.P_PENDENTE)),
        "consentimento-aceita": lambda: screens.consent(ask(one, ()), done=people.P_ACAI),
        "consentimento-cinco": lambda: screens.consent(ask(people.ACCOUNTANT_CHOICES[3:], found=5)),
        "consentimento-quarenta": lambda: screens.consent(
            ask(
                many[:15],
                (),
                found=40,
                last=False,
                pending=(people.P_PENDENTE, replace(people.P_PENDENTE, id="prc-2")),
            )
        ),
        "consentimento-pedida": lambda: screens.consent(ask(one, (), demanda=PEDIDA)),
        "consentimento-faltam": lambda: screens.consent(
            ask(
                (),
                people.MISSING,
                look=Look(missing=True),
                last=False,
                found=1001,
                demanda=Demanda(poder="nfe.consultar"),
            )
        ),
        "consentimento-sem-escolha": lambda: screens.consent(ask(), error=True),
        "consentimento-caiu": lambda: screens.consent(ask(refused=Motivo.REVOGADA)),
        "nada": lambda: screens.consent(ask((), ())),
        "nada-procuracao": lambda: screens.consent(ask((), people.MISSING[:1])),
        "nada-pendente": lambda: screens.consent(ask((), (), pending=(people.P_PENDENTE,))),
        "nada-pedida": lambda: screens.consent(ask((), (), demanda=PEDIDA)),
        "nada-situacao": lambda: screens.consent(ask((), people.MISSING[5:])),
        "nada-misto": lambda: screens.consent(ask((), people.MISSING[3:], demanda=Demanda(poder="nfe.consultar"))),
        "nada-nivel": lambda: screens.consent(ask((), people.MISSING[3:4])),
        "nada-poder": lambda: screens.consent(ask((), people.MISSING[4:5], demanda=Demanda(poder="nfe.consultar"))),
        "nada-poder-pedido": lambda: screens.consent(ask((), (), demanda=Demanda(poder="nfe.consultar"))),
        "nada-responsavel": lambda: screens.consent(ask((), (people.missing(Motivo.RESPONSAVEL_DIVERGENTE),))),
        "hostil": lambda: screens.certificate_refused(people.refused(CertReason.VENCIDO, claimed=HOSTILE)),
        "aplicativo": lambda: pages.protocol_error("redirect_uri", "redirect_uri is not registered for this client"),
        "sair": lambda: pages.logout_confirm(action="/sair", fields={"t": "1"}, client_name="DT-e", holder_name="ANA"),
        "saiu": lambda: pages.logged_out(client_name="DT-e"),
        "saiu-de-varios": lambda: pages.logged_out(
            applications=[
                Application("DT-e", Heard.TOLD),
                Application("Nota Fiscal Avulsa do Contribuinte do Amazonas", Heard.WAITING),
                Application("e-CAC <b>estadual</b>", Heard.NOT),
            ]
        ),
        "ficou": lambda: pages.logged_out(stayed=True),
        "sem-pedido": lambda: pages.notice(SEM_PEDIDO, 400),
        "passagem": lambda: pages.notice(PASSAGEM, 400),
        "origem": lambda: pages.notice(ORIGEM, 403),
        "indisponivel": lambda: pages.notice(INDISPONIVEL, 503),
        "inexistente": lambda: pages.notice(HTTP[404], 404),
        "falha": lambda: pages.notice(HTTP[500], 500),
    }
    for code in CertReason:
        asked = people.refused(code, _TIPOS.get(code, "detail"))
        found[code.value.lower()] = lambda asked=asked: screens.certificate_refused(asked)  # type: ignore[misc]
    for pagina in Pagina:
        data = {"tx": people.TX} if pagina is Pagina.RETORNO_INVALIDO else {}
        shown = Displayed(pagina, data)
        found[pagina.value] = lambda shown=shown: pages.dead_end(shown)  # type: ignore[misc]
    return found


def make_screens(site: Site = SITE) -> StepScreens:
    return StepScreens(Pages(site, people.FixedClock()), people.OneClient(), POLICY)


def gallery(screens: StepScreens | None = None) -> Flask:
    app = Flask(__name__, static_folder=None)
    screens = screens or make_screens()
    protect(app, hsts=False)
    screens.pages.handle_errors(app)
    app.register_blueprint(assets_blueprint())
    for name, render in states(screens).items():
        app.add_url_rule(f"/{name}", name, render)
    return app


def screenshots(into: Path, names: list[str], widths: tuple[int, ...] = (1280, 360)) -> None:
    logs.configure("error")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    into.mkdir(parents=True, exist_ok=True)
    app = gallery()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in names or list(states(make_screens())):
        for width in widths:
            with tempfile.TemporaryDirectory() as profile:
                command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
                command += [f"--user-data-dir={profile}", f"--window-size={width},{2200 if width < 500 else 1600}"]
                command += [f"--screenshot={into / f'{name}-{width}.png'}", f"http://127.0.0.1:{server.port}/{name}"]
                subprocess.run(command, check=True, capture_output=True)
    server.shutdown()


if __name__ == "__main__":
    screenshots(Path(".artefacts/pages"), sys.argv[1:])
