"""The gateway application's own socket: what it answers to whoever reaches it around the proxy."""

from __future__ import annotations

import ipaddress
import stat
from collections.abc import Iterator
from pathlib import Path

from idp.doctor.client import Failed, ask_plainly
from idp.doctor.deployment import Address, Deployment
from idp.doctor.findings import Finding
from idp.doctor.hop import OWN_HEADER, SECRET_HEADER, arrived, entrance

DEFAULT = "/run/portaria-gateway/socket"
"""Where deploy/systemd puts it."""
_FORGED = "idp-doctor"


def backend(deployment: Deployment, where: Address | str) -> Iterator[Finding]:
    """With the secret it answers; without it, with a wrong one, or with a malformed certificate it refuses. Raises
    Failed."""
    label = where if isinstance(where, str) else f"{where[0]}:{where[1]}"
    yield from _open_to(where, label)
    source = deployment.settings.certificate_source
    host = deployment.host("certificate")
    secret = (SECRET_HEADER, deployment.settings.proxy_secret.get_secret_value())
    forged = (OWN_HEADER[source], _FORGED)
    path = entrance(host)
    for lines, what in (
        ([], "without the secret"),
        ([(SECRET_HEADER, _FORGED)], "with a wrong secret"),
        ([forged], "with a certificate header and no secret"),
        ([secret, forged], "with a certificate that is none"),
    ):
        answer = ask_plainly(where, path, lines)
        if not answer.refused:
            cure = f"is that idp.wsgi:gateway with IDP_CERTIFICATE_SOURCE={source}? Restart it with these settings"
            yield Finding("backend", label, False, f"{answer.describe()} {what}, instead of refusing", cure)
            return
    answer = ask_plainly(where, path, [secret])
    if arrived(deployment, host, answer):
        yield Finding("backend", label, True, "refuses whoever has not the secret")
    else:
        detail = f"{answer.describe()} with the secret of these settings: the application has another one"
        yield Finding("backend", label, False, detail, "IDP_PROXY_SECRET_FILE, then restart the application")


def _open_to(where: Address | str, label: str) -> Iterator[Finding]:
    if isinstance(where, str):
        try:
            mode = stat.S_IMODE(Path(where).stat().st_mode)
        except OSError as error:
            raise Failed(f"{where}: {error.strerror}") from error
        if mode & 0o002 and all(stat.S_IMODE(folder.stat().st_mode) & 0o001 for folder in Path(where).parents):
            detail = f"mode {mode:04o}: everybody on this machine may connect"
            yield Finding(
                "backend", label, False, detail, "--uds-permissions 0o660, RuntimeDirectoryMode=0750 (deploy/systemd)"
            )
    elif not _loopback(where[0]):
        detail = "listens on a network: the secret travels in clear, and everybody may try"
        yield Finding("backend", label, False, detail, "a Unix socket, or 127.0.0.1")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
