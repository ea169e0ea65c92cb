"""Debian's own Chromium with its own client certificates: an NSS store, and a policy that chooses among them.

Playwright's ``client_certificates`` presents them from a proxy of Playwright's. Here Chromium itself does the TLS
handshake, as a taxpayer's browser would.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType

from tests.support.debian import program, unavailable
from tests.support.processes import run

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
)
_ETC = Path("/etc/chromium")


class Chromium:
    """One person's browser installation: a private HOME with its certificates, and its administrator's policies.

    Policies are laid over /etc/chromium in a mount namespace of the browser's own, so nothing on the machine changes
    and browsers of parallel test processes do not see each other's.
    """

    def __init__(self) -> None:
        self.executable = program("chromium", "chromium")
        self.directory = Path(tempfile.mkdtemp(prefix="portaria-chromium-", dir="/tmp"))
        self.home = self.directory / "home"
        self._database = self.home / ".pki" / "nssdb"
        self._database.mkdir(parents=True)
        self._managed = self.directory / "etc" / "policies" / "managed"
        self._managed.mkdir(parents=True)
        if (_ETC / "master_preferences").is_file():
            shutil.copy(_ETC / "master_preferences", self._managed.parents[1])
        self._certutil("-N", "--empty-password")

    def import_p12(self, file: Path, password: str) -> None:
        """Put a certificate and its key, as a person would after buying an A1, into the NSS store."""
        argv = [program("pk12util", "libnss3-tools"), "-i", str(file), "-W", password, "-K", ""]
        run([*argv, "-d", f"sql:{self._database}"])

    def trust(self, authority: Path, nickname: str) -> None:
        """Accept servers whose certificate this CA (PEM file) issued."""
        self._certutil("-A", "-n", nickname, "-t", "C,,", "-i", str(authority))

    def select_certificate(self, *choices: tuple[str, Mapping[str, Any]]) -> None:
        """Choose without asking: for each URL pattern, a certificate that fits the filter.

        A filter is that of Chromium's policy AutoSelectCertificateForUrls: ``{}`` takes any that the server accepts,
        ``{"SUBJECT": {"CN": "…"}}`` one by its subject, ``{"ISSUER": {"CN": "…"}}`` by its issuer. Chromium reads
        policies at its start: call this before ``launch``.
        """
        rules = [json.dumps({"pattern": pattern, "filter": wanted}) for pattern, wanted in choices]
        policy = self._managed / "select-certificate.json"
        policy.write_text(json.dumps({"AutoSelectCertificateForUrls": rules}))

    def launch(
        self,
        chromium: BrowserType,
        *,
        hosts: Mapping[str, str] | None = None,
        headless: bool = True,
        env: Mapping[str, str] | None = None,
        args: Sequence[str] = (),
    ) -> Browser:
        """Start it under Playwright. A new browser forgets which certificate it chose; a new context does too.

        ``hosts`` maps a name, with * allowed, to an address: ``{"*.portaria.test": "127.0.0.1"}``; without a port in
        the address the URL's own stays. Every other name but localhost fails to resolve. With ``headless=False`` give
        the display's environment in ``env``.
        """
        rules = [f"MAP {name} {address}" for name, address in (hosts or {}).items()]
        rules += ["MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE 127.0.0.1"]
        return chromium.launch(
            executable_path=self._launcher(),
            headless=headless,
            args=[*_FLAGS, f"--host-resolver-rules={','.join(rules)}", *args],
            env={**os.environ, "HOME": str(self.home), **(env or {})},
            chromium_sandbox=False,
            timeout=120_000,
        )

    def remove(self) -> None:
        """Delete its files; close its browsers first."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _launcher(self) -> Path:
        namespace = [program("unshare", "util-linux"), "--mount"]
        if os.geteuid() != 0:
            namespace.append("--map-root-user")
        if subprocess.run([*namespace, "true"], capture_output=True).returncode or not _ETC.is_dir():
            unavailable(f"Chromium's policies need {_ETC} and a mount namespace: root, or user namespaces allowed")
        etc = shlex.quote(str(self._managed.parents[1]))
        inner = f'mount --bind {etc} {_ETC} && exec {self.executable} "$@"'
        launcher = self.directory / "chromium"
        launcher.write_text(f'#!/bin/sh\nexec {shlex.join(namespace)} sh -c {shlex.quote(inner)} chromium "$@"\n')
        launcher.chmod(0o755)
        return launcher

    def _certutil(self, *arguments: str) -> None:
        run([program("certutil", "libnss3-tools"), "-d", f"sql:{self._database}", *arguments])
