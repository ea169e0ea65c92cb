"""``idp worker``: the periodic work in the foreground."""

from __future__ import annotations

import click

from idp.listeners.process import stop_event
from idp.settings import load
from idp.worker import run


@click.command()
def worker() -> None:
    """Seal the audit chain, forget what has expired, fetch revocation lists and the trust list, until Ctrl-C.

    "idp serve" runs this by itself. Behind a proxy it is a service of its own; several at once do no harm.
    """
    run(load(), stop_event())
