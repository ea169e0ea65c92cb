"""Moments on the command line, and the ``--at`` option: judge as of another moment than now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from idp.clock import SystemClock


class Moment(click.ParamType[datetime]):
    """ISO 8601; a date alone is its beginning, and without an offset it is UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a moment such as 2026-11-22T12:00:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


AT = click.option("--at", type=Moment(), default=SystemClock().now, help="Judge as of this moment (default: now).")
