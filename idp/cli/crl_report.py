"""What ``idp crl`` shows: one list, one attempt, the state of a CA's list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from idp.certificate import tokens
from idp.certificate.crl_import import CrlOutcome
from idp.certificate.revocation import CaCrl
from idp.cli.output import plain
from idp.fetch.crls import Fetched
from idp.fetch.journal import Attempt
from idp.fetch.tokens import FETCH


def line(outcome: CrlOutcome) -> str:
    if outcome.outcome == "refused":
        return f"refused   {outcome.source}: {outcome.detail} ({tokens.CRL[outcome.detail]})"
    return f"{outcome.outcome:9} {outcome.source}: {outcome.issuer}, number {outcome.number}, {outcome.entries} entries"


def fetched_line(fetched: Fetched) -> str:
    why = _why(fetched.attempt)
    return f"{fetched.attempt.outcome:9} {fetched.name}  {fetched.url}{f': {why}' if why else ''}"


def described(state: CaCrl, attempts: dict[str, Attempt], at: datetime) -> Iterator[str]:
    yield f"{state.state:7} {state.authority.name}"
    if state.this_update and state.next_update:
        hours = (at - state.this_update).total_seconds() / 3600
        yield f"until {state.next_update:%Y-%m-%d %H:%M} UTC, {hours:.0f} h old, {state.entries} entries"
    if error := _last_error(attempts):
        yield f"last error {error['at']}: {plain(error['why'])}"


def outcome_json(outcome: CrlOutcome) -> dict[str, object]:
    return {
        "source": outcome.source,
        "outcome": outcome.outcome,
        "detail": outcome.detail or None,
        "issuer": outcome.issuer or None,
        "issuer_key": outcome.issuer_key or None,
        "number": outcome.number,
        "entries": outcome.entries,
        "next_update": iso(outcome.next_update),
    }


def state_json(state: CaCrl, attempts: dict[str, Attempt], urls: tuple[str, ...], at: datetime) -> dict[str, object]:
    return {
        "issuer": state.authority.name,
        "issuer_key": state.authority.key,
        "state": state.state,
        "number": state.number,
        "entries": state.entries,
        "this_update": iso(state.this_update),
        "next_update": iso(state.next_update),
        "age_seconds": int((at - state.this_update).total_seconds()) if state.this_update else None,
        "urls": list(dict.fromkeys((*urls, *attempts))),
        "fetched_at": iso(max((a.at for a in attempts.values()), default=None)),
        "last_error": _last_error(attempts),
    }


def _last_error(attempts: dict[str, Attempt]) -> dict[str, Any] | None:
    """The newest attempt's, unless one at another address went well since."""
    failed = [(a.at, url) for url, a in attempts.items() if not a.good]
    good = [a.at for a in attempts.values() if a.good]
    if not failed or (good and max(good) > max(failed)[0]):
        return None
    url = max(failed)[1]
    return {"url": url, **attempt_json(attempts[url])}


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": iso(attempt.at),
        "outcome": attempt.outcome,
        "detail": attempt.detail or None,
        "why": _why(attempt) or None,
        "issuer_key": attempt.issuer_key or None,
    }


def _why(attempt: Attempt) -> str:
    meaning = tokens.CRL.get(attempt.detail) or FETCH.get(attempt.detail, "")
    return ": ".join(filter(None, (meaning, plain(attempt.said) if attempt.said else "")))


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
