"""Which certificates Chromium offers, by the CA names in the handshake and by what else the computer holds.

Chromium on Linux offers a certificate when one of the names is an issuer on the way up from it, so far as its own store
knows that way. The first address names the roots (IDP_CERTIFICATE_CA_NAMES=roots); the second names nobody.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.journeys.living import P12_PASSWORD, LivingSandbox
from tests.journeys.taxpayer import HOSTS, code, press, window
from tests.support.chromium import Chromium

pytestmark = pytest.mark.browser


def p12(sandbox: LivingSandbox, certificates: int, file: Path) -> Path:
    """The accountant's key and the first so many certificates of her chain."""
    chain = sandbox.persona("contadora", "-chain.pem").read_text().split("-----END CERTIFICATE-----\n")
    pem = file.with_suffix(".pem")
    pem.write_text("".join(f"{one}-----END CERTIFICATE-----\n" for one in chain[:certificates]))
    key = sandbox.persona("contadora", ".key")
    argv = ["openssl", "pkcs12", "-export", "-in", pem, "-inkey", key, "-out", file, "-passout", f"pass:{P12_PASSWORD}"]
    subprocess.run(argv, check=True, capture_output=True)
    return file


@pytest.mark.parametrize(
    ("certificates", "offered"),
    [(3, True), (2, True), (1, False)],
    ids=["with CA and root", "with its CA", "alone"],
)
def test_whose_issuing_ca_the_computer_does_not_hold_enters_by_the_second_address(
    sandbox: LivingSandbox, playwright: Playwright, tmp_path: Path, certificates: int, offered: bool
) -> None:
    chromium = Chromium()
    chromium.trust(sandbox.web_ca, "sandbox web CA")
    chromium.import_p12(p12(sandbox, certificates, tmp_path / "contadora.p12"), P12_PASSWORD)
    chromium.select_certificate((sandbox.origins.certificate, {}), (sandbox.origins.second, {}))
    with chromium.launch(playwright.chromium, hosts=HOSTS) as browser:
        page = window(browser)
        page.goto(f"{sandbox.origins.application}/entrar")
        press(page, "Continuar")
        if not offered:
            assert code(page) == "CERT-01"
            press(page, "Tente por este endereço")
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        expect(page.locator(".person")).to_contain_text("FRANCISCA CHAGAS DO NASCIMENTO")
    chromium.remove()
