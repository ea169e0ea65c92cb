"""One list in the place of another: what changes, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.certificate.trust.issuers import Issuer, TrustList
from idp.errors import TrustError

_MAX_LOSS = 0.2


@dataclass(frozen=True)
class Difference:
    """What a new list changes: CAs by name, as may now, may no longer, and are new or gone without mattering."""

    may_now: list[str]
    no_longer: list[str]
    added: list[str]
    removed: list[str]

    def __bool__(self) -> bool:
        return any(vars(self).values())

    @classmethod
    def between(cls, old: TrustList, new: TrustList) -> Difference:
        before, after = _by_sha(old), _by_sha(new)
        could = {sha for sha, issuer in before.items() if issuer.eligible}
        can = {sha for sha, issuer in after.items() if issuer.eligible}
        named = before | after

        def names(shas: set[str]) -> list[str]:
            return sorted(named[sha].name for sha in shas)

        return cls(
            names(can - could),
            names(could - can),
            names(after.keys() - before.keys() - can),
            names(before.keys() - after.keys() - could),
        )


def check(old: TrustList, new: TrustList, at: datetime) -> None:
    """Raises TrustError when more than a fifth of the CAs that may certify a login would go. One that expired
    meanwhile is no loss."""
    alive = {i.sha256 for i in old.eligible if i.valid_until and at <= i.valid_until}
    if len(alive - {i.sha256 for i in new.eligible}) > _MAX_LOSS * len(alive):
        raise TrustError("more than a fifth of the CAs would go; if that is right, add --allow-shrink")


def same(old: TrustList, new: TrustList) -> bool:
    """Whether the lists say the same of every certificate, whenever they were compiled."""
    return (old.roots, old.issuers, old.unreadable) == (new.roots, new.issuers, new.unreadable)


def previous(path: Path, realm: str) -> TrustList | None:
    """The list to be replaced, None where there is none or it is damaged. Raises TrustError for one of another realm:
    it is never replaced."""
    if not path.exists():
        return None
    try:
        return TrustList.load(path, realm)
    except TrustError:
        try:
            other = TrustList.load(path, None).realm
        except TrustError:
            return None
        if other == realm:
            return None
        raise


def _by_sha(trust: TrustList) -> dict[str, Issuer]:
    return {issuer.sha256: issuer for issuer in trust.issuers}
