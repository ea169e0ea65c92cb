"""``idp sandbox``: try everything on this machine."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import requests

from idp.cli.output import as_json, fail, json_option, note, show
from idp.cli.sandbox_setup import import_carteira, prepare
from idp.clock import SystemClock
from idp.errors import ConfigurationError
from idp.sandbox import carteira, driver, pki, processes
from idp.sandbox import demo as demonstration
from idp.sandbox.conformance import Conformance
from idp.sandbox.conformance import read as read_conformance
from idp.sandbox.layout import PORTARIA_TEST, Hosts, Ports, Sandbox
from idp.sandbox.personas import P12_PASSWORD, PERSONAS, Profile, persona

_ACTOR = "sandbox"
_CLOCK = SystemClock()
_CERTIFIED = click.Choice([p.slug for p in PERSONAS if p.spec.issuer])
DIR = click.option(
    "--dir", "directory", type=click.Path(path_type=Path), default=Path(".sandbox"), help="Where it keeps everything."
)


@click.group()
def sandbox() -> None:
    """Try everything on this machine with a fake ICP-Brasil."""


def _ports(command: Callable[..., Any]) -> Callable[..., Any]:
    for field in ("management", "relying_party", "mtls", "certificate_second", "certificate", "issuer"):
        name, default = f"--{field.replace('_', '-')}-port", getattr(Ports(), field)
        command = click.option(name, type=click.IntRange(1, 65535), default=default, show_default=True)(command)
    return command


@sandbox.command()
@DIR
@_ports
@click.option(
    "--real-names",
    is_flag=True,
    help="Serve id., certificado., mtls. and app.portaria.test instead of localhost; "
    "this machine (/etc/hosts) and the browser must resolve them to 127.0.0.1.",
)
@click.option(
    "--wildcard",
    is_flag=True,
    help="With --real-names: a fresh name below certificado.portaria.test for each login; "
    "the browser must resolve all of them to 127.0.0.1.",
)
@click.option(
    "--conformance",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Serve the host names, clients and addresses that FILE gives for the OpenID Foundation's conformance suite, "
    "with open registration (docs/conformance-run.md).",
)
def run(
    directory: Path,
    issuer_port: int,
    certificate_port: int,
    certificate_second_port: int,
    mtls_port: int,
    relying_party_port: int,
    management_port: int,
    real_names: bool,
    wildcard: bool,
    conformance: Path | None,
) -> None:
    """Prepare at the first start, run until Ctrl-C. A second start keeps all data."""
    if wildcard and not real_names:
        raise click.UsageError("--wildcard needs --real-names: there is no name below localhost's")
    if conformance and real_names:
        raise click.UsageError("--conformance names the hosts itself")
    suite = read_conformance(conformance) if conformance else None
    hosts = suite.hosts if suite else replace(PORTARIA_TEST, wildcard=wildcard) if real_names else Hosts()
    ports = Ports(
        issuer_port, certificate_port, mtls_port, relying_party_port, certificate_second_port, management_port
    )
    processes.check_ports(ports)
    here = Sandbox(directory)
    with processes.interruptible():
        try:
            if not here.pki.directory.exists():
                note(f"Preparing the sandbox in {directory} (only the first time)")
            prepare(here, ports, hosts, suite)
            with processes.Running(here) as running:
                welcome(here, suite)
                running.wait()
        except KeyboardInterrupt:
            note("\nStopped.")


@sandbox.command()
@DIR
@click.option("--as", "slug", required=True, type=click.Choice([p.slug for p in PERSONAS]), help="Who comes.")
@click.option("--for", "inscricao", default="", metavar="UF:INSCRICAO", help="Which choice; the first if not given.")
@json_option
def login(directory: Path, slug: str, inscricao: str) -> None:
    """Sign in as a persona at a running sandbox, without a browser; print the verified ID token and userinfo.

    Exits with 1 when the journey ends on a refusal.
    """
    here = _existing(directory)
    try:
        arrived = driver.login(here, persona(slug), inscricao)
    except requests.ConnectionError as error:
        raise ConfigurationError(f"{here.issuer} does not answer", "start it: idp sandbox run") from error
    except (driver.JourneyError, requests.RequestException) as error:
        fail(1, str(error))
    outcome = "refused" if arrived.code else "login"
    document: dict[str, Any] = {"persona": slug, "outcome": outcome, "code": arrived.code, "heading": arrived.heading}
    document |= {"offered": list(arrived.offered), "id_token": arrived.claims, "userinfo": arrived.userinfo}
    if as_json() or arrived.code:
        show(document, [("refused", f"{arrived.code} {arrived.heading}")])
    else:
        show(document, [*_lines("id_token", arrived.claims), *_lines("userinfo", arrived.userinfo)])
    if arrived.code:
        raise SystemExit(1)


def _lines(what: str, claims: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{what}.{name}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in claims.items()
    ]


@sandbox.command()
def demo() -> None:
    """Every persona's journey on free ports and in a temporary directory; exits with 0 only if all are as expected."""
    with processes.interruptible(), tempfile.TemporaryDirectory(prefix="portaria-demo-") as name:
        here = Sandbox(Path(name))
        prepare(here, processes.free_ports(), Hosts())
        with processes.Running(here):
            wrong = sum([_report(line) for line in demonstration.journeys(here)])
    if wrong:
        fail(1, f"{wrong} of the journeys did not end as expected")
    click.echo("All journeys ended as expected; every ID token was verified against the JWKS.")


