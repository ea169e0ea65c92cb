"""How often somebody may do something within a time: counted where it may be lost (a restart of Redis forgives)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.errors import TooMany
from idp.ports import Clock, Ephemeral

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Allowance:
    """``most`` times within each window of ``within``, whole seconds; windows begin at multiples of it since 1970."""

    ephemeral: Ephemeral
    clock: Clock
    most: int
    within: timedelta

    def spend(self, what: str) -> None:
        """Count one of ``what``, a short ASCII name. Raises TooMany, with the seconds until the next window, and
        StoreUnavailable.

        Each use claims its number, so that of two at once one counts further: nobody gets more by asking in parallel.
        """
        seconds = int(self.within.total_seconds())
        window, gone = divmod(int(self.clock.now().timestamp()), seconds)
        key = f"allowance/{what}/{window}"
        count = int(self.ephemeral.get(key) or 0)
        for number in range(count, min(count + _TRIES, self.most)):
            if self.ephemeral.add_if_absent(f"{key}/{number}", b"", self.within):
                self.ephemeral.put(key, str(number + 1).encode(), self.within)
                return
        raise TooMany(f"more than {self.most} times within {seconds} seconds", seconds - gone)
