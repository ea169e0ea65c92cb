"""``idp crl``: the index of revoked certificates."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from idp.certificate import encodings
from idp.certificate.facts import Facts, read
from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import TrustList
from idp.certificate.trust.distribution import crl_urls, distribution_points
from idp.certificate.trust.issuers import Authority
from idp.cli import crl_report as report
from idp.cli.installation import actor, audited
from idp.cli.moments import AT
from idp.cli.output import as_json, fail, json_option, note, show, table
from idp.cli.trust import opened
from idp.fetch.crls import Crls
from idp.fetch.journal import Journal
from idp.settings import load
from idp.worker.crls import record

_MAX_FILE = 1024 * 1024


@click.group()
def group() -> None:
    """The index of revoked certificates."""


@group.command()
@click.option("--from", "source", type=click.Path(path_type=Path), help="A directory of CRLs, or one CRL file.")
@click.option("--allow-shrink", is_flag=True, help="Accept a CRL that lists more than a fifth fewer certificates.")
@json_option
@AT
def sync(source: Path | None, at: datetime, allow_shrink: bool) -> None:
    """Take in CRLs: from the network, or with --from from a directory and without any network.

    The network is asked at the addresses in the CAs' certificates and in IDP_CRL_EXTRA_URLS, and nowhere else. Of a
    directory, CRLs of CAs outside the list are passed over. Exit code: 0 all taken in or known already, 1 some refused
    or not to be had, 2 nothing to take in.
    """
    trust, index = opened()
    if source is None:
        _from_network(trust, index, at, allow_shrink)
    else:
        _from_files(source, index, at, allow_shrink)


@group.command()
@json_option
@AT
def status(at: datetime) -> None:
    """The CRL of every CA that logins depend on: age, next update, entries, last error. Exit code 0 if all are fresh,
    else 1."""
    trust, index = opened()
    urls, journal = crl_urls(trust), Journal(index.directory)
    states = [(s, journal.about(s.authority.key, urls.get(s.authority.key, ()))) for s in index.states(at)]
    if as_json():
        documents = [report.state_json(s, attempts, urls.get(s.authority.key, ()), at) for s, attempts in states]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=2))
    else:
        for state, attempts in states:
            click.echo("  ".join(report.described(state, attempts, at)))
    if any(state.state != "fresh" for state, _ in states):
        raise SystemExit(1)


@group.command()
@click.argument("certificate")
@click.option("--issuer", help="The CA by name, or the beginning of its key's or certificate's SHA-256.")
@json_option
@AT
def lookup(certificate: str, issuer: str | None, at: datetime) -> None:
    """What the index knows of CERTIFICATE: a file (PEM or DER), or a serial number in hex with --issuer.

    Exit code: 0 good, 1 revoked or undetermined, 2 unusable input.
    """
    trust, index = opened()
    authority, serial = _subject(trust, certificate, issuer)
    found = index.status(authority.key, serial, at)
    show(
        {
            "state": found.state,
            "issuer": authority.name,
            "issuer_key": authority.key,
            "serial": serial,
            "revoked_at": report.iso(found.revoked_at),
            "reason": found.reason,
            "next_update": report.iso(found.next_update),
            "in_grace": found.in_grace,
        }
    )
    if found.state != "good":
        raise SystemExit(1)


@group.command()
@click.argument("certificates", nargs=-1, type=click.Path(path_type=Path))
@json_option
@AT
def addresses(certificates: tuple[Path, ...], at: datetime) -> None:
    """Where the list of each CA that logins depend on is known to be.

    With CERTIFICATES that these CAs issued: where those say that their CA's list is, for IDP_CRL_EXTRA_URLS.
    """
    trust, index = opened()
    known = {key: list(urls) for key, urls in crl_urls(trust).items()}
    journal = Journal(index.directory)
    needed = trust.needed_keys(at)
    wanted = {authority.key: authority for authority in trust.authorities() if authority.key in needed}
    if certificates:
        issued = [_issued(trust, file) for file in certificates]
        wanted = {authority.key: authority for authority, _ in issued}
        known = {}
        for authority, facts in issued:
            known.setdefault(authority.key, []).extend(distribution_points(facts.certificate))
    else:
        for key in wanted:
            known.setdefault(key, []).extend(journal.about(key, ()))
    rows = [
        {"issuer": authority.name, "issuer_key": key, "urls": list(dict.fromkeys(known.get(key, ())))}
        for key, authority in wanted.items()
    ]
    table(rows, ("issuer", "urls"), none="no CA in the list")


def _from_files(source: Path, index: CrlIndex, at: datetime, allow_shrink: bool) -> None:
    try:
        outcomes = index.import_crls(source, at, allow_shrink=allow_shrink).outcomes
    except OSError as error:
        fail(2, f"{source}: {error.strerror or error}")
    if not outcomes:
        fail(2, f"{source}: holds no .crl, .pem or .der file")
    _record([(o.issuer_key, o.source) for o in outcomes if o.outcome == "imported"], at)
    if as_json():
        click.echo(json.dumps([report.outcome_json(o) for o in outcomes], ensure_ascii=False, indent=2))
    else:
        for outcome in outcomes:
            click.echo(report.line(outcome))
    if any(o.outcome == "refused" and o.detail != "unknown-issuer" for o in outcomes):
        raise SystemExit(1)


def _from_network(trust: TrustList, index: CrlIndex, at: datetime, allow_shrink: bool) -> None:
    settings = load()
    if settings.realm == "sandbox":
        fail(2, "the sandbox's CAs publish nothing", "idp crl sync --from DIR")
    crls = Crls(trust, index.directory, at, settings.crl_extra_urls)
    fetched = []
    for one in crls.sync(crls.sources, at, allow_shrink=allow_shrink):
        fetched.append(one)
        if not as_json():
            click.echo(report.fetched_line(one))
    _record([(f.attempt.issuer_key, f.url) for f in fetched if f.attempt.outcome == "imported"], at)
    if as_json():
        documents = [{"url": f.url, **report.attempt_json(f.attempt)} for f in fetched]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=2))
    states = list(index.states(at))
    unknown = [s.authority.name for s in states if s.state == "absent" and not _addresses(crls, s.authority)]
    if unknown:
        note(f"{len(unknown)} CAs have no list and no known address: see idp crl addresses")
    if any(state.state != "fresh" for state in states) or any(f.attempt.outcome == "refused" for f in fetched):
        raise SystemExit(1)


def _addresses(crls: Crls, authority: Authority) -> bool:
    return any(source.issuer_key == authority.key for source in crls.sources)


def _record(lists: list[tuple[str, str]], at: datetime) -> None:
    if lists:
        with audited() as store:
            if store is not None:
                record(store, lists, at, actor=actor())


def _subject(trust: TrustList, certificate: str, issuer: str | None) -> tuple[Authority, str]:
    """The CA and the serial number (lower-case hex) to look up."""
    if Path(certificate).is_file():
        authority, facts = _issued(trust, Path(certificate))
        return authority, facts.serial
    digits = certificate.replace(":", "").removeprefix("0x").lower().lstrip("0")
    if not digits or any(c not in "0123456789abcdef" for c in digits):
        fail(2, f"{certificate!r} is neither a file nor a serial number in hex")
    if not issuer:
        fail(2, "a serial number alone says nothing", "name its CA: --issuer")
    wanted = issuer.casefold()
    for authority in trust.authorities():
        named = authority.name.casefold() == wanted
        if named or authority.key.startswith(wanted) or authority.sha256.startswith(wanted):
            return authority, digits
    return fail(2, f"no CA {issuer!r} in the list", "idp trust list --all")


def _issued(trust: TrustList, file: Path) -> tuple[Authority, Facts]:
    """The certificate in ``file`` and the CA that signed it."""
    try:
        with file.open("rb") as readable:
            facts = read(encodings.certificates(readable.read(_MAX_FILE))[0])
    except (OSError, ValueError) as error:
        fail(2, f"{file}: no certificate ({error})")
    found = trust.find(facts.certificate)
    if found is None:
        fail(2, f"{file}: issued by no CA of the list")
    return found, facts
