"""The single sign-on session: who proved a certificate in this browser, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.domain.certificado import Certificado
from idp.domain.person import Holder


@dataclass(frozen=True, slots=True)
class Session:
    """``key`` is the digest of the cookie's value: the value itself is never stored, and it is renewed at every login.
    ``id`` outlives those renewals as long as the holder is the same: grants and ``sid`` hang on it. ``auth_time`` is
    the moment the handshake's return code was redeemed. ``dispositivo``: browser and system as it names itself, to be
    recognised by its person. ``asks``: ids of clients for which the person wants to choose anew next time, whatever is
    remembered."""

    key: str
    id: str
    holder: Holder
    certificado: Certificado
    auth_time: datetime
    expires_at: datetime
    dispositivo: str = ""
    asks: frozenset[str] = frozenset()
