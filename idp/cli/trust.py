"""``idp trust``: the list of CAs that may certify a login."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from idp.certificate import tokens
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust import PINS, Issuer, TrustList, compile_bundle, read_bundle
from idp.certificate.trust.issuers import FILE
from idp.cli.moments import AT
from idp.cli.output import as_json, fail, json_option
from idp.errors import ConfigurationError, TrustError
from idp.settings import Settings, load

_SOON = timedelta(days=90)
_MAX_LOSS = 0.2


@click.group()
def group() -> None:
    """The CAs that may certify a login."""


@group.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@json_option
@AT
@click.option("--allow-shrink", is_flag=True, help="Accept a bundle that drops more than a fifth of the CAs.")
def import_(source: Path, at: datetime, allow_shrink: bool) -> None:
    """Validate a bundle (zip, directory or file) against the pinned roots and compile the list.

    The old list stays in place unless everything holds.
    """
    settings = load()
    if settings.realm != "icp-brasil":
        raise ConfigurationError(f"realm {settings.realm!r} makes its own list", "set IDP_REALM=icp-brasil")
    path = settings.trust_dir / FILE
    try:
        previous = _previous(path, settings.realm)
        trust = compile_bundle(read_bundle(source), pins=PINS, realm=settings.realm, at=at)
        difference = Difference.between(previous, trust) if previous else None
        if previous and not allow_shrink and _loses_too_many(previous, trust, at):
            raise TrustError(f"{source}: more than a fifth of the CAs would go; if that is right, add --allow-shrink")
        trust.save(path)
    except (TrustError, OSError) as error:
        kept = "; the previous list stays" if path.exists() else ""
        fail(2, f"{error}{kept}")
    index = _index(settings, trust)
    if as_json():
        _print_json(
            {"list": str(path), **_summary(trust, index, at), "difference": vars(difference) if difference else None}
        )
    else:
        _print_import(path, trust, index, difference, at)


@group.command("list")
@json_option
@AT
@click.option("--all", "everything", is_flag=True, help="Also the CAs that may not, with the reason.")
def list_(at: datetime, everything: bool) -> None:
    """The CAs that may certify a login."""
    trust, index = opened()
    issuers = trust.issuers if everything else trust.eligible
    if as_json():
        _print_json([_described(issuer, index, at) for issuer in issuers])
        return
    for issuer in issuers:
        why = ", ".join(issuer.reasons) or f"CA-CRL {crl_state(issuer, index, at)}"
        click.echo(f"{issuer.name}  [{issuer.root or 'no path'}]  until {_day(issuer.valid_until)}  {why}")


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
    described = [_described(issuer, index, at) for issuer in found]
    if as_json():
        _print_json(described)
        return
    for entry in described:
        for key, value in entry.items():
            click.echo(f"{key:14} {', '.join(value) if isinstance(value, list) else value}")
        for token in entry["reasons"]:
            click.echo(f"{'':14} {token}: {tokens.ISSUER[token]}")


@group.command()
@json_option
@AT
def status(at: datetime) -> None:
    """Whether logins can be judged: exit code 0 if every eligible CA has fresh CA-CRLs, else 1."""
    trust, index = opened()
    summary = _summary(trust, index, at)
    soon = [i.name for i in trust.eligible if i.valid_until and i.valid_until < at + _SOON]
    if as_json():
        _print_json({**summary, "expiring": soon})
    else:
        click.echo(f"realm {trust.realm}, compiled {trust.compiled_at:%Y-%m-%d %H:%M} UTC")
        _print_summary(summary)
        if soon:
            click.echo(f"expiring within {_SOON.days} days: {', '.join(soon)}")
    if set(summary["ca_crl"]) != {"fresh"}:
        raise SystemExit(1)


def opened(path: Path | None = None) -> tuple[TrustList, CrlIndex]:
    """The configured list, or the one in ``path``, and the CRL index beside it. Raises ConfigurationError."""
    settings = load()
    try:
        trust = TrustList.load(path or settings.trust_dir / FILE, None if path else settings.realm)
    except TrustError as error:
        raise ConfigurationError(str(error), "idp trust import FILE") from error
    directory = (path.parent if path else settings.trust_dir) / DIRECTORY
    return trust, CrlIndex(directory, trust, timedelta(seconds=settings.crl_grace_seconds))


def crl_state(issuer: Issuer, index: CrlIndex, at: datetime) -> str:
    """The worst state among the CRLs that speak of this CA and of those above it: fresh, stale, absent or revoked."""
    states = {index.status(link.issuer_key, link.serial, at).state for link in issuer.path}
    return next((state for state in ("revoked", "absent", "stale") if state in states), "fresh")


@dataclass(frozen=True)
class Difference:
    """What a new list changes: CAs by name, as may now, may no longer, and are new or gone without mattering."""

    may_now: list[str]
    no_longer: list[str]
    added: list[str]
    removed: list[str]

    @classmethod
    def between(cls, old: TrustList, new: TrustList) -> Difference:
        before, after = _by_sha(old), _by_sha(new)
        could = {sha for sha, issuer in before.items() if issuer.eligible}
        can = {sha for sha, issuer in after.items() if issuer.eligible}
        named = before | after

        def names(shas: set[str]) -> list[str]:
            return sorted(named[sha].name for sha in shas)

        return cls(
            names(can - could),
            names(could - can),
            names(after.keys() - before.keys() - can),
            names(before.keys() - after.keys() - could),
        )


def _loses_too_many(old: TrustList, new: TrustList, at: datetime) -> bool:
    """More than a fifth of those that could until now. A CA that expired meanwhile is no loss."""
    alive = {i.sha256 for i in old.eligible if i.valid_until and at <= i.valid_until}
    return len(alive - {i.sha256 for i in new.eligible}) > _MAX_LOSS * len(alive)


def _by_sha(trust: TrustList) -> dict[str, Issuer]:
    return {issuer.sha256: issuer for issuer in trust.issuers}


def _previous(path: Path, realm: str) -> TrustList | None:
    """The list to be replaced. One of another realm is never replaced; a damaged one is."""
    if not path.exists():
        return None
    try:
        return TrustList.load(path, realm)
    except TrustError:
        try:
            other = TrustList.load(path, None).realm
        except TrustError:
            return None
        if other == realm:
            return None
        raise


def _index(settings: Settings, trust: TrustList) -> CrlIndex:
    return CrlIndex(settings.trust_dir / DIRECTORY, trust, timedelta(seconds=settings.crl_grace_seconds))


def _summary(trust: TrustList, index: CrlIndex, at: datetime) -> dict[str, Any]:
    roots = {
        root.name: {
            "pin": root.pin,
            "cas": sum(i.root == root.name for i in trust.issuers),
            "eligible": sum(i.root == root.name for i in trust.eligible),
        }
        for root in trust.roots
    }
    return {
        "realm": trust.realm,
        "compiled_at": trust.compiled_at.isoformat(),
        "certificates": len(trust.roots) + len(trust.issuers) + len(trust.unreadable),
        "roots": roots,
        "cas": len(trust.issuers),
        "eligible": len(trust.eligible),
        "refused": [
            {"name": i.name, "sha256": i.sha256, "root": i.root, "reasons": i.reasons}
            for i in trust.issuers
            if not i.eligible
        ],
        "unreadable": [vars(u) for u in trust.unreadable],
        "ca_crl": dict(Counter(crl_state(i, index, at) for i in trust.eligible)),
    }


def _described(issuer: Issuer, index: CrlIndex, at: datetime) -> dict[str, Any]:
    return {
        "name": issuer.name,
        "sha256": issuer.sha256,
        "key": issuer.key,
        "subject": issuer.certificate.subject.rfc4514_string(),
        "root": issuer.root,
        "eligible": issuer.eligible,
        "reasons": list(issuer.reasons),
        "policies": list(issuer.policies),
        "not_before": issuer.not_before.isoformat(),
        "not_after": issuer.not_after.isoformat(),
        "valid_until": issuer.valid_until.isoformat() if issuer.valid_until else None,
        "ca_crl": crl_state(issuer, index, at),
    }


def _print_import(path: Path, trust: TrustList, index: CrlIndex, difference: Difference | None, at: datetime) -> None:
    summary = _summary(trust, index, at)
    _print_summary(summary)
    by_reasons: dict[tuple[str, ...], list[Issuer]] = {}
    for issuer in trust.issuers:
        if issuer.reasons:
            by_reasons.setdefault(issuer.reasons, []).append(issuer)
    click.echo("\nThe others may not:")
    for reasons, issuers in sorted(by_reasons.items(), key=lambda item: -len(item[1])):
        click.echo(f"  {len(issuers)}: " + "; ".join(f"{token} ({tokens.ISSUER[token]})" for token in reasons))
        for issuer in issuers:
            click.echo(f"     {issuer.name}  [{issuer.root or 'no path'}]")
    click.echo("\nSince the previous list:" if difference else "\nThere was no list before.")
    for label, names in vars(difference).items() if difference else ():
        click.echo(f"  {label.replace('_', ' ')}: {', '.join(names) or 'none'}")
    click.echo(f"\nWritten to {path}")
    if set(summary["ca_crl"]) != {"fresh"}:
        click.echo("Without fresh CRLs every login ends in CERT-06: idp crl sync --from DIR")


def _print_summary(summary: dict[str, Any]) -> None:
    unreadable = summary["unreadable"]
    roots = len(summary["roots"]) + sum(entry["root"] for entry in unreadable)
    cas = summary["certificates"] - roots
    click.echo(
        f"{summary['certificates']} certificates: {roots} roots, {cas} CAs; {len(unreadable)} of them unreadable"
    )
    for entry in unreadable:
        click.echo(f"  unreadable: {entry['name'] or entry['sha256']} ({entry['reason']})")
    for name, root in summary["roots"].items():
        may = (
            f"{root['eligible']} of {root['cas']} CAs may certify a login"
            if root["pin"]
            else f"no anchor, {root['cas']} CAs"
        )
        click.echo(f"  {root['pin'] or name}: {may}")
    states = ", ".join(f"{count} {state}" for state, count in sorted(summary["ca_crl"].items()))
    click.echo(f"CA-CRLs of the {summary['eligible']} eligible CAs: {states}")


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "?"
