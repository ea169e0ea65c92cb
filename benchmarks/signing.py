"""The other yardstick: RS256 signatures a second, by as many processes as the server has workers.

``python -m benchmarks.signing SECONDS`` is one of them and prints its rate.
"""

from __future__ import annotations

import subprocess
import sys
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def rate(processes: int, seconds: float) -> float:
    """Signatures a second of all together."""
    command = [sys.executable, "-m", "benchmarks.signing", str(seconds)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return sum(float(process.communicate()[0]) for process in started)


def _rate(seconds: float) -> float:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    scheme, algorithm, data = padding.PKCS1v15(), hashes.SHA256(), bytes(700)
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        key.sign(data, scheme, algorithm)
        count += 1
    return count / elapsed


if __name__ == "__main__":
    print(_rate(float(sys.argv[1])))
