"""``idp doctor``: what is wrong with the running deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click

from idp.cli import checks
from idp.cli.output import as_json, json_option, plain, show
from idp.clock import SystemClock
from idp.doctor.backend import DEFAULT
from idp.doctor.deployment import Address, deployment
from idp.doctor.examination import examine
from idp.doctor.findings import Finding
from idp.settings import Settings, load

_ROLES = ("issuer", "certificate", "second", "mtls")


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise click.BadParameter(f"{text} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _connect(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, Address]:
    found = {}
    for value in values:
        role, equals, address = value.rpartition("=")
        if equals and role not in _ROLES:
            raise click.BadParameter(f"{role} is none of {', '.join(_ROLES)}")
        found[role] = _address(address)
    return found


def _backend(_: click.Context, __: click.Parameter, value: str | None) -> Address | str | None:
    if value is None:
        return DEFAULT if Path(DEFAULT).exists() else None
    return value if value.startswith("/") else _address(value)


@click.command()
@click.option(
    "--connect",
    multiple=True,
    callback=_connect,
    metavar="[HOST=]ADDRESS:PORT",
    help="Where the hosts really are, before DNS says so. For one of them: issuer=, certificate=, second= or mtls=.",
)
@click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM of the CA of the hosts' own certificates, if browsers do not know it.",
)
@click.option(
    "--backend",
    callback=_backend,
    metavar="SOCKET|HOST:PORT",
    help=f"The gateway application's own socket behind the proxy ({DEFAULT}, if it is there).",
)
@click.option("--outside", is_flag=True, help="Only what can be seen from another machine: no files, no stores.")
@json_option
def doctor(connect: dict[str, Address], ca: Path | None, backend: Address | str | None, outside: bool) -> None:
    """Probe the running deployment that the settings name, and say what to change.

    Forged certificate headers, TLS, the certificates that must and must not get through, discovery, clocks, trust and
    revocation lists, stores. Changes nothing and sends only to the configured hosts. Exits with 0 when all is well, 1
    when something is to be changed, 3 when the settings themselves do not load.
    """
    settings = load()
    here = not outside
    probes = examine(deployment(settings, connect, ca), SystemClock(), here=here, backend=backend if here else None)
    found = []
    for one in chain(_installation(settings) if here else (), probes):
        found.append(one)
        if not as_json():
            _print(one)
    wrong = [one for one in found if not one.ok]
    if as_json():
        show({"ok": not wrong, "findings": [asdict(one) | {"why": one.why} for one in found]})
    else:
        click.echo(
            f"\n{len(found)} checks, {len(wrong)} to be changed" if wrong else f"\n{len(found)} checks, all well"
        )
    raise SystemExit(1 if wrong else 0)


def _installation(settings: Settings) -> Iterator[Finding]:
    """What ``idp config check`` finds, but for the embedded server's TLS files where a proxy does the TLS; and whether
    the worker runs."""
    for one in checks.findings(settings, running=True):
        if one.check != "tls" or settings.certificate_source == "embedded":
            yield Finding(one.check, "this machine", one.ok, one.detail, one.remedy)


def _print(one: Finding) -> None:
    click.echo(f"{'ok     ' if one.ok else 'PROBLEM'}  {one.check:19} {plain(one.where)}: {plain(one.detail)}")
    if not one.ok:
        click.echo(f"{'':28} why: {one.why}\n{'':29}-> {plain(one.remedy)}")
