"""What is tried: ``idp sandbox run --conformance`` on this machine, reached by its addresses and its command alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from tests.support.https import HttpsServer
from tests.support.ports import free_ports
from tests.support.processes import Process

ROOT = Path(__file__).resolve().parents[2]
PERSONA = "produtora"
PORTS = ("issuer", "certificate", "mtls", "relying-party", "certificate-second", "management")
STATIC = 2
"""How many clients are registered in the file for each way of authentication."""


class Provider:
    """``lab`` is the relying parties' web server, whose CA certifies the provider's hosts as well."""

    def __init__(self, directory: Path, lab: HttpsServer) -> None:
        self.lab = lab
        self.data = directory / "sandbox"
        self._directory = directory
        ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.issuer = f"https://localhost:{ports['issuer']}"
        self.origins = tuple(f"https://localhost:{ports[name]}" for name in PORTS if name not in PORTS[3:4])
        self.static = {
            auth: [self._static(auth, number) for number in range(STATIC)]
            for auth in ("client_secret_basic", "client_secret_post")
        }
        options = [part for name, port in ports.items() for part in (f"--{name}-port", str(port))]
        argv = [sys.executable, "-u", "-m", "idp", "sandbox", "run", "--dir", str(self.data)]
        self.process = Process(
            [*argv, "--conformance", str(self._file()), *options],
            directory / "run.log",
            cwd=directory,
            env={"PYTHONPATH": str(ROOT)},
            stop_signal=signal.SIGINT,
        )
        self.process.wait_for_output("Ctrl-C stops it", seconds=90)
        self.http = self.session()

    @property
    def persona(self) -> tuple[str, str]:
        """The certificate and key of the person in front of the browser."""
        people = self.data / "pki" / "personas"
        return str(people / f"{PERSONA}.pem"), str(people / f"{PERSONA}.key")

    @cached_property
    def metadata(self) -> dict[str, Any]:
        answer = self.http.get(f"{self.issuer}/.well-known/openid-configuration", timeout=60)
        assert answer.status_code == 200
        return dict(answer.json())

    def session(self) -> requests.Session:
        """An HTTP client that believes the lab's CA alone."""
        http = requests.Session()
        http.trust_env = False
        http.verify = str(self.lab.ca_file)
        return http

    def jwks(self) -> list[dict[str, Any]]:
        return list(self.http.get(self.metadata["jwks_uri"], timeout=60).json()["keys"])

    def idp(self, *arguments: str) -> str:
        """An ``idp`` command on this installation; what it printed."""
        env = {**os.environ, "IDP_CONFIG": str(self.data / "idp.toml"), "PYTHONPATH": str(ROOT)}
        argv = [sys.executable, "-m", "idp", *arguments]
        done = subprocess.run(argv, cwd=self._directory, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _static(self, auth: str, number: int) -> dict[str, Any]:
        """A client for the plans with static clients: it may do all that their modules ask for."""
        name = f"static-{auth.rpartition('_')[2]}-{number}"
        return {
            "client_id": name,
            "client_secret": uuid4().hex,
            "client_name": name,
            "token_endpoint_auth_method": auth,
            "redirect_uris": [self.lab.url(f"/{name}/callback")],
            "post_logout_redirect_uris": [self.lab.url(f"/{name}/left")],
            "backchannel_logout_uri": self.lab.url(f"/{name}/backchannel"),
            "frontchannel_logout_uri": self.lab.url(f"/{name}/frontchannel"),
            "jwks_uri": self.lab.url(f"/{name}/jwks"),
            "response_types": self.response_types,
            "grant_types": ["authorization_code", "implicit", "refresh_token"],
        }

    response_types = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")

    def _file(self) -> Path:
        """The settings file, in TOML; a JSON string or list of strings is TOML as well."""
        tls = self.lab.ca_file.with_name("server.pem")
        tls.chmod(0o600)
        lines = ["[hosts]", *(f'{name} = "localhost"' for name in ("issuer", "certificate", "mtls"))]
        lines += ["[tls]", f'certificate = "{tls}"', f'key = "{tls}"', f'ca = "{self.lab.ca_file}"']
        lines += ["[suite]", f'hosts = ["{self.lab.host}"]', f'ca = "{self.lab.ca_file}"']
        for client in (one for clients in self.static.values() for one in clients):
            lines += ["[[client]]", *(f"{name} = {json.dumps(value)}" for name, value in client.items())]
        file = self._directory / "conformance.toml"
        file.write_text("\n".join(lines) + "\n")
        return file
