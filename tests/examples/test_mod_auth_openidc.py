"""Apache with mod_auth_openidc protects a page with Portaria, by the example's configuration."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from idp.sandbox.html import Page
from tests.examples.running import reactivate, register, suspend, to_consent
from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, choices
from tests.support.debian import program, unavailable
from tests.support.npm import EXAMPLES
from tests.support.ports import free_port
from tests.support.processes import Process, wait_until

MODULES = Path("/usr/lib/apache2/modules")
ESTALEIRO = "AM:049000071"

CONFIGURATION = """
{user}
ServerRoot {directory}
ServerName portaria.test
Listen 127.0.0.1:{port} https
PidFile {directory}/pid
Mutex file:{directory}
DefaultRuntimeDir {directory}
ErrorLog {directory}/error.log
LogLevel warn
{modules}
TypesConfig /etc/mime.types
DocumentRoot {directory}/site
<VirtualHost 127.0.0.1:{port}>
    SSLEngine on
    SSLCertificateFile {certificate}
    SSLCertificateKeyFile {key}
    OIDCCABundlePath {directory}/web-ca.pem
    OIDCSSLValidateServer On
    Include {example}
    OIDCRefreshAccessTokenBeforeExpiry 298 logout_on_error
</VirtualHost>
<Directory {directory}/site>
    Require all granted
    Options +Includes
    DirectoryIndex index.shtml
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
</Directory>
"""
LOADED = (
    *("mpm_event", "authn_core", "authz_core", "authz_user", "unixd", "mime", "dir", "include"),
    *("ssl", "socache_shmcb", "auth_openidc"),
)


@dataclass(frozen=True)
class Apache:
    origin: str
    directory: Path
    process: Process

    @property
    def protected(self) -> str:
        return f"{self.origin}/protegido/"

    def said(self) -> str:
        """Its error log."""
        return (self.directory / "error.log").read_text(errors="replace")


@pytest.fixture(scope="module")
def apache(sandbox: LivingSandbox) -> Iterator[Apache]:
    """Registered with the command an administrator would use, configured as its manual says."""
    if not (MODULES / "mod_auth_openidc.so").exists():
        unavailable("mod_auth_openidc is not installed: apt install apache2 libapache2-mod-auth-openidc")
    port = free_port()
    origin = f"https://portaria.test:{port}"
    client = register(sandbox, "mod_auth_openidc", f"{origin}/protegido/retorno", f"{origin}/saiu.shtml")
    env = {
        "ISSUER": sandbox.origins.issuer,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
        "ORIGIN": origin,
        "COOKIE_SECRET": client["client_secret"],
    }
    directory = Path(tempfile.mkdtemp(prefix="portaria-apache-", dir="/tmp"))
    directory.chmod(0o755)  # Apache's children are www-data
    try:
        write_site(directory, sandbox)
        (directory / "httpd.conf").write_text(
            CONFIGURATION.format(
                user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
                directory=directory,
                port=port,
                modules="\n".join(load(name) for name in LOADED),
                certificate=sandbox.data / "pki" / "web" / "server.pem",
                key=sandbox.data / "pki" / "web" / "server.key",
                example=EXAMPLES / "mod_auth_openidc" / "portaria.conf",
            )
        )
        argv = [
            program("apache2", "apache2"),
            "-d",
            str(directory),
            "-f",
            str(directory / "httpd.conf"),
            "-DFOREGROUND",
        ]
        with Process(sandbox.named(*argv), directory / "output.log", env=env) as process:
            process.wait_for_port(port)
            yield Apache(origin, directory, process)
    finally:
        shutil.rmtree(directory)


def test_a_protected_page_shows_who_came_and_for_whom(apache: Apache, sandbox: LivingSandbox) -> None:
    """REMOTE_USER is the pairwise sub; claims of our own reach the page whole."""
    browser = Browser(sandbox, "contadora")
    shown = environment(enter(apache, browser))
    sub = shown["OIDC_CLAIM_sub"]
    assert shown["REMOTE_USER"].startswith(sub + "@id.portaria.test")
    assert shown["OIDC_CLAIM_iss"] == sandbox.origins.issuer
    inscricao = json.loads(shown["OIDC_CLAIM_inscricao"])
    assert (inscricao["cnpj"], inscricao["uf"], inscricao["numero"]) == ("12ABC34501DE35", "AM", "049000071")
    representacao = json.loads(shown["OIDC_CLAIM_representacao"])
    assert representacao["modo"] == "procuracao"
    assert representacao["procuracao"]["outorgante"]["nome"] == "ESTALEIRO ENCONTRO DAS AGUAS LTDA"
    assert "90000102253" not in " ".join(shown.values()), "no CPF without the scope"


def test_a_right_of_ones_own_can_be_demanded(apache: Apache, sandbox: LivingSandbox) -> None:
    """By a claim inside a claim: the company's own certificate opens what a procuração does not."""
    accountant = Browser(sandbox, "contadora")
    enter(apache, accountant)
    assert accountant.get(f"{apache.protected}titular/").status_code == 401
    company = Browser(sandbox, "empresa")
    enter(apache, company, "AM:049000012")
    assert "Por direito proprio" in company.get(f"{apache.protected}titular/").text


