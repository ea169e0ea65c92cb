"""The three WSGI applications for a server of your choice: ``granian --interface wsgi idp.wsgi:issuer``.

``issuer``, ``gateway`` and ``mtls`` are made at first use from the IDP_* settings; making one does not make the others.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_FACTORIES = {"issuer": "create_issuer", "gateway": "create_gateway", "mtls": "create_mtls"}


@cache
def __getattr__(name: str) -> Any:
    if name not in _FACTORIES:
        raise AttributeError(name)
    import idp.app
    from idp import settings

    return getattr(idp.app, _FACTORIES[name])(settings.load())
