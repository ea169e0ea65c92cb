"""``idp serve``: the embedded server."""

from __future__ import annotations

import click

from idp.cli.checks import NEEDED, trust_list
from idp.server import serve as run
from idp.settings import Settings, load


@click.command()
def serve() -> None:
    """Run the issuer, the certificate host, the mTLS host and the periodic work until Ctrl-C.

    Settings come from IDP_* variables and the TOML file that IDP_CONFIG names; "idp config check" says whether they
    allow a start.
    """
    settings = load()
    for check in NEEDED:
        check(settings)
    raise SystemExit(run(settings, ca_certificates=_advertised(settings), worker="idp.worker:run"))


def _advertised(settings: Settings) -> tuple[bytes, ...]:
    """DER of the CAs under which browsers shall offer certificates (settings.certificate_ca_names)."""
    trust = trust_list(settings)
    roots = tuple(root.der for root in trust.anchors)
    if settings.certificate_ca_names == "all":
        return roots + tuple(issuer.der for issuer in trust.eligible)
    return roots if settings.certificate_ca_names == "roots" else ()
