"""The job that tells clients of ended sessions what the process that ended them could not."""

from __future__ import annotations

from datetime import datetime

import structlog

from idp.fetch.documents import ClientDocuments
from idp.keyring import KeyRing
from idp.oidc.backchannel import BackChannel
from idp.oidc.client_keys import ClientKeys
from idp.oidc.protection import Protection
from idp.ports import Clock
from idp.settings import Settings
from idp.storage.sql import SqlStore

_log = structlog.get_logger("idp.worker")


class LogoutDeliveries:
    """Sends what is due. Each outcome is a receipt (``idp outbox list``); failures are also counted in the log."""

    def __init__(self, channel: BackChannel) -> None:
        self._channel = channel

    def __call__(self, at: datetime) -> None:
        if failed := self._channel.later(at):
            _log.warning("logout_not_delivered", notices=failed)


def back_channel(settings: Settings, store: SqlStore, keys: KeyRing, clock: Clock) -> BackChannel:
    """The installation's, in this process."""
    documents = ClientDocuments(settings.client_hosts, settings.client_ca_file)
    return BackChannel(
        issuer=settings.issuer,
        protection=Protection(keys, ClientKeys(documents)),
        clock=clock,
        store=store,
        clients=store.clients(settings.cache_seconds),
        documents=documents,
    )
