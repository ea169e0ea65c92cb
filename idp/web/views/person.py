"""Who proved a certificate, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.session import Session
from idp.flow.policy import EXPIRY_WARNING
from idp.web.text import data, legivel


@dataclass(frozen=True, slots=True)
class PersonView:
    """``responsavel``: name and masked CPF of the person whom a company's certificate names, else "". ``aviso``: a
    warning when the certificate ends within thirty days, else ""."""

    nome: str
    rotulo: str
    documento: str
    responsavel: str
    certificado: str
    emissor: str
    validade: str
    aviso: str


def person_view(session: Session, now: datetime) -> PersonView:
    holder, certificado = session.holder, session.certificado
    documento = holder.documento
    left = certificado.validade - now
    return PersonView(
        nome=legivel(holder.nome),
        rotulo="CPF" if isinstance(documento, CPF) else "CNPJ",
        documento=publico(documento),
        responsavel=responsavel(holder),
        certificado=f"{certificado.tipo.value} {certificado.nivel.value}"
        if certificado.tipo.value != "SE"
        else f"Selo Eletrônico da empresa ({certificado.nivel.value})",
        emissor=legivel(certificado.emissor),
        validade=data(certificado.validade),
        aviso=_warning(left.days) if left <= EXPIRY_WARNING else "",
    )


def responsavel(holder: Holder) -> str:
    """``JACIRA BATISTA DE SOUZA, CPF ***.001.012-**``, of a company's certificate that names one; else ""."""
    if not isinstance(holder, PessoaJuridica) or holder.responsavel is None:
        return ""
    return f"{legivel(holder.responsavel.nome, 80)}, CPF {holder.responsavel.cpf.mascarado}"


def publico(documento: Documento) -> str:
    """As pages show it: a company's number is public, a person's is masked."""
    return documento.formatado if isinstance(documento, CNPJ) else documento.mascarado


def person_facts(session: Session) -> tuple[tuple[str, str], ...]:
    """The same for whoever helps, with what names the certificate: label and text."""
    documento, certificado = session.holder.documento, session.certificado
    return (
        ("Titular", legivel(session.holder.nome)),
        ("Documento", documento.mascarado),
        ("Emissor", legivel(certificado.emissor)),
        ("Número de série", certificado.ref.serial),
        ("Validade", data(certificado.validade)),
    )


def _warning(days: int) -> str:
    when = "hoje" if days < 1 else "amanhã" if days == 1 else f"em {days} dias"
    return f"Seu certificado vence {when}. Renove-o antes, para não ficar sem acesso."
