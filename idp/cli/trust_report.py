"""What ``idp trust`` shows: a list in figures, one CA in full, and what a new list changes."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from idp.certificate import tokens
from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import Issuer, TrustList
from idp.certificate.trust.replacement import Difference


def crl_state(issuer: Issuer, index: CrlIndex, at: datetime) -> str:
    """The worst state among the CRLs that speak of this CA and of those above it: fresh, stale, absent or revoked."""
    states = {index.status(link.issuer_key, link.serial, at).state for link in issuer.path}
    return next((state for state in ("revoked", "absent", "stale") if state in states), "fresh")


def summary(trust: TrustList, index: CrlIndex, at: datetime) -> dict[str, Any]:
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
        "missing": [one.name for one in trust.missing],
        "ca_crl": dict(Counter(crl_state(i, index, at) for i in trust.eligible)),
    }


def described(issuer: Issuer, index: CrlIndex, at: datetime) -> dict[str, Any]:
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


def print_import(path: Path, trust: TrustList, index: CrlIndex, difference: Difference | None, at: datetime) -> None:
    figures = summary(trust, index, at)
    print_summary(figures)
    by_reasons: dict[tuple[str, ...], list[Issuer]] = {}
    for issuer in trust.issuers:
        if issuer.reasons:
            by_reasons.setdefault(issuer.reasons, []).append(issuer)
    click.echo("\nThe others may not:")
    for reasons, issuers in sorted(by_reasons.items(), key=lambda item: -len(item[1])):
        click.echo(f"  {len(issuers)}: " + "; ".join(f"{token} ({tokens.ISSUER[token]})" for token in reasons))
        for issuer in issuers:
            click.echo(f"     {issuer.name}  [{issuer.root or 'no path'}]")
    if difference is None:
        click.echo("\nThere was no list before.")
    else:
        click.echo("\nSince the previous list:")
        print_difference(difference)
    click.echo(f"\nWritten to {path}")
    if set(figures["ca_crl"]) != {"fresh"}:
        click.echo("Without fresh CRLs every login ends in CERT-06: idp crl sync")


def print_difference(difference: Difference) -> None:
    for label, names in vars(difference).items():
        click.echo(f"  {label.replace('_', ' ')}: {', '.join(names) or 'none'}")


def print_summary(figures: dict[str, Any]) -> None:
    unreadable = figures["unreadable"]
    roots = len(figures["roots"]) + sum(entry["root"] for entry in unreadable)
    cas = figures["certificates"] - roots
    click.echo(
        f"{figures['certificates']} certificates: {roots} roots, {cas} CAs; {len(unreadable)} of them unreadable"
    )
    for entry in unreadable:
        click.echo(f"  unreadable: {entry['name'] or entry['sha256']} ({entry['reason']})")
    for name, root in figures["roots"].items():
        may = (
            f"{root['eligible']} of {root['cas']} CAs may certify a login"
            if root["pin"]
            else f"no anchor, {root['cas']} CAs"
        )
        click.echo(f"  {root['pin'] or name}: {may}")
    states = ", ".join(f"{count} {state}" for state, count in sorted(figures["ca_crl"].items()))
    click.echo(f"CA-CRLs of the {figures['eligible']} eligible CAs: {states}")


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "?"
