"""What commands that change things share: the checked database, and who is acting."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from idp.cli.output import note
from idp.errors import ConfigurationError, StoreUnavailable
from idp.settings import Settings, load
from idp.storage.sql import SqlStore, open_store, schema


@contextmanager
def installation() -> Iterator[tuple[Settings, SqlStore]]:
    """The settings and the durable store they name. Raises ConfigurationError unless its schema and realm are right."""
    settings = load()
    store = open_store(settings.database_url)
    try:
        schema.check(store.engine, settings.realm)
        yield settings, store
    finally:
        store.close()


@contextmanager
def audited() -> Iterator[SqlStore | None]:
    """The store whose audit records what the command does, or None with a remark where there is no usable database:
    lists can be taken in before one is made."""
    with ExitStack() as stack:
        try:
            _, store = stack.enter_context(installation())
        except (ConfigurationError, StoreUnavailable) as error:
            note(f"not recorded in the audit: {error}")
            yield None
        else:
            yield store


def actor() -> str:
    """The operating system's name for whoever runs the command: what the audit has of an operator."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
