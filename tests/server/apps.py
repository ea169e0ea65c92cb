"""Tiny applications for the listeners, and the command that serves them as ``idp serve`` would."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from idp.errors import ConfigurationError
from idp.server import Factories, serve
from idp.settings import Settings, load

Start = Callable[[str, list[tuple[str, str]]], Any]


def create(settings: Settings) -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """An application that says what it was given; /exit ends its process, /slow takes a second."""

    def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/exit":
            os.kill(os.getpid(), signal.SIGKILL)
        if environ["PATH_INFO"] == "/slow":
            print("slow request begun", flush=True)
            threading.Event().wait(1)
        certificate = environ.get("portaria.client_certificate", "unset")
        body = json.dumps(
            {
                "certificate": hashlib.sha256(certificate).hexdigest()
                if isinstance(certificate, bytes)
                else certificate,
                "scheme": environ["wsgi.url_scheme"],
                "path": environ["PATH_INFO"],
                "read": len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))),
                "pid": os.getpid(),
                "environment": "PATH" in environ,
                "headers": {key: value for key, value in environ.items() if key.startswith("HTTP_")},
            }
        ).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return application


def create_refused(settings: Settings) -> Any:
    """An application that refuses to start."""
    raise ConfigurationError("there is no trust list", "idp trust import FILE")


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    ca = [Path(path).read_bytes() for path in options.pop("ca", [])]
    one = "tests.server.apps:create"
    factories = Factories(options.pop("issuer_factory", one), options.pop("gateway", one), one)
    try:
        sys.exit(serve(load(**options), ca_certificates=ca, factories=factories))
    except ConfigurationError as error:
        sys.exit(f"error: {error}")
