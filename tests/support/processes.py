"""Child processes with captured output: started, waited for, and gone when the test process is."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.support.debian import program


class ProcessFailed(AssertionError):
    """A child process ended or stayed silent when it should have served. Carries the end of its output."""


def wait_until(condition: Callable[[], object], what: str, seconds: float = 90) -> None:
    """Return as soon as ``condition()`` is true. Raises TimeoutError naming ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds} s still not: {what}")
        time.sleep(0.01)


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a TCP connection to the port is accepted now."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def run(argv: Sequence[str | Path], *, cwd: Path | None = None, user: str | None = None) -> str:
    """Run a short command to its end and return its standard output. Raises ProcessFailed with all it printed."""
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        user=user,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        command = " ".join(map(str, argv))
        raise ProcessFailed(f"{command}: ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Process:
    """One running child, leader of its own process group.

    Its standard output and error go to the file ``log``. The kernel sends it ``stop_signal`` if the thread that
    started it dies, so a killed test run leaves nothing behind; start children from the main thread.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start ``argv`` now. ``env`` is added to the present environment; ``user`` needs root."""
        self.argv = [str(part) for part in argv]
        self.log = log
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [program("setpriv", "util-linux"), "--pdeathsig", stop_signal.name[3:], "--", *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                user=user,
                extra_groups=[] if user else None,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._child.poll()

    def output(self) -> str:
        """Everything it has printed so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float = 90) -> Process:
        """Wait until ``condition()`` holds. Raises ProcessFailed if the child ends first or time runs out."""

        def settled() -> bool:
            return bool(condition()) or self.returncode is not None

        try:
            wait_until(settled, what, seconds)
        except TimeoutError as error:
            raise self._failed(str(error)) from None
        if self.returncode is not None and not condition():
            raise self._failed(f"ended with {self.returncode} before {what}")
        return self

    def wait_for_port(self, port: int, host: str = "127.0.0.1", seconds: float = 90) -> Process:
        """Wait until ``port`` accepts connections."""
        return self.wait_for(lambda: accepts(port, host), f"port {port} accepts", seconds)

    def wait_for_output(self, pattern: str, seconds: float = 90) -> re.Match[str]:
        """Wait until the regular expression occurs in the output, and return where."""
        self.wait_for(lambda: re.search(pattern, self.output()), f"output matches {pattern!r}", seconds)
        match = re.search(pattern, self.output())
        assert match is not None
        return match

    def wait(self, seconds: float = 90) -> int:
        """Wait for the child to end by itself and return its exit code. Raises ProcessFailed if it does not."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self._failed(f"still running after {seconds} s") from None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child alone, if it still runs."""
        if self.returncode is None:
            self._child.send_signal(number)

    def kill(self) -> None:
        """End the whole group at once (SIGKILL): what a power cut looks like to it."""
        self._signal_group(signal.SIGKILL)
        self._child.wait()

    def stop(self, seconds: float = 30) -> int:
        """Ask it to stop, insist after ``seconds``, and return its exit code. Nothing of its group survives."""
        self.signal(self._stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)
        self.kill()
        return self._child.returncode

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)

    def _failed(self, reason: str) -> ProcessFailed:
        return ProcessFailed(f"{' '.join(self.argv)}: {reason}\n{self.output()[-4000:]}")

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
