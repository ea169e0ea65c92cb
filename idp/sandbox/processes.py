"""The sandbox's processes: the provider and the demonstration relying party, started, awaited and stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields
from types import TracebackType
from urllib.parse import urlsplit

import requests

from idp.errors import ConfigurationError
from idp.sandbox.layout import Ports, Sandbox

START_SECONDS = 180.0
STOP_SECONDS = 20.0


def check_ports(ports: Ports) -> None:
    """Raises ConfigurationError naming the first port that something else already uses."""
    for name, port in asdict(ports).items():
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError as error:
                option = name.replace("_", "-")
                raise ConfigurationError(
                    f"port {port} of 127.0.0.1, meant for the {option} host: {error.strerror}",
                    f"stop what uses it, or choose another: --{option}-port NUMBER",
                ) from error


def free_ports() -> Ports:
    """Ports that nothing used a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in fields(Ports)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return Ports(*(sock.getsockname()[1] for sock in sockets))


class Running:
    """The two processes. They are in sessions of their own: Ctrl-C reaches this process alone, which stops them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Running:
        try:
            self._start("provider", "idp", "serve")
            self._start("relying-party", "idp.sandbox.relying_party", str(self.sandbox.relying_party.resolve()))
            self._await()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def wait(self) -> None:
        """Return only by an exception: KeyboardInterrupt, or ConfigurationError when a process ended by itself."""
        while True:
            self._check_alive()
            for process in self._processes.values():
                try:
                    process.wait(0.5)
                except subprocess.TimeoutExpired:
                    continue

    def _start(self, name: str, module: str, *arguments: str) -> None:
        """With an environment of our own, so that IDP_* variables and proxies of the user's do not reach in."""
        environment: Mapping[str, str] = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "IDP_CONFIG": str(self.sandbox.config.resolve()),
        }
        self.sandbox.log.mkdir(exist_ok=True)
        with (self.sandbox.log / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def _await(self) -> None:
        """Until the issuer, both addresses of the certificate host, the mTLS host, the relying party and the worker
        all answer."""
        give_up = time.monotonic() + START_SECONDS
        settings = self.sandbox.settings
        waiting = {
            f"{self.sandbox.issuer}/.well-known/openid-configuration",
            f"{settings['certificate_origin']}/",
            f"{settings['certificate_second_origin']}/",
            f"{settings['mtls_origin']}/",
            f"{self.sandbox.demonstration}/",
            f"http://{settings['management']}/health/live",
        }
        with requests.Session() as http:
            http.trust_env = False
            http.verify = str(self.sandbox.anchors)
            while waiting:
                self._check_alive()
                waiting = {url for url in waiting if not _answers(http, url)}
                if waiting and time.monotonic() > give_up:
                    where = ", ".join(sorted(urlsplit(url).netloc for url in waiting))
                    raise ConfigurationError(f"{where} did not answer within {START_SECONDS:.0f} s", self._logs())
                if waiting:
                    time.sleep(0.05)

    def _check_alive(self) -> None:
        for name, process in self._processes.items():
            code = process.poll()
            if code is not None:
                log = (self.sandbox.log / f"{name}.log").read_text(errors="replace").strip()
                last = "\n".join(log.splitlines()[-15:])
                raise ConfigurationError(f"the {name} ended (exit {code}):\n{last}", self._logs())

    def _stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        give_up = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            try:
                process.wait(max(0.1, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _logs(self) -> str:
        return f"read {self.sandbox.log}/*.log"


def _answers(http: requests.Session, url: str) -> bool:
    """Any answer below 500 will do: only the issuer and the relying party have something at these addresses."""
    try:
        return http.get(url, timeout=2).status_code < 500
    except requests.RequestException:
        return False


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into KeyboardInterrupt: a closed terminal stops the sandbox as Ctrl-C does.

    SIGINT also where it was ignored, as a shell does to what it starts with ``&``; SIGHUP not, as nohup asks.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    if previous[signal.SIGHUP] is signal.SIG_IGN:
        del previous[signal.SIGHUP]
    try:
        for number in previous:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