@sandbox.command()
@DIR
@click.option("--as", "slug", required=True, type=_CERTIFIED, help="Whose certificate.")
@json_option
def revoke(directory: Path, slug: str) -> None:
    """Revoke a persona's certificate in its CA's CRL. The provider hears of it by "idp crl sync"."""
    here = _existing(directory)
    crl = pki.revoke(here.pki, persona(slug), _CLOCK.now())
    sync = f"IDP_CONFIG={here.config} {_command()} crl sync --from {crl}"
    show({"revoked": slug, "crl": str(crl), "next": sync})


@sandbox.command()
@DIR
@click.option("--as", "slug", required=True, type=_CERTIFIED, help="Whose certificate.")
@json_option
def renew(directory: Path, slug: str) -> None:
    """Give a persona another certificate, with a key and serial number of its own; the old one stays as it is."""
    p12 = pki.renew(_existing(directory).pki, persona(slug), _CLOCK.now())
    show({"renewed": slug, "p12": str(p12), "password": P12_PASSWORD})


@sandbox.command("carteira")
@DIR
@click.option("--as", "slug", required=True, type=_CERTIFIED, help="To whom the companies give procuracoes.")
@click.option("--companies", type=click.IntRange(1, carteira.MOST), default=400, show_default=True, help="How many.")
@json_option
def carteira_(directory: Path, slug: str, companies: int) -> None:
    """Give a persona hundreds or thousands of companies, to see the pages as a large office does.

    One in twenty procuracoes has ended, one inscricao in fifty is closed. A second time with more only adds.
    """
    file = import_carteira(_existing(directory), persona(slug), companies)
    show({"persona": slug, "companies": companies, "imported": str(file)})


def _existing(directory: Path) -> Sandbox:
    here = Sandbox(directory)
    if not here.config.exists():
        raise ConfigurationError(f"there is no sandbox in {directory}", "start it: idp sandbox run")
    return here


def welcome(here: Sandbox, suite: Conformance | None) -> None:
    """Say what to open, what to trust and who can come."""
    people = here.directory / "pki" / "personas"
    width = max(len(p.slug) for p in PERSONAS)
    trust = [f"{here.pki.web_ca}   for web sites (it can only certify this machine and portaria.test)"]
    if suite:
        names = ", ".join((suite.hosts.issuer, suite.hosts.certificate, suite.hosts.mtls))
        trust.append(f"{suite.tls_ca}   for {names}")
        trust.append(f"{here.anchors}   has both, for programs")
    click.echo(
        f"""
Portaria's sandbox is ready. Open   {here.demonstration}   (issuer {here.issuer})
The portal "Minhas procurações":    {here.issuer}/portal

Before that, once, in the browser:
{chr(10).join(f"  trust   {one}" for one in trust)}
  import  {people}/*.p12   password: {P12_PASSWORD}

Personas:"""
    )
    for someone in PERSONAS:
        if someone.spec.profile is not Profile.NENHUM:
            click.echo(f"  {someone.slug:{width}}  {someone.shows}")
    command = _command()
    click.echo(
        f"""
How it is: http://{here.settings["management"]}/health/ready and /metrics
Without a browser: {command} sandbox login --dir {here.directory} --as contadora
Other commands on this sandbox: IDP_CONFIG={here.config} {command} client list
Ctrl-C stops it; the data stays in {here.directory}.""",
    )


def _command() -> str:
    """How to call ``idp`` from here: it need not be on the PATH."""
    program = Path(sys.executable).with_name("idp")
    if not program.exists():
        return "idp"
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)


def _report(line: demonstration.Line) -> bool:
    mark = "FAIL" if line.problems else "ok"
    click.echo(f"{mark:4} {line.name:16} {line.text}")
    for problem in line.problems:
        click.echo(f"     {'':16} -> {problem}")
    return bool(line.problems)
