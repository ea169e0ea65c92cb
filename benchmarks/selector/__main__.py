"""``python -m benchmarks.selector``: two minutes. Exits with 1 where the page costs a holder with 5,000 choices more
than twice what it costs one with 5, to the first byte, on either database. ``--others N``: procurações of other people.

Requests of the two alternate, so that a ratio compares what the machine did at the same moment.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks import servers
from benchmarks.installation import ISSUER, Visitor
from benchmarks.relying_party import authorize_path
from benchmarks.selector.data import fill
from idp.clock import SystemClock
from idp.storage.sql import open_store

FEW, MANY, LIMIT = 5, 5000, 2.0


class Browser:
    """One visitor on one connection that stays open."""

    def __init__(self, url: str, visitor: Visitor) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Cookie": visitor.cookies, "Host": urlsplit(ISSUER).netloc}
        self.page = self._begin()

    def milliseconds(self, path: str, status: int) -> float:
        """To the first byte of the answer."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        taken = time.perf_counter() - began
        answer.read()
        assert answer.status == status, (path, answer.status)
        return taken * 1000

    def _begin(self) -> str:
        self._connection.request("GET", authorize_path("n") + "&prompt=select_account", headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        (tx,) = parse_qs(urlsplit(answer.headers["Location"]).query)["tx"]
        return f"/consentimento?tx={tx}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--others", type=int, default=200_000)
    options = parser.parse_args()
    missed = False
    for store in servers.STORES:
        with tempfile.TemporaryDirectory(prefix="portaria-selector-") as directory:
            with servers.issuer(store, Path(directory)) as (served, installed):
                few, many = installed.visitors[:2]
                opened = open_store(installed.settings.database_url)
                # Each has one already.
                given = {few.document: FEW - 1, many.document: MANY - 1}
                fill(opened.engine, given, options.others, SystemClock().now())
                opened.close()
                browsers = (Browser(served.url, few), Browser(served.url, many))
                missed |= _report(store, browsers, options.rounds)
    return int(missed)


def _report(store: str, browsers: tuple[Browser, Browser], rounds: int) -> bool:
    few, many = browsers
    print(f"{store}: milliseconds to the first byte, median of {rounds}")
    ratio = _row(f"the page, {FEW} and {MANY}", rounds, lambda b: b.milliseconds(b.page, 200), few, many)
    _row(
        "an authorize that asks",
        rounds,
        lambda b: b.milliseconds(authorize_path("n") + "&prompt=consent", 303),
        *browsers,
    )
    print(f"  page 200 of {MANY}: {_median(rounds, lambda: many.milliseconds(many.page + '&pagina=200', 200)):.1f}")
    missing = _median(rounds, lambda: many.milliseconds(many.page + "&faltam=1", 200))
    print(f"  what is missing of {MANY}: {missing:.1f}")
    return ratio > LIMIT


def _row(name: str, rounds: int, act: Callable[[Browser], float], few: Browser, many: Browser) -> float:
    for browser in (few, many) * 5:
        act(browser)  # warm: both have their statements prepared
    times = [(act(few), act(many)) for _ in range(rounds)]
    one, other = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"  {name}: {one:.1f}, {other:.1f}; ratio {other / one:.2f}")
    return other / one


def _median(rounds: int, act: Callable[[], float]) -> float:
    return statistics.median(act() for _ in range(rounds // 4))


if __name__ == "__main__":
    sys.exit(main())
