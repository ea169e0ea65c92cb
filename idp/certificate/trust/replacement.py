"""One list in the place of another: what changes, and whether it may.

Whoever stands between the authority's server and this one can leave CAs out of a bundle. What a new list may lack is
therefore counted from the most that was ever agreed to, not from the list before it: a little less each day adds up.
Only an operator who says so (``--allow-shrink``) makes a smaller list the one that counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from idp.certificate.trust.issuers import Issuer, Missing, TrustList
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


def succeeding(old: TrustList, new: TrustList, at: datetime) -> TrustList:
    """``new`` with what it lacks of the CAs that ``old`` has and lacks already. One that expired meanwhile is no loss.
    Raises TrustError when that is more than a fifth of them."""
    agreed = {one.sha256: one for one in old.missing if at <= one.valid_until}
    for one in old.eligible:
        if one.valid_until and at <= one.valid_until:
            agreed[one.sha256] = Missing(one.name, one.sha256, one.valid_until)
    lost = agreed.keys() - {one.sha256 for one in new.eligible}
    if len(lost) > _MAX_LOSS * len(agreed):
        names = ", ".join(sorted(agreed[one].name for one in lost))
        raise TrustError(
            f"{len(lost)} of the {len(agreed)} CAs last agreed to would be gone, more than a fifth ({names}); "
            "if that is right, idp trust import with --allow-shrink"
        )
    return replace(new, missing=tuple(sorted((agreed[one] for one in lost), key=lambda one: one.name)))


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
