"""``idp serve``: the embedded server."""

from __future__ import annotations

import click

from idp.server import serve as run
from idp.settings import load


@click.command()
def serve() -> None:
    """Run the issuer, the certificate host and the mTLS host until Ctrl-C.

    Settings come from IDP_* variables and the TOML file that IDP_CONFIG names; "idp config check" says whether they
    allow a start.
    """
    raise SystemExit(run(load()))
