"""One judgement of a leaf, against one bare RSA verification: what the product adds to what nobody can do without."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.certificates.world import World
from idp.certificate.leaf import judge
from idp.domain.certificado import Accepted

GOAL_MS = 0.2
_BATCH = 50


@dataclass(frozen=True)
class Measured:
    """Milliseconds each: medians over batches that took turns."""

    bare_ms: float
    judged_ms: float
    judged_p99_ms: float

    @property
    def added_ms(self) -> float:
        return self.judged_ms - self.bare_ms


def measure(world: World, rounds: int) -> Measured:
    """The judgement parses, finds and checks the CA, reads the identity and asks the mapped revocation index."""
    certificate = x509.load_der_x509_certificate(world.leaf)
    key = cast(rsa.RSAPublicKey, world.ca.public_key)
    signature, signed, digest = (
        certificate.signature,
        certificate.tbs_certificate_bytes,
        certificate.signature_hash_algorithm,
    )
    assert digest is not None

    def bare() -> None:
        key.verify(signature, signed, padding.PKCS1v15(), digest)

    def judged() -> None:
        verdict = judge(world.leaf, trust=world.trust, revocation=world.index, at=world.at)
        assert isinstance(verdict, Accepted)

    bare_times: list[float] = []
    judged_times: list[float] = []
    for _ in range(rounds):
        bare_times += _times(bare)
        judged_times += _times(judged)
    judged_times.sort()
    p99 = judged_times[len(judged_times) * 99 // 100]
    return Measured(median(bare_times) * 1e3, median(judged_times) * 1e3, p99 * 1e3)


def _times(work: Callable[[], None]) -> list[float]:
    taken = []
    for _ in range(_BATCH):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return taken
