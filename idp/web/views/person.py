"""Who proved a certificate, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.domain.documents import CPF
from idp.domain.session import Session
from idp.flow.policy import EXPIRY_WARNING
from idp.web.text import data, legivel


@dataclass(frozen=True, slots=True)
class PersonView:
    """``aviso``: a warning when the certificate ends within thirty days, else ""."""

    nome: str
    rotulo: str
    documento: str
    certificado: str
    emissor: str
    validade: str
    aviso: str


def person_view(session: Session, now: datetime) -> PersonView:
    documento, certificado = session.holder.documento, session.certificado
    left = certificado.validade - now
    return PersonView(
        nome=legivel(session.holder.nome),
        rotulo="CPF" if isinstance(documento, CPF) else "CNPJ",
        documento=documento.mascarado,
        certificado=f"{certificado.tipo.value} {certificado.nivel.value}"
        if certificado.tipo.value != "SE"
        else f"Selo Eletrônico {certificado.nivel.value}",
        emissor=legivel(certificado.emissor),
        validade=data(certificado.validade),
        aviso=_warning(left.days) if left <= EXPIRY_WARNING else "",
    )


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
