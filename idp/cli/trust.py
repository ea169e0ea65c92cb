"""``idp trust``: the list of CAs that may certify a login."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.serialization import Encoding

from idp.certificate import tokens
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust import PINS, TrustList, compile_bundle, read_bundle
from idp.certificate.trust.issuers import FILE, Authority
from idp.certificate.trust.replacement import Difference, previous, succeeding
from idp.cli import trust_report as report
from idp.cli.checks import list_remedy
from idp.cli.installation import actor, audited
from idp.cli.moments import AT
from idp.cli.output import as_json, fail, json_option
from idp.errors import ConfigurationError, TrustError
from idp.fetch.bundle import fetch_bundle
from idp.fetch.connection import NotFetched
from idp.fetch.journal import Journal
from idp.fetch.tokens import FETCH
from idp.settings import Settings, load
from idp.worker.trust import replace_list

_SOON = timedelta(days=90)


@click.group()
def group() -> None:
    """The CAs that may certify a login."""


@group.command("import")
@click.argument("source")
@json_option
@AT
@click.option(
    "--allow-shrink",
    is_flag=True,
    help="Agree to fewer CAs: from now on this list is what counts.",
)
def import_(source: str, at: datetime, allow_shrink: bool) -> None:
    """Validate a bundle (zip, directory, file or URL) against the pinned roots and compile the list.

    The old list stays in place unless everything holds. Of a URL, the file of its SHA-512 beside it is fetched too.
    """
    settings = _real()
    path = settings.trust_dir / FILE
    try:
        old = previous(path, settings.realm)
        trust = _compiled(source, settings, at)
        if old and not allow_shrink:
            trust = succeeding(old, trust, at)
        difference = Difference.between(old, trust) if old else None
        with audited() as store:
            replace_list(path, trust, difference, store=store, source=source, actor=actor(), at=at)
    except (TrustError, NotFetched, OSError) as error:
        kept = "; the previous list stays" if path.exists() else ""
        fail(2, f"{source}: {error}{kept}")
    index = _index(settings, trust)
    if as_json():
        changes = vars(difference) if difference is not None else None
        report.print_json({"list": str(path), **report.summary(trust, index, at), "difference": changes})
    else:
        report.print_import(path, trust, index, difference, at)


@group.command()
@click.argument("source")
@json_option
@AT
def diff(source: str, at: datetime) -> None:
    """What importing a bundle would change. Exit code 0: nothing, 1: something, 2: it would be refused."""
    settings = _real()
    try:
        old = TrustList.load(settings.trust_dir / FILE, settings.realm)
        new = succeeding(old, _compiled(source, settings, at), at)
    except (TrustError, NotFetched, OSError) as error:
        fail(2, f"{source}: {error}")
    difference = Difference.between(old, new)
    if as_json():
        report.print_json(vars(difference))
    else:
        report.print_difference(difference)
    if difference:
        raise SystemExit(1)


@group.command("list")
@json_option
@AT
@click.option("--all", "everything", is_flag=True, help="Also the CAs that may not, with the reason.")
def list_(at: datetime, everything: bool) -> None:
    """The CAs that may certify a login."""
    trust, index = opened()
    issuers = trust.issuers if everything else trust.eligible
    if as_json():
        report.print_json([report.described(issuer, index, at) for issuer in issuers])
        return
    for issuer in issuers:
        why = ", ".join(issuer.reasons) or f"CA-CRL {report.crl_state(issuer, index, at)}"
        click.echo(f"{issuer.name}  [{issuer.root or 'no path'}]  until {report.day(issuer.valid_until)}  {why}")


@group.command()
@click.argument("ca")
@json_option
@AT
def show(ca: str, at: datetime) -> None:
    """One CA in full, by its name or the beginning of its SHA-256."""
    trust, index = opened()
    wanted = ca.casefold()
    found = [i for i in trust.issuers if i.name.casefold() == wanted or i.sha256.startswith(wanted)]
    if not found:
        fail(1, f"no CA {ca!r} in the list", "idp trust list --all")
    described = [report.described(issuer, index, at) for issuer in found]
    if as_json():
        report.print_json(described)
        return
    for entry in described:
        for key, value in entry.items():
            click.echo(f"{key:14} {', '.join(value) if isinstance(value, list) else value}")
        for token in entry["reasons"]:
            click.echo(f"{'':14} {token}: {tokens.ISSUER[token]}")


@group.command()
@json_option
@click.option("--all", "everything", is_flag=True, help="Also the CAs that may certify a login.")
def names(everything: bool) -> None:
    """PEM of the CAs whose names a TLS proxy advertises, so that browsers offer only what is under them: the pinned
    roots. For deploy's CLIENT_CA_NAMES: idp trust names > ca-names.pem
    """
    trust, _ = opened()
    found: tuple[Authority, ...] = (*trust.anchors, *trust.eligible) if everything else trust.anchors
    pems = [one.certificate.public_bytes(Encoding.PEM).decode() for one in found]
    if as_json():
        entries = zip(found, pems, strict=True)
        report.print_json([{"name": one.name, "sha256": one.sha256, "pem": pem} for one, pem in entries])
    else:
        click.echo("".join(pems), nl=False)


@group.command()
@json_option
@AT
def status(at: datetime) -> None:
    """Whether logins can be judged: exit code 0 if every eligible CA has fresh CA-CRLs, else 1."""
    trust, index = opened()
    summary = report.summary(trust, index, at)
    update = _last_update()
    soon = [i.name for i in trust.eligible if i.valid_until and i.valid_until < at + _SOON]
    if as_json():
        report.print_json({**summary, "expiring": soon, "update": update})
    else:
        click.echo(f"realm {trust.realm}, compiled {trust.compiled_at:%Y-%m-%d %H:%M} UTC")
        report.print_summary(summary)
        if trust.missing:
            click.echo(f"missing of what was agreed to: {', '.join(one.name for one in trust.missing)}")
        if soon:
            click.echo(f"expiring within {_SOON.days} days: {', '.join(soon)}")
        if update:
            click.echo(f"update {update['outcome']} {update['at']}  {update['why'] or ''}".rstrip())
    if set(summary["ca_crl"]) != {"fresh"}:
        raise SystemExit(1)


def opened(path: Path | None = None) -> tuple[TrustList, CrlIndex]:
    """The configured list, or the one in ``path``, and the CRL index beside it. Raises ConfigurationError."""
    settings = load()
    try:
        trust = TrustList.load(path or settings.trust_dir / FILE, None if path else settings.realm)
    except TrustError as error:
        raise ConfigurationError(str(error), list_remedy("" if path else settings.realm)) from error
    directory = (path.parent if path else settings.trust_dir) / DIRECTORY
    return trust, CrlIndex(directory, trust, timedelta(seconds=settings.crl_grace_seconds))


def _last_update() -> dict[str, Any] | None:
    """The worker's last attempt to fetch the bundle, None where it has made none."""
    settings = load()
    last = Journal(settings.trust_dir)[settings.trust_bundle_url]
    if last is None:
        return None
    why = ": ".join(filter(None, (FETCH.get(last.detail), last.said))) or None
    return {
        "url": settings.trust_bundle_url,
        "at": last.at.isoformat(),
        "outcome": last.outcome,
        "detail": last.detail,
        "why": why,
    }


def _real() -> Settings:
    settings = load()
    if settings.realm != "icp-brasil":
        raise ConfigurationError(f"realm {settings.realm!r} makes its own list", "set IDP_REALM=icp-brasil")
    return settings


def _compiled(source: str, settings: Settings, at: datetime) -> TrustList:
    with tempfile.TemporaryDirectory(prefix="portaria-trust-") as name:
        bundle = Path(source)
        if source.startswith(("http://", "https://")):
            bundle = Path(name, "bundle")
            fetch_bundle(source, bundle)
        return compile_bundle(read_bundle(bundle), pins=PINS, realm=settings.realm, at=at)


def _index(settings: Settings, trust: TrustList) -> CrlIndex:
    return CrlIndex(settings.trust_dir / DIRECTORY, trust, timedelta(seconds=settings.crl_grace_seconds))
