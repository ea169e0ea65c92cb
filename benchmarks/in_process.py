"""What introspection will cost without HTTP: the judgement of one grant, as userinfo makes it, in this process."""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks.load import Measured
from idp.oidc.access_token import grant_of
from idp.oidc.jose import unverified_claims
from idp.parts import Parts
from idp.settings import Settings


class InProcess:
    """``tokens``: access tokens, whose grants take turns."""

    def __init__(self, settings: Settings, tokens: Sequence[str]) -> None:
        self._redemption = Parts(settings).provider.redemption
        self._grants = [str(grant_of(unverified_claims(token))) for token in tokens]

    def measure(self, seconds: float) -> Measured:
        """One thread, so ``cpu`` is this process's alone, without a database server's."""
        durations: list[float] = []
        start, cpu = time.perf_counter(), time.process_time()
        moment = start
        while moment - start < seconds:
            self._redemption.in_use(self._grants[len(durations) % len(self._grants)])
            now = time.perf_counter()
            durations.append(now - moment)
            moment = now
        spent = time.process_time() - cpu
        durations.sort()
        p50, p95, p99 = (durations[int(len(durations) * share)] * 1e3 for share in (0.50, 0.95, 0.99))
        return Measured(len(durations) / (moment - start), p50, p95, p99, spent / len(durations) * 1e6)
