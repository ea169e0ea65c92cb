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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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

_KNOWN = {
    "hosts": {"issuer", "certificate", "mtls"},
    "tls": {"certificate", "key", "ca"},
    "suite": {"hosts", "ca"},
}


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
    """Raises ConfigurationError, saying what of the file is wrong."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not a TOML file: {error}", "correct that line") from error
    clients = document.pop("client", [])
    unknown = [name for name in document if name not in _KNOWN]
    unknown += [f"{part}.{name}" for part in _KNOWN for name in document.get(part, {}) if name not in _KNOWN[part]]
    if unknown:
        raise ConfigurationError(f"{file}: unknown: {', '.join(unknown)}", "see idp/sandbox/conformance.py")
    try:
        hosts, tls, suite = document["hosts"], document["tls"], document.get("suite", {})
        return Conformance(
            hosts=Hosts(hosts["issuer"], hosts["certificate"], hosts["mtls"]),
            tls_certificate=_path(file, tls["certificate"]),
            tls_key=_path(file, tls["key"]),
            tls_ca=_path(file, tls["ca"]),
            suite_hosts=tuple(suite.get("hosts", ())),
            suite_ca=_path(file, suite["ca"]) if "ca" in suite else None,
            clients=tuple(clients),
        )
    except KeyError as error:
        raise ConfigurationError(f"{file}: {error} is missing", "add it") from error


def _path(file: Path, name: str) -> Path:
    path = (file.parent / name).resolve()
    if not path.is_file():
        raise ConfigurationError(f"{file}: there is no file {path}", "correct the path")
    return path
