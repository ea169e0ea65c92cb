"""What must be right before people are served: one function a matter, each says what it found or what cures it.

A check returns a sentence, or raises ConfigurationError with its remedy. The first ones, NEEDED, keep ``idp serve``
from starting; without the others it starts and cannot do all of its work.
"""

from __future__ import annotations

import os
import secrets
import ssl
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from idp import politica
from idp.audit import LATE
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust import TrustList
from idp.certificate.trust.issuers import FILE
from idp.cli.cadastro_source import probe
from idp.clock import SystemClock
from idp.errors import ConfigurationError, StoreUnavailable, TrustError
from idp.keyring import KeyRing
from idp.settings import Settings
from idp.storage.ephemeral import open_ephemeral
from idp.storage.sql import open_store, schema
from idp.storage.sql.engine import SESSION, unheeded

_ANYBODY, _NOT_OWNER = 0o007, 0o077
_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Finding:
    """``detail`` is what was found, or the problem where ``ok`` is False; then ``remedy`` says what to do."""

    check: str
    ok: bool
    detail: str
    remedy: str = ""


def database(settings: Settings) -> str:
    """It answers, is of this realm, has this version's tables, and works as each connection asks it to."""
    store = open_store(settings.database_url)
    try:
        schema.check(store.engine, settings.realm)
        if otherwise := unheeded(store.reader):
            raise ConfigurationError(
                f"PostgreSQL runs with {', '.join(f'{name} = {value}' for name, value in sorted(otherwise.items()))}: "
                "a pooler leaves out what connections ask for",
                "; ".join(f"ALTER ROLE … SET {name} = '{SESSION[name]}'" for name in sorted(otherwise)),
            )
        return f"{store.engine.dialect.name}, revision {schema.head()}, realm {settings.realm}"
    finally:
        store.close()


def keys(settings: Settings) -> str:
    """They are there, whole, and of this realm."""
    ring = KeyRing.open(settings.signing_dir, settings.realm)
    return f"{len(ring.keys())} signing keys, realm {ring.realm}"


def trust(settings: Settings) -> str:
    """The compiled list of CAs is there and of this realm."""
    found = trust_list(settings)
    return f"{len(found.eligible)} CAs may certify a login, realm {found.realm}"


def tls(settings: Settings) -> str:
    """The embedded server's own certificate; behind a proxy the listeners still use it on the inner hop."""
    chain, key = settings.tls_certificate, settings.tls_key
    for file in (chain, key):
        if not file.is_file():
            raise ConfigurationError(
                f"there is no {file}",
                "point IDP_TLS_CERTIFICATE and IDP_TLS_KEY at a PEM chain for the hosts' names and its key",
            )
    _private(key, _ANYBODY)  # a group of its own, such as Debian's ssl-cert, is in order
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password=lambda: b"")
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"{chain} and {key} are not a certificate and its private key ({error})",
            "correct IDP_TLS_CERTIFICATE and IDP_TLS_KEY; the key must not have a password",
        ) from error
    end, now = certificate.not_valid_after_utc, SystemClock().now()
    if not certificate.not_valid_before_utc <= now < end:
        raise ConfigurationError(f"{chain} is not valid now: it ends {end:%Y-%m-%d}", "renew it")
    return f"{chain}, until {end:%Y-%m-%d}{': renew it' if end - now < _SOON else ''}"


def policy(settings: Settings) -> str:
    """The authority's policy for procurações can be read."""
    found = politica.load(settings.politica)
    whose = settings.politica or "the defaults"
    return f"{len(found.regras)} rules, {len(found.catalogo)} poderes, {whose}"


def crl(settings: Settings) -> str:
    """Every CA that logins depend on has a list that may still be used."""
    index = CrlIndex(
        settings.trust_dir / DIRECTORY, trust_list(settings), timedelta(seconds=settings.crl_grace_seconds)
    )
    states = Counter(state.state for state in index.states(SystemClock().now()))
    if states["stale"] or states["absent"]:
        raise ConfigurationError(
            f"{states['stale']} revocation lists are stale, {states['absent']} absent, {states['fresh']} fresh: people "
            "whose CA has no fresh list cannot log in (CERT-06)",
            "idp crl sync; with --from DIR where nothing can be fetched",
        )
    return f"{states['fresh']} revocation lists, all fresh"


