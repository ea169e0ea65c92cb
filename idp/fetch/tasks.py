"""What runs apart, as ``python -m idp.fetch.tasks``: one task, read as a line of JSON from standard input.

Its limits: 1 GiB of address space, two minutes of CPU, no core dump. A task writes only where it was told to.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from idp.certificate.crl_import import CrlOutcome, offered, take_in
from idp.certificate.trust import compile_bundle, read_bundle
from idp.certificate.trust.issuers import Authority
from idp.errors import TrustError

_MEMORY = 1 << 30
_CPU_SECONDS = 120
_LONGEST_JOB = 64 * 1024 * 1024


def crl(*, file: str, directory: str, authorities: list[str], at: str, allow_shrink: bool) -> dict[str, Any]:
    """Take the CRL in ``file`` into the index in ``directory`` if one of ``authorities`` (base64 DER) made it."""
    candidates = [Authority(base64.b64decode(authority)) for authority in authorities]
    (_, der), *_ = offered(Path(file))
    moment = datetime.fromisoformat(at)
    return _as_json(take_in(Path(directory), file, der, candidates, moment, allow_shrink=allow_shrink))


def trust(*, bundle: str, into: str, pins: dict[str, str], realm: str, at: str) -> dict[str, Any]:
    """Compile a bundle and save the list as ``into``; ``refused`` says why not."""
    try:
        compiled = compile_bundle(read_bundle(Path(bundle)), pins=pins, realm=realm, at=datetime.fromisoformat(at))
        compiled.save(Path(into))
    except TrustError as error:
        return {"refused": str(error)}
    return {"refused": None}


TASKS: Mapping[str, Callable[..., dict[str, Any]]] = {"crl": crl, "trust": trust}


def _as_json(outcome: CrlOutcome) -> dict[str, Any]:
    return {
        "outcome": outcome.outcome,
        "detail": outcome.detail,
        "issuer_key": outcome.issuer_key,
        "entries": outcome.entries,
        "number": outcome.number,
    }


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _job() -> dict[str, Any]:
    """One line from standard input, read past Python's buffer: the thread below waits on the same descriptor."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_JOB:
        chunk = os.read(0, 65536)
        if not chunk:
            break
        line += chunk
    job: dict[str, Any] = json.loads(line)
    return job


def _end_with_parent() -> None:
    while os.read(0, 65536):
        pass
    os._exit(1)


def main() -> None:
    _limit()
    job = _job()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        result = TASKS[job["task"]](**job["arguments"])
    except MemoryError:
        raise SystemExit(1) from None
    sys.stdout.write(json.dumps({"result": result}))
    sys.stdout.flush()
    os._exit(0)  # not by way of the interpreter's end: a thread still waits on standard input


if __name__ == "__main__":
    main()
