"""A tiny application behind the proxy: says what it was given and what it believes. Its name is in BACKEND, the
way its certificates come in SOURCE (nginx). At /longe it redirects with a Location of 7 KB."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from idp.certificate.handshake import presented_certificate
from idp.errors import IdpError

SECRET = Path(os.environ["PROXY_SECRET_FILE"]).read_text().strip()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/longe":
        start_response(
            "303 See Other", [("Location", "https://rp.example/?state=" + "s" * 7000), ("Content-Length", "0")]
        )
        return []
    try:
        der = presented_certificate(environ, os.environ.get("SOURCE", "nginx"), SECRET)
        outcome = {"certificate": der and hashlib.sha256(der).hexdigest()}
    except IdpError as error:
        outcome = {"refused": str(error)}
    said = {
        **outcome,
        "backend": os.environ["BACKEND"],
        "method": environ["REQUEST_METHOD"],
        "headers": {key: value for key, value in environ.items() if key.startswith("HTTP_")},
        "body": environ["wsgi.input"].read().decode(),
    }
    body = json.dumps(said).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