def ephemeral(settings: Settings) -> str:
    """What is put there is found there, once."""
    clock = SystemClock()
    store = open_ephemeral(settings.ephemeral_url, settings.database_url, clock)
    key, value = f"check:{secrets.token_hex(8)}", secrets.token_bytes(8)
    store.put(key, value, timedelta(seconds=10))
    if store.take(key) != value:
        raise ConfigurationError("the ephemeral store loses what it was given", "see IDP_EPHEMERAL_URL")
    return "the same database" if settings.ephemeral_url == "sql" else "answers"


def checkpoints(settings: Settings) -> str:
    """Signed heads of the audit chain can be written."""
    file = settings.checkpoint_file
    target = file if file.exists() else file.parent
    if not os.access(target, os.W_OK):
        raise ConfigurationError(
            f"the audit's checkpoints cannot be written to {file}",
            f"create {file.parent} and let this user write there, or correct IDP_CHECKPOINT_FILE",
        )
    return f"{file} can be written"


def permissions(settings: Settings) -> str:
    """Nobody but their owner reads the private keys."""
    directory = settings.signing_dir
    if not directory.is_dir():
        raise ConfigurationError(f"there is no {directory}", "idp keys create")
    files = [file for file in directory.iterdir() if file.is_file() and file.suffix != ".lock"]
    for file in files:
        _private(file, _NOT_OWNER)
    return f"{len(files)} files in {directory}, each for its owner alone"


def sealing(settings: Settings) -> str:
    """For an installation that runs: before its first start, what its set-up recorded waits rightly."""
    store = open_store(settings.database_url)
    try:
        schema.check(store.engine, settings.realm)
        count, oldest = store.audit_log().unsealed()
    finally:
        store.close()
    if oldest is not None and SystemClock().now() - oldest > LATE:
        raise ConfigurationError(
            f"{count} audit rows are not sealed, the oldest of {oldest:%Y-%m-%d %H:%M} UTC: no worker runs",
            "start idp worker (systemctl start portaria-worker) and read what it says",
        )
    return "the audit's rows are sealed as they come"


def cadastro(settings: Settings) -> str:
    """For an installation that runs: one question to the authority's service, if there is one."""
    if settings.cadastro_source == "local":
        return "our own tables"
    store = open_store(settings.database_url)
    try:
        return f"{settings.cadastro_url} {probe(settings, store)}"
    finally:
        store.close()


NEEDED: tuple[Callable[[Settings], str], ...] = (database, keys, trust, tls, policy)
ALL: tuple[Callable[[Settings], str], ...] = (*NEEDED, crl, ephemeral, checkpoints, permissions)


def findings(settings: Settings, *, running: bool = False) -> Iterator[Finding]:
    """Every check's finding, whatever the ones before it found; of an installation that is ``running`` two more."""
    for check in (*ALL, sealing, cadastro) if running else ALL:
        try:
            yield Finding(check.__name__, True, check(settings))
        except ConfigurationError as error:
            yield Finding(check.__name__, False, error.problem, error.remedy)
        except StoreUnavailable as error:
            yield Finding(
                check.__name__,
                False,
                f"does not answer: {' '.join(str(error).split())}",
                "start it, or correct its URL",
            )
        except OSError as error:
            yield Finding(
                check.__name__, False, f"{error.filename}: {error.strerror}", "correct the path or its permissions"
            )


def trust_list(settings: Settings) -> TrustList:
    """The configured list. Raises ConfigurationError."""
    try:
        return TrustList.load(settings.trust_dir / FILE, settings.realm)
    except TrustError as error:
        raise ConfigurationError(str(error), list_remedy(settings.realm)) from error


def list_remedy(realm: str) -> str:
    """What makes a trust list of ``realm``."""
    return "idp sandbox run makes it" if realm == "sandbox" else "idp trust import FILE"


def _private(file: Path, forbidden: int) -> None:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & forbidden:
        raise ConfigurationError(f"{file} has mode {mode:04o}: others can read it", f"chmod 600 {file}")
