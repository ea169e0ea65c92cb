"""e-CPF: a natural person. Old profile by otherName 2.16.76.1.3.1 (DOC-ICP-04); new profile (Res. CG ICP-Brasil
211/2024) by the subject's serialNumber, normally with the otherName beside it."""

from __future__ import annotations

from idp.certificate import san
from idp.certificate.facts import Facts
from idp.certificate.profiles import common
from idp.domain.certificado import TipoCertificado
from idp.domain.person import PessoaFisica

TIPO = TipoCertificado.E_CPF


def matches(facts: Facts) -> bool:
    """otherName 3.1; or, with no person's otherName at all, a serialNumber of a CPF's length."""
    if facts.values(san.PF_DADOS):
        return True
    company = facts.values(san.PJ_CNPJ) or facts.values(san.PJ_CEI)
    return not company and len(common.serial_number(facts) or "") == 11


def holder(facts: Facts) -> PessoaFisica:
    """The person. Raises IdentityError."""
    common.check_single_identity(facts)
    dados = common.value(facts, san.PF_DADOS)
    cpf = san.dados_pessoais(dados).cpf if dados is not None else san.cpf(common.serial_number(facts) or "")
    if cpf is None:
        raise san.IdentityError("cpf-invalid")
    common.check_agreement(facts, cpf.numero)
    return PessoaFisica(cpf, common.display_name(facts))
