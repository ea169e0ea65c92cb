"""The ICP-Brasil profiles: from what a leaf says to the one person it names, or to why it names none.

Owns the making of a Holder; nothing else does. A profile is one module here plus its place in ``PROFILES``.
"""

from __future__ import annotations

from typing import Protocol, cast

from idp.certificate.facts import Facts
from idp.certificate.profiles import e_cnpj, e_cpf, refused, selo_eletronico
from idp.certificate.san import IdentityError
from idp.domain.certificado import TipoCertificado
from idp.domain.person import Holder


class Profile(Protocol):
    """What each module of the tuple offers."""

    TIPO: TipoCertificado

    def matches(self, facts: Facts) -> bool:
        """Whether this profile is the one to read ``facts``."""
        ...

    def holder(self, facts: Facts) -> Holder:
        """The person named. Raises IdentityError."""
        ...


PROFILES: tuple[Profile, ...] = cast("tuple[Profile, ...]", (selo_eletronico, e_cpf, e_cnpj))
"""Asked in this order; the first that matches decides. The seal comes first because its policy, not its names, marks
it. Types that can never log in are ``refused``'s and judged before."""

__all__ = ["PROFILES", "IdentityError", "Profile", "identify", "refused"]


def identify(facts: Facts) -> tuple[TipoCertificado, Holder]:
    """The profile and the person. Raises IdentityError with a documented token."""
    for profile in PROFILES:
        if profile.matches(facts):
            return profile.TIPO, profile.holder(facts)
    raise IdentityError("identity-missing")
