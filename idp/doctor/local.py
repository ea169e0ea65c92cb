"""What lies on this machine: the trust list and the revocation lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust import TrustList
from idp.certificate.trust.issuers import FILE
from idp.doctor.findings import Finding
from idp.errors import TrustError
from idp.settings import Settings

_OLD = timedelta(days=45)
_AHEAD = timedelta(minutes=5)


def trust_and_crls(settings: Settings, now: datetime) -> Iterator[Finding]:
    """That the list is not old, and no revocation list is from the future."""
    trust = trust_list(settings)
    if trust is None:
        return  # idp config check says so
    age = now - trust.compiled_at
    fine = timedelta(0) - _AHEAD <= age < _OLD
    detail = f"compiled {trust.compiled_at:%Y-%m-%d}, {max(age.days, 0)} days ago"
    where = str(settings.trust_dir / FILE)
    yield Finding("trust-age", where, fine, detail, "" if fine else "idp trust import FILE, monthly")
    index = CrlIndex(settings.trust_dir / DIRECTORY, trust, timedelta(seconds=settings.crl_grace_seconds))
    ahead = [s for s in index.states(now) if s.this_update is not None and s.this_update > now + _AHEAD]
    if ahead:
        names = ", ".join(s.authority.name for s in ahead[:3]) + (", …" if len(ahead) > 3 else "")
        detail = f"{len(ahead)} lists are from the future ({names}): this machine's clock is behind"
        yield Finding("clock", "this machine", False, detail, "chrony or systemd-timesyncd: timedatectl status")


def trust_list(settings: Settings) -> TrustList | None:
    """The compiled list, None where there is none to be used."""
    try:
        return TrustList.load(settings.trust_dir / FILE, settings.realm)
    except TrustError:
        return None


def advertised(settings: Settings, trust: TrustList | None) -> tuple[bytes, ...]:
    """DER of the CA names that ``settings.certificate_ca_names`` has advertised."""
    if trust is None or settings.certificate_ca_names == "none":
        return ()
    roots = tuple(root.subject for root in trust.anchors)
    if settings.certificate_ca_names == "roots":
        return roots
    return roots + tuple(issuer.subject for issuer in trust.eligible)
