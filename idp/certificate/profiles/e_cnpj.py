"""e-CNPJ: a company with the natural person who answers for it. Old profile: otherName 3.3 (CNPJ), 3.4 and 3.2 (the
responsável), 3.7 (DOC-ICP-04). Some CAs also, or only, name the company by the subject's serialNumber."""

from __future__ import annotations

from idp.certificate import san
from idp.certificate.facts import Facts
from idp.certificate.profiles import common
from idp.certificate.san import IdentityError
from idp.domain.certificado import TipoCertificado
from idp.domain.documents import CNPJ
from idp.domain.person import PessoaFisica, PessoaJuridica

TIPO = TipoCertificado.E_CNPJ


def matches(facts: Facts) -> bool:
    """otherName 3.3 or 3.7; or a serialNumber of a CNPJ's length."""
    named = facts.values(san.PJ_CNPJ) or facts.values(san.PJ_CEI)
    return bool(named) or len(common.serial_number(facts) or "") == 14


def holder(facts: Facts) -> PessoaJuridica:
    """The company and, where the certificate names one, its responsável. Raises IdentityError."""
    common.check_single_identity(facts)
    cnpj = _cnpj(facts)
    common.check_agreement(facts, cnpj.numero)
    return PessoaJuridica(cnpj, common.display_name(facts), _responsavel(facts))


def _cnpj(facts: Facts) -> CNPJ:
    field = common.value(facts, san.PJ_CNPJ)
    if field is not None:
        return san.cnpj_field(field)
    number = common.serial_number(facts)
    if number is None:
        raise IdentityError("cnpj-missing")
    return san.cnpj(number)


def _responsavel(facts: Facts) -> PessoaFisica | None:
    """None when the certificate has no 3.4, or one filled with zeros, as the norm writes what is unavailable."""
    dados = common.value(facts, san.RESPONSAVEL_DADOS)
    nome = common.value(facts, san.RESPONSAVEL_NOME)
    text = common.checked_text(san.free_text(nome)) if nome is not None else ""
    cpf = san.dados_pessoais(dados).cpf if dados is not None else None
    return PessoaFisica(cpf, text) if cpf else None
