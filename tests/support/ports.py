"""Free loopback ports that no other test process on this machine is given at the same time."""

from __future__ import annotations

import random
import socket

# Below Linux's ephemeral range (32768-60999): no outgoing connection can take the port before its server binds it.
_RANGE = range(20000, 32768)
_reservations: list[socket.socket] = []


def free_port() -> int:
    """A TCP port free on 127.0.0.1, reserved for this process until it ends.

    The reservation is an abstract Unix socket named after the port: it holds against other test processes (parallel
    workers, another checkout) and the kernel drops it with the process. Raises RuntimeError if none is left.
    """
    for port in random.sample(_RANGE, len(_RANGE)):
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            reservation.bind(f"\0portaria-test-port-{port}")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        _reservations.append(reservation)
        return port
    raise RuntimeError(f"no free port in {_RANGE}")


def free_ports(count: int) -> tuple[int, ...]:
    """``count`` different free ports."""
    return tuple(free_port() for _ in range(count))
