"""Every setting, from ``IDP_*`` environment variables and an optional TOML file; nothing else reads the environment.

``IDP_CONFIG`` names the TOML file (keys as below, lower case). The environment wins over the file. A secret may also
be given as a file: ``IDP_PROXY_SECRET_FILE=/run/secrets/proxy``.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from idp.errors import ConfigurationError

_DOMAIN = re.compile(r"(?!.*[.][0-9]+\Z)[a-z0-9-]+([.][a-z0-9-]+)+\Z")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_OPEN_SCOPES = {"openid", "profile", "email", "phone", "address", "offline_access"}
_SECRETS = ("proxy_secret", "cadastro_token", "database_url", "ephemeral_url")


class Settings(BaseSettings):
    """Frozen settings. Each field's description is its documentation."""

    model_config = SettingsConfigDict(env_prefix="IDP_", frozen=True, extra="forbid", use_attribute_docstrings=True)

    realm: Literal["icp-brasil", "sandbox"] = "icp-brasil"
    """Which world the trust list, the database and the keys must belong to; a mixture refuses to start."""
    authority: str = "Secretaria da Fazenda"
    """The tax authority's name, as pages show it."""
    support: str = ""
    """Where a person finds the authority's help desk: shown on error pages."""
    timezone: str = "America/Sao_Paulo"
    """IANA name of the time zone in which pages show dates and times, and in which the cadastro import reads a date
    without a time."""

    issuer: str = "https://localhost:8443"
    """The issuer identifier and public origin of the main host. Configuration, never the Host header."""
    certificate_origin: str = "https://localhost:8444"
    """Public origin of the host that asks for the taxpayer's certificate."""
    certificate_wildcard: bool = False
    """Send each login to a fresh name below the certificate host's, so that the browser asks again and a logout is a
    logout. Needs wildcard DNS and a wildcard server certificate for it (docs/certificate-step.md)."""
    certificate_second_origin: str = ""
    """Public origin of a second address of the certificate host, or empty: at most TLS 1.2, no CA names. Offered where
    no certificate came, and without certificate_wildcard where another certificate is wanted."""
    mtls_origin: str = "https://localhost:8445"
    """Public origin of the host where relying parties authenticate by certificate (RFC 8705)."""

    bind: str = "127.0.0.1"
    """Address the embedded server listens on. The sandbox realm refuses anything but a loopback address."""
    issuer_port: int = Field(default=8443, ge=0, le=65535)
    """Port of the issuer's listener."""
    certificate_port: int = Field(default=8444, ge=0, le=65535)
    """Port of the certificate host's listener."""
    certificate_second_port: int = Field(default=8446, ge=0, le=65535)
    """Port of the listener behind certificate_second_origin; unused while that is empty."""
    mtls_port: int = Field(default=8445, ge=0, le=65535)
    """Port of the mTLS listener for relying parties."""
    tls_certificate: Path = Path("keys/tls/server.pem")
    """PEM chain of the embedded server's own TLS certificate."""
    tls_key: Path = Path("keys/tls/server.key")
    """PEM private key of the embedded server's own TLS certificate."""
    certificate_tls_max: Literal["1.2", "1.3"] = "1.3"
    """Highest TLS version of the certificate host; 1.2 helps smart-card middleware without RSA-PSS."""
    certificate_ca_names: Literal["roots", "all", "none"] = "roots"
    """Which CA names the certificate host advertises: browsers offer only certificates under them."""
    workers: int = Field(default=2, ge=1, le=64)
    """Worker processes of the issuer."""

    certificate_source: Literal["embedded", "nginx", "rfc9440", "xfcc"] = "embedded"
    """How a client certificate reaches the application: the embedded server's handshake, nginx's escaped PEM in
    X-SSL-Client-Cert, RFC 9440's Client-Cert (HAProxy), or Envoy's X-Forwarded-Client-Cert. Exactly one; every other
    known header name is refused."""
    proxy_secret: SecretStr = SecretStr("")
    """Shared with the TLS proxy, sent by it as X-Portaria-Proxy; required unless certificate_source is embedded."""

    database_url: str = "sqlite:///keys/portaria.sqlite"
    """SQLAlchemy URL: sqlite:///… (embedded) or postgresql+psycopg://…"""
    ephemeral_url: str = "sql"
    """Where what may be lost is kept: "sql" (the same database) or redis://… or unix:///…"""
    signing_dir: Path = Path("keys/signing")
    """Private signing keys and the pairwise key. Back it up; never publish it."""
    trust_dir: Path = Path("keys/trust")
    """What ``idp trust`` manages: the compiled list of issuing CAs and the revocation index."""
    checkpoint_file: Path = Path("keys/audit-checkpoints.jsonl")
    """Signed heads of the audit chain, outside the database."""

    transaction_seconds: int = Field(default=900, ge=60, le=3600)
    """Life of an authorization request in progress."""
    return_code_seconds: int = Field(default=60, ge=5, le=60)
    """Life of the one-time value that brings a presented certificate back to the issuer."""
    code_seconds: int = Field(default=60, ge=5, le=60)
    """Life of an authorization code."""
    access_token_seconds: int = Field(default=300, ge=30, le=300)
    """Life of an access token: the longest a resource server that validates off line misses a revocation."""
    id_token_seconds: int = Field(default=3600, ge=60, le=36000)
    """Life of an ID token, at most until the certificate's and the procuração's end."""
    refresh_token_seconds: int = Field(default=8 * 3600, ge=300)
    """Life of a refresh token family, counted from the consent that began it."""
    session_seconds: int = Field(default=4 * 3600, ge=300, le=86400)
    """Life of the single sign-on session, counted from the login."""
    consent_days: int = Field(default=180, ge=0)
    """How long a consent is remembered; 0 never remembers."""

    escopo_certificado: Literal["raiz", "estabelecimento"] = "raiz"
    """Whether an e-CNPJ acts for every establishment of its CNPJ root or for its own only."""
    responsavel_divergente: Literal["recusar", "permitir"] = "recusar"
    """What to do when the responsável in an e-CNPJ is not among the legal representatives in the cadastro."""
    politica: str = ""
    """TOML file with the authority's policy for procurações: who may give what to whom, at which certificate level, for
    how long, and the catalogue of poderes (docs/politica.md); empty: the default policy."""
    cadastro_source: Literal["local", "https"] = "local"
    """Where contribuintes, inscrições and legal representatives come from: our own tables, filled by
    ``idp cadastro import``, or the authority's service at cadastro_url (docs/cadastro.md). Procurações are always our
    own."""
    cadastro_url: str = ""
    """Base address of the authority's service, https, as docs/cadastro-openapi.yaml describes it."""
    cadastro_token: SecretStr = SecretStr("")
    """Bearer token for that service; empty: none is sent."""
    cadastro_client_certificate: Path | None = None
    """PEM chain of our client certificate for that service; None: none is shown."""
    cadastro_client_key: Path | None = None
    """PEM private key of cadastro_client_certificate; None: it is in the same file."""
    cadastro_ca: Path | None = None
    """PEM file of the CAs that may certify that service; None: those the machine trusts."""
    cadastro_fresh_seconds: int = Field(default=300, ge=0)
    """Facts younger than this are not asked for again at a login. Older ones are, and where that fails are used with a
    notice on the page, as long as cadastro_age_seconds allows."""
    cadastro_age_seconds: int = Field(default=3600, ge=60)
    """Facts older than this decide nothing: without an answer of the service nobody acts on them. The longest that a
    legal representative's removal there goes unseen here."""
    cadastro_timeout_seconds: float = Field(default=5.0, gt=0, le=30)
    """How long one question to that service may take in all."""
    crl_grace_seconds: int = Field(default=0, ge=0, le=86400)
    """How long past nextUpdate a revocation list may still be used; 0 refuses at once."""
    crl_extra_urls: tuple[str, ...] = ()
    """Addresses of CRLs that no CA certificate names, as a JSON list: those of the CAs that certify people. They may be
    of the own network. The addresses in CA certificates need not be repeated."""
    trust_bundle_url: str = ""
    """Address of the authority's bundle, which the worker then applies daily after its SHA-512 and the pinned roots;
    empty: only ``idp trust import`` changes the list. The authority's is
    http://acraiz.icpbrasil.gov.br/credenciadas/CertificadosAC-ICP-Brasil/ACcompactadox.zip"""
    registration: Literal["off", "token", "open"] = "off"
    """Whether applications may register themselves (RFC 7591): nobody, whoever holds an initial access token made by
    ``idp client registration-token create``, or anybody at all."""
    registration_scopes: tuple[str, ...] = ("openid", "profile")
    """Most that an application may get that registered itself without a token, as a JSON list. Never cpf, inscricao,
    procuracao or certificado: those are an administrator's to give."""
    registration_per_hour: int = Field(default=60, ge=1)
    """How many applications may come to be within an hour before an open registration is put off; and how often within
    an hour each may read, replace or delete its registration."""
    client_hosts: tuple[str, ...] = ()
    """Hosts of applications inside the own network, as ``host`` or ``host:port``, as a JSON list: key sets, request
    objects and logout tokens may go there although their addresses are private or their port is not 443."""
    client_ca_file: Path | None = None
    """PEM file of the CAs that certify client_hosts, beside the system's; believed for no other host."""
    cache_seconds: float = Field(default=1.0, ge=0, le=60)
    """How long a process may use a cached client before it asks the database whether anything changed."""
    management: str = ""
    """Address and port, such as 127.0.0.1:9464, where the worker answers over plain HTTP whether it is well
    (docs/operations.md); empty: nowhere. Anybody who reaches it may read it: not an address that others reach, unless
    something in front keeps them out. The sandbox realm refuses anything but a loopback address."""
    retention_access_days: int = Field(default=183, ge=183)
    """For how long grants are kept after their end, and what the audit says of refused logins: six months at least
    (Marco Civil, art. 15)."""
    retention_procuracoes_days: int = Field(default=2192, ge=1827)
    """For how long an ended procuração, request or designação is kept with its acts: five years from the first day of
    the year after (CTN, art. 173)."""
    retention_audit_days: int = Field(default=2192, ge=1827)
    """For how long the audit keeps what it says of people; of a procuração, for as long as that is kept besides."""
    log_level: Literal["info", "warning", "error"] = "info"
    """Least severe log line written."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the TOML file; no .env file and no secrets directory."""
        toml = os.environ.get("IDP_CONFIG")
        chosen = [init_settings, env_settings]
        if toml:
            chosen.append(TomlConfigSettingsSource(settings_cls, toml_file=Path(toml)))
        return tuple(chosen)

    @field_validator("issuer", "certificate_origin", "certificate_second_origin", "mtls_origin")
    @classmethod
    def _origin(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "certificate_second_origin":
            return value
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.netloc or parts.path or parts.query or parts.fragment or "@" in value:
            raise ValueError("must be an https origin without path, query or trailing slash")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (OSError, ValueError, LookupError) as error:
            raise ValueError(f"{value!r} is not the IANA name of a time zone, such as America/Manaus") from error

    @field_validator("crl_extra_urls", "trust_bundle_url")
    @classmethod
    def _fetched(cls, value: Any) -> Any:
        for url in (value,) if isinstance(value, str) else value:
            parts = urlsplit(url)
            if url and (parts.scheme not in ("http", "https") or not parts.hostname or "@" in url or parts.fragment):
                raise ValueError(f"{url!r} is not an http or https address")
        return value

    @field_validator("registration_scopes")
    @classmethod
    def _open_scopes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        never = sorted(set(value) - _OPEN_SCOPES)
        if never:
            raise ValueError(f"not for an open registration: {', '.join(never)}")
        return value

    @field_validator("client_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not (_host_and_port(host)[0] and host == host.lower()):
                raise ValueError(f"{host!r} is not a host or host:port in lower case")
        return value

    @field_validator("management")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and None in _host_and_port(value):
            raise ValueError(f"{value!r} is not an address and a port, such as 127.0.0.1:9464")
        return value

    @field_validator("cadastro_url")
    @classmethod
    def _service(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in value):
            raise ValueError("must be an https address without query")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _asked(self) -> Settings:
        if self.cadastro_source == "https":
            if not self.cadastro_url:
                raise ValueError("cadastro_source https needs cadastro_url")
            if self.cadastro_fresh_seconds > self.cadastro_age_seconds:
                raise ValueError("cadastro_fresh_seconds must not exceed cadastro_age_seconds")
        return self

    @model_validator(mode="after")
    def _safe(self) -> Settings:
        origins = [self.issuer, self.certificate_origin, self.mtls_origin]
        origins += [self.certificate_second_origin] if self.certificate_second_origin else []
        if len(set(origins)) != len(origins):
            raise ValueError(
                "issuer, certificate_origin, certificate_second_origin and mtls_origin must be different origins"
            )
        if self.certificate_wildcard:
            for origin in filter(None, (self.certificate_origin, self.certificate_second_origin)):
                if not _DOMAIN.match(urlsplit(origin).hostname or ""):
                    raise ValueError(f"certificate_wildcard needs a domain name with names below it, not {origin}")
        for name, host in (("bind", self.bind), ("management", (self.management_address or ("localhost",))[0])):
            if self.realm == "sandbox" and host not in _LOOPBACK:
                raise ValueError(f"the sandbox realm listens on a loopback address only ({name})")
        if self.certificate_source != "embedded" and len(self.proxy_secret.get_secret_value()) < 32:
            raise ValueError("proxy_secret of at least 32 characters is required behind a TLS proxy")
        return self

    @property
    def management_address(self) -> tuple[str, int] | None:
        """Host and port of ``management``; None while it is empty."""
        host, port = _host_and_port(self.management)
        return (host, port) if host and port is not None else None


def _host_and_port(address: str) -> tuple[str | None, int | None]:
    """The parts of ``host:port`` or ``[v6]:port``; None for what is missing or not one. Raises ValueError for a port
    that cannot be."""
    parts = urlsplit(f"//{address}")
    return (parts.hostname, parts.port) if parts.netloc == address and "@" not in address else (None, None)


def load(**overrides: Any) -> Settings:
    """Settings from the environment, the TOML file and ``overrides``. Raises ConfigurationError naming each field."""
    config = os.environ.get("IDP_CONFIG")
    if config and not Path(config).is_file():
        raise ConfigurationError(
            f"IDP_CONFIG names {config}, which is not a file", "correct the path or unset IDP_CONFIG"
        )
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith("IDP_")
        and name not in ("IDP_CONFIG", "IDP_TEST_DATA")
        and name.removeprefix("IDP_").lower() not in Settings.model_fields
        and name.removeprefix("IDP_").removesuffix("_FILE").lower() not in _SECRETS
    )
    if unknown:
        raise ConfigurationError(f"unknown settings: {', '.join(unknown)}", "see docs/settings.md for the names")
    for name in _SECRETS:
        file = os.environ.get(f"IDP_{name.upper()}_FILE")
        if file and name not in overrides:
            try:
                overrides[name] = Path(file).read_text().strip()
            except OSError as error:
                raise ConfigurationError(f"IDP_{name.upper()}_FILE: {error}", "correct the path") from error
    try:
        return Settings(**overrides)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{config} is not a TOML file: {error}", "correct that line") from error
    except SettingsError as error:
        remedy = 'a list is written as JSON, such as ["http://lcr.example/ac.crl"]'
        raise ConfigurationError(str(error), remedy) from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()]
        raise ConfigurationError("; ".join(lines), "correct the IDP_* variable or the TOML file") from error
