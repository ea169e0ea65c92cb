"""``idp serve``: the embedded server."""

from __future__ import annotations

import click
from cryptography.hazmat.primitives.serialization import Encoding

from idp.certificate.trust import TrustList
from idp.certificate.trust.issuers import FILE
from idp.server import serve as run
from idp.settings import Settings, load


@click.command()
def serve() -> None:
    """Run the issuer, the certificate host and the mTLS host until Ctrl-C.

    Settings come from IDP_* variables and the TOML file that IDP_CONFIG names; "idp config check" says whether they
    allow a start.
    """
    settings = load()
    raise SystemExit(run(settings, ca_certificates=_advertised(settings)))


def _advertised(settings: Settings) -> list[bytes]:
    """The CAs under which browsers shall look for certificates (``certificate_ca_names``), in DER."""
    trust = TrustList.load(settings.trust_dir / FILE, settings.realm)
    chosen = {"roots": trust.anchors, "all": (*trust.anchors, *trust.eligible), "none": ()}
    return [authority.certificate.public_bytes(Encoding.DER) for authority in chosen[settings.certificate_ca_names]]