def test_another_inscricao(apache: Apache, sandbox: LivingSandbox) -> None:
    """By a link to the module's own address, which passes prompt=select_account on."""
    browser = Browser(sandbox, "contadora")
    enter(apache, browser)
    link = {
        "iss": sandbox.origins.issuer,
        "target_link_uri": apache.protected,
        "auth_request_params": "prompt=select_account",
    }
    page = to_consent(browser, browser.get(f"{apache.protected}retorno?{urlencode(link)}"))
    form, offered = choices(page)
    returned = browser.get(browser.submit(form, "autorizar", escolha=offered["AM:049000063"]).headers["Location"])
    assert returned.headers["Location"] == apache.protected
    shown = environment(browser.get(apache.protected))
    assert json.loads(shown["OIDC_CLAIM_inscricao"])["numero"] == "049000063"


def test_a_right_that_has_ended_shuts_the_page(apache: Apache, sandbox: LivingSandbox) -> None:
    """The refresh is refused; here after two seconds rather than after the example's minute."""
    browser = Browser(sandbox, "contadora")
    enter(apache, browser)
    suspend(sandbox, "prc-estaleiro-contadora")
    try:
        wait_until(lambda: browser.get(apache.protected).status_code != 200, "the page is shut")
    finally:
        reactivate(sandbox, "prc-estaleiro-contadora")


def test_logout_ends_the_session_at_both_ends(apache: Apache, sandbox: LivingSandbox) -> None:
    browser = Browser(sandbox, "contadora")
    enter(apache, browser)
    assert browser.get(apache.protected).status_code == 200

    farewell = f"{apache.origin}/saiu.shtml"
    answer = browser.get(f"{apache.protected}retorno?logout={farewell}")
    assert answer.headers["Location"].startswith(f"{sandbox.origins.issuer}/")
    ended = browser.go(answer.headers["Location"])
    assert ended.headers["Location"] == farewell
    assert "Voce saiu" in browser.get(farewell).text

    away = browser.get(apache.protected)
    assert away.status_code == 302
    asked = browser.go(away.headers["Location"])
    assert Page(asked.url, asked.text).heading.strip() == "Entrar com certificado digital"


def test_a_refusal_at_consent_opens_nothing(apache: Apache, sandbox: LivingSandbox) -> None:
    """This version takes an error answer with ``iss`` (RFC 9207 §2) for a login begun by a third party, and shows its
    own error page; what counts is that nobody is in."""
    browser = Browser(sandbox, "contadora")
    form, _ = choices(to_consent(browser, browser.get(apache.protected)))
    answer = browser.submit(form, "cancelar")
    assert "error=access_denied&" in answer.headers["Location"]
    back = browser.get(answer.headers["Location"])
    assert "Error" in back.text
    assert "OIDC_CLAIM" not in back.text
    assert browser.get(apache.protected).status_code == 302


def enter(apache: Apache, browser: Browser, inscricao: str = ESTALEIRO) -> requests.Response:
    """The protected page, reached by choosing the alphanumeric company."""
    form, offered = choices(to_consent(browser, browser.get(apache.protected)))
    answer = browser.submit(form, "autorizar", escolha=offered[inscricao])
    returned = browser.get(answer.headers["Location"])
    assert returned.status_code == 302, returned.text + apache.said()
    page = browser.get(returned.headers["Location"])
    assert page.status_code == 200, apache.said()
    return page


def environment(page: requests.Response) -> dict[str, str]:
    """What mod_include's printenv shows of the request."""
    return dict(re.findall(r"^([A-Za-z_]+)=(.*)$", html.unescape(page.text), re.MULTILINE))


def write_site(directory: Path, sandbox: LivingSandbox) -> None:
    """One protected page, which shows what Apache knows of the visitor, and one that is open."""
    (directory / "site" / "protegido").mkdir(parents=True)
    (directory / "site" / "protegido" / "index.shtml").write_text("<pre>\n<!--#printenv -->\n</pre>\n")
    (directory / "site" / "protegido" / "titular").mkdir()
    (directory / "site" / "protegido" / "titular" / "index.shtml").write_text("<p>Por direito proprio</p>\n")
    (directory / "site" / "saiu.shtml").write_text("<p>Voce saiu</p>\n")
    shutil.copy(sandbox.web_ca, directory / "web-ca.pem")


def load(name: str) -> str:
    """A LoadModule line, unless Debian has the module built in."""
    file = MODULES / f"mod_{name}.so"
    return f"LoadModule {name}_module {file}" if file.exists() else ""
