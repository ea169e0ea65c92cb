"""Selo Eletrônico SE-S and SE-H (Res. CG ICP-Brasil 211/2024): a company, and no natural person. The CNPJ is the
subject's serialNumber; the seal is recognised by its policy."""

from __future__ import annotations

from idp.certificate import policies, san
from idp.certificate.facts import Facts
from idp.certificate.profiles import common
from idp.certificate.san import IdentityError
from idp.domain.certificado import Nivel, TipoCertificado
from idp.domain.person import PessoaJuridica

TIPO = TipoCertificado.SELO


def matches(facts: Facts) -> bool:
    """A policy of type 201 or 202."""
    levels = {policies.nivel(oid) for oid in policies.login_policies(facts.policies)}
    return not levels.isdisjoint({Nivel.SE_S, Nivel.SE_H})


def holder(facts: Facts) -> PessoaJuridica:
    """The company; nobody answers for it in this certificate. Raises IdentityError."""
    common.check_single_identity(facts)
    if facts.values(san.PF_DADOS):
        raise IdentityError("ambiguous-person")
    number = common.serial_number(facts)
    if number is None:
        raise IdentityError("cnpj-missing")
    cnpj = san.cnpj(number)
    field = common.value(facts, san.PJ_CNPJ)
    if field is not None and san.cnpj_field(field) != cnpj:
        raise IdentityError("serial-number-mismatch")
    common.check_agreement(facts, cnpj.numero)
    return PessoaJuridica(cnpj, common.display_name(facts))
