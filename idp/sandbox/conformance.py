"""A sandbox for the OpenID Foundation's conformance suite: what its run needs, out of one TOML file.

::

    [hosts]                                  # names of this machine, as the suite and its browser reach it
    issuer = "op.lab.test"
    certificate = "cert.op.lab.test"
    mtls = "mtls.op.lab.test"

    [tls]                                    # a server certificate for those names, and who certified it
    certificate = "op.pem"
    key = "op.key"
    ca = "lab-ca.pem"

    [suite]                                  # where keys, request objects and logout tokens may be fetched or sent
    hosts = ["suite.lab.test:8443"]
    ca = "lab-ca.pem"

    [[client]]                               # registered before the start, for plans with static clients: RFC 7591
    client_id = "static-1"
    client_secret = "…"
    redirect_uris = ["https://suite.lab.test:8443/test/a/portaria/callback"]

Paths are relative to the file. Everything but ``[hosts]`` and ``[tls]`` may be left out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idp.domain.client_document import STANDARD
from idp.domain.documents import CPF
from idp.domain.perfil import Endereco, Perfil
from idp.domain.person import PessoaFisica
from idp.errors import ConfigurationError
from idp.sandbox.layout import Hosts
from idp.sandbox.personas import persona

PERSONA = persona("produtora")
"""Who signs in: somebody with exactly one inscrição, so that a remembered consent spares the question."""
HOLDER = PessoaFisica(CPF(PERSONA.spec.documento), PERSONA.nome)
PERFIL = Perfil(
    updated_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    email="tereza.kambeba@exemplo.test",
    phone_number="+55 92 5550-0101",
    address=Endereco("Estrada do Puraquequara 1000", "Manaus", "AM", "69009-000", "BR"),
    given_name="Tereza",
    family_name="Kambeba",
    middle_name="Maria",
    nickname="Tetê",
    preferred_username="tereza.kambeba",
    profile="https://exemplo.test/tereza",
    picture="https://exemplo.test/tereza.png",
    website="https://exemplo.test",
    gender="feminino",
    birthdate="1968-03-08",
    zoneinfo="America/Manaus",
    locale="pt-BR",
)
"""Every standard claim a holder can tell (OIDC Core §5.1): a claim that is missing is a warning of the suite's."""
REGISTRATION_SCOPES = ("openid", "profile", "email", "phone", "address", "offline_access")
"""What a client may get that registers itself: the claims the suite asks for, and no document."""
REGISTRATIONS_PER_HOUR = 10_000
"""The plans register a client or two for each module, hundreds within minutes."""

_PARTS = {
    "hosts": ("issuer", "certificate", "mtls"),
    "tls": ("certificate", "key", "ca"),
    "suite": ("hosts", "ca"),
}
_NEEDED = ("hosts", "tls")
_OF_CLIENTS = frozenset({"client_id", "client_secret"}.union(name for name, *_ in STANDARD))


@dataclass(frozen=True, slots=True)
class Conformance:
    """``clients``: registrations in RFC 7591 names, with client_id and client_secret."""

    hosts: Hosts
    tls_certificate: Path
    tls_key: Path
    tls_ca: Path
    suite_hosts: tuple[str, ...] = ()
    suite_ca: Path | None = None
    clients: tuple[dict[str, Any], ...] = ()

    @property
    def settings(self) -> dict[str, str | int | list[str]]:
        """What the provider's settings get beside a sandbox's own."""
        more: dict[str, str | int | list[str]] = {
            "tls_certificate": str(self.tls_certificate),
            "tls_key": str(self.tls_key),
            "registration": "open",
            "registration_scopes": list(REGISTRATION_SCOPES),
            "registration_per_hour": REGISTRATIONS_PER_HOUR,
            "client_hosts": list(self.suite_hosts),
        }
        return more | ({"client_ca_file": str(self.suite_ca)} if self.suite_ca else {})


def read(file: Path) -> Conformance:
    """Raises ConfigurationError, saying everything that is wrong with the file's members, or which path leads
    nowhere."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not a TOML file: {error}", "correct that line") from error
    problems = [*_in_parts(document), *_in_clients(document.get("client", []))]
    if problems:
        raise ConfigurationError(f"{file}: {'; '.join(problems)}", "docs/conformance-run.md says what it may hold")
    hosts, tls, suite = document["hosts"], document["tls"], document.get("suite", {})
    return Conformance(
        hosts=Hosts(hosts["issuer"], hosts["certificate"], hosts["mtls"]),
        tls_certificate=_path(file, tls["certificate"]),
        tls_key=_path(file, tls["key"]),
        tls_ca=_path(file, tls["ca"]),
        suite_hosts=tuple(suite.get("hosts", ())),
        suite_ca=_path(file, suite["ca"]) if "ca" in suite else None,
        clients=tuple(document.get("client", ())),
    )


def _in_parts(document: dict[str, Any]) -> Iterator[str]:
    for part in dict.fromkeys((*_NEEDED, *document)):
        table = document.get(part, {})
        if part == "client":
            continue
        if part not in _PARTS:
            yield f"{part} is unknown"
        elif not isinstance(table, dict):
            yield f"{part} is a table"
        else:
            yield from (f"{part}.{name} is unknown" for name in table if name not in _PARTS[part])
            yield from (f"{part}.{name} is missing" for name in _PARTS[part] if part in _NEEDED and name not in table)
            yield from (f"{part}.{name} {wrong}" for name, value in table.items() if (wrong := _wrong(name, value)))


def _wrong(name: str, value: Any) -> str:
    """Of the tables' members, ``suite.hosts`` alone is a list."""
    if name == "hosts":
        fine = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        return "" if fine else "is a list of texts"
    return "" if isinstance(value, str) and value else "is text"


def _in_clients(clients: Any) -> Iterator[str]:
    """Only names: what the values must be, registration says."""
    if not isinstance(clients, list) or not all(isinstance(one, dict) for one in clients):
        yield "clients are written as [[client]]"
        return
    for client in clients:
        yield from (f"client.{name} is unknown" for name in client if name not in _OF_CLIENTS)
        if not isinstance(client.get("client_id"), str):
            yield "client.client_id is missing"


def _path(file: Path, name: str) -> Path:
    path = (file.parent / name).resolve()
    if not path.is_file():
        raise ConfigurationError(f"{file}: there is no file {path}", "correct the path")
    return path
