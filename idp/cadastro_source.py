"""Where the cadastro's facts come from, out of the settings: for the hosts, the worker and the commands alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from idp.cadastro.https import Service
from idp.cadastro.remoto import RemoteCadastro
from idp.flow.source import OwnTables
from idp.ports import Clock
from idp.settings import Settings
from idp.storage.sql import SqlStore

_log = structlog.get_logger("idp.cadastro")


def _cadastro_failed(token: str) -> None:
    _log.warning("cadastro_failed", why=token)


def cadastro_source(
    settings: Settings, store: SqlStore, clock: Clock, failed: Callable[[str], object] = _cadastro_failed
) -> RemoteCadastro | OwnTables:
    """Where the cadastro's facts come from; ``failed`` hears the token of each failure of a remote one. Raises
    ConfigurationError for files of the remote one that are missing."""
    if settings.cadastro_source == "local":
        return OwnTables()
    service = Service(
        settings.cadastro_url,
        clock.now,
        token=settings.cadastro_token.get_secret_value(),
        certificate=settings.cadastro_client_certificate,
        key=settings.cadastro_client_key,
        ca=settings.cadastro_ca,
        seconds=settings.cadastro_timeout_seconds,
    )
    fresh, age = timedelta(seconds=settings.cadastro_fresh_seconds), timedelta(seconds=settings.cadastro_age_seconds)
    return RemoteCadastro(service, store.fetched(), clock, fresh=fresh, age=age, failed=failed)
