"""Rounds → ratios, a table, and floors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.load import Measured

HELLO, IN_USE = "hello", "in_use"
REQUESTS = {"flow": 3, IN_USE: 1, HELLO: 1, "refresh": 1, "client_credentials": 1, "userinfo": 1}
"""HTTP requests in one operation: a ratio compares requests with requests. ``in_use`` makes none."""
FLOORS = {("sqlite", "flow"): 0.18, ("sqlite", "client_credentials"): 0.40, ("postgresql", "flow"): 0.10}
"""Least share of stock Flask's rate on the same server."""
PSS_MIB = 110
"""Most memory of one worker."""


@dataclass
class Round:
    """One pass over everything on one store: operation → what was measured; ``signing``: raw RS256 a second."""

    signing: float
    measured: dict[str, Measured] = field(default_factory=dict)

    def to_hello(self, operation: str) -> float:
        return REQUESTS[operation] * self.measured[operation].rate / self.measured[HELLO].rate

    def cpu_to_hello(self, operation: str) -> float:
        """The same in CPU time, which other programs on the machine disturb less."""
        return REQUESTS[operation] * self.measured[HELLO].cpu / self.measured[operation].cpu

    def to_signing(self, operation: str) -> float:
        return self.measured[operation].rate / self.signing


@dataclass
class StoreReport:
    """``pss_mib`` is of each worker, after the last round."""

    store: str
    rounds: list[Round] = field(default_factory=list)
    pss_mib: list[float] = field(default_factory=list)

    def operations(self) -> list[str]:
        return list(self.rounds[0].measured)

    def to_hello(self, operation: str) -> list[float]:
        """Ratio of each round, ascending."""
        return sorted(each.to_hello(operation) for each in self.rounds)

    def missed(self) -> Iterator[str]:
        """Floors that do not hold, in words."""
        for (store, operation), floor in FLOORS.items():
            if store == self.store and (reached := median(self.to_hello(operation))) < floor:
                yield f"{store} {operation}: {reached:.3f} of stock Flask, floor {floor:.2f}"
        if max(self.pss_mib) > PSS_MIB:
            yield f"{self.store}: {max(self.pss_mib):.0f} MiB PSS a worker, limit {PSS_MIB}"

    def table(self) -> Iterator[str]:
        signing = median(each.signing for each in self.rounds)
        yield f"{self.store}: {len(self.rounds)} rounds, raw RS256 {signing:,.0f}/s; medians, [spread over the rounds]"
        heads = f"{'rate/s':>9}{'p50 ms':>9}{'p95':>8}{'p99':>8}{'CPU us':>9}"
        yield f"  {'':20}{heads}   of stock Flask        by CPU  of RS256"
        for operation in self.operations():
            found = [each.measured[operation] for each in self.rounds]
            rate, p50, p95, p99, cpu = (
                median(getattr(one, name) for one in found) for name in ("rate", "p50", "p95", "p99", "cpu")
            )
            ratios = self.to_hello(operation)
            signed = median(each.to_signing(operation) for each in self.rounds)
            spread = f"{median(ratios):.3f} [{ratios[0]:.3f}..{ratios[-1]:.3f}]"
            by_cpu = median(each.cpu_to_hello(operation) for each in self.rounds)
            line = f"  {operation:20}{rate:9,.0f}{p50:9.2f}{p95:8.2f}{p99:8.2f}{cpu:9,.0f}   {spread:22}{by_cpu:.3f}   "
            line += f"{signed:.3f}"
            floor = FLOORS.get((self.store, operation))
            yield f"{line}   floor {floor:.2f}" if floor else line
        workers = ", ".join(f"{each:.0f}" for each in self.pss_mib)
        yield f"  PSS of each worker: {workers} MiB (limit {PSS_MIB})"

    def document(self) -> dict[str, Any]:
        """For the JSON file: every figure of every round."""
        return {
            "store": self.store,
            "pss_mib": self.pss_mib,
            "to_hello": {operation: median(self.to_hello(operation)) for operation in self.operations()},
            "rounds": [asdict(each) for each in self.rounds],
        }
