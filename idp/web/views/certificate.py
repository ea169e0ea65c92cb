"""Why a certificate could not be used: title, cause, cure and who helps, for each CERT code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.domain.certificado import CertReason, Claimed, Reason, Refused
from idp.domain.documents import parse_documento
from idp.errors import InvalidDocument
from idp.web.text import data, legivel
from idp.web.views.notice import Notice, nosso_suporte

_TIPOS = {
    "ca-certificate": "de uma Autoridade Certificadora",
    "site": "de site (SSL)",
    "equipment": "de equipamento ou aplicação",
    "policy-equipment": "de equipamento ou aplicação",
    "policy-encryption": "de sigilo, para cifrar documentos",
    "policy-timestamp": "de carimbo do tempo",
    "policy-cfe": "de equipamento fiscal (CF-e-SAT)",
    "policy-metrology": "de objeto metrológico",
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the sentences speak of, already fit to show."""

    nome: str
    ac: str
    at: datetime | None
    detail: str

    @property
    def de(self) -> str:
        return f"O certificado de {self.nome}" if self.nome else "Este certificado"

    @property
    def sua_ac(self) -> str:
        return f"a Autoridade Certificadora que o emitiu ({self.ac})" if self.ac else "a Autoridade Certificadora"

    def quando(self, preposition: str) -> str:
        return f" {preposition} {data(self.at)}" if self.at else ""


_Text = tuple[str, Callable[[_Seen], tuple[str, ...]], tuple[str, ...], bool]
"""Title, causes, steps, and whether the issuing CA is who helps."""

_TEXTS: dict[CertReason, _Text] = {
    CertReason.NENHUM: (
        "Nenhum certificado foi apresentado",
        lambda s: ("Seu navegador não enviou um certificado digital.",),
        (
            "Conecte o token ou o cartão, ou confira se o e-CPF ou e-CNPJ está instalado neste computador.",
            "Se a janela de escolha apareceu e foi cancelada, tente de novo e escolha um certificado.",
            "Confira a validade: alguns navegadores nem mostram certificados vencidos.",
            "Se a janela não aparece, feche todas as janelas do navegador e abra de novo.",
        ),
        False,
    ),
    CertReason.VENCIDO: (
        "Certificado vencido",
        lambda s: (f"{s.de} venceu{s.quando('em')}.",),
        (
            "Se você já renovou, escolha o certificado novo.",
            "Se ainda não renovou, renove-o com a Autoridade Certificadora.",
        ),
        True,
    ),
    CertReason.FUTURO: (
        "Certificado ainda não válido",
        lambda s: (f"{s.de} só começa a valer{s.quando('em')}.",),
        ("Espere essa data ou use outro certificado.", "Confira também a data e a hora do seu computador."),
        True,
    ),
    CertReason.REVOGADO: (
        "Certificado revogado",
        lambda s: (
            f"{s.de} foi suspenso{s.quando('em')} pela Autoridade Certificadora."
            if s.detail == "on-hold"
            else f"{s.de} foi revogado{s.quando('em')} e não pode mais ser usado.",
        ),
        ("Use outro certificado.", "Se você não sabia da revogação, procure a Autoridade Certificadora."),
        True,
    ),
    CertReason.CADEIA: (
        "Autoridade Certificadora não reconhecida",
        lambda s: (
            "Não encontramos a cadeia ICP-Brasil deste certificado" + (f" (emissor: {s.ac})." if s.ac else "."),
            "Se ele é novo, a nossa lista de Autoridades Certificadoras pode estar sendo atualizada.",
        ),
        ("Tente de novo mais tarde ou use outro certificado.", "Se a mensagem se repetir, avise o nosso suporte."),
        False,
    ),
    CertReason.LCR: (
        "Não foi possível confirmar a situação do certificado",
        lambda s: (
            f"A lista de certificados revogados (LCR) {f'da {s.ac}' if s.ac else 'do emissor'} está indisponível "
            "ou atrasada, e sem ela não sabemos se o certificado ainda vale.",
            "O problema não é no seu computador.",
        ),
        ("Tente de novo em alguns minutos.",),
        False,
    ),
    CertReason.TIPO: (
        "Este tipo de certificado não serve para entrar",
        lambda s: (
            f"É um certificado {_TIPOS[s.detail]}."
            if s.detail in _TIPOS
            else "Ele é válido para outros usos, mas não para identificar uma pessoa ou empresa aqui.",
        ),
        ("Use um e-CPF, um e-CNPJ ou um Selo Eletrônico (SE).",),
        False,
    ),
    CertReason.NAO_ICP: (
        "Certificado fora da ICP-Brasil",
        lambda s: (
            f"{s.de} não foi emitido por uma Autoridade Certificadora da ICP-Brasil"
            + (f" (emissor: {s.ac})." if s.ac else "."),
        ),
        ("Escolha um e-CPF ou e-CNPJ da ICP-Brasil.",),
        False,
    ),
    CertReason.ILEGIVEL: (
        "Não conseguimos ler o CPF ou CNPJ",
        lambda s: ("O certificado não traz os dados exigidos pela ICP-Brasil, ou traz dados que não combinam.",),
        ("Use outro certificado.", "Se você só tem este, procure a Autoridade Certificadora e mostre esta página."),
        True,
    ),
    CertReason.RESPONSAVEL: (
        "Responsável diferente do cadastro",
        lambda s: ("O responsável neste e-CNPJ não é um representante atual da empresa no cadastro.",),
        (
            "Se a empresa mudou de administrador, emita um e-CNPJ com o responsável atual.",
            "Se o cadastro está desatualizado, atualize o quadro de representantes da empresa.",
            "O representante atual também pode entrar com o e-CPF dele.",
        ),
        False,
    ),
}


def refusal(refused: Refused, support: str) -> Notice:
    """The page for the first reason; the others stand in the diagnosis."""
    return for_reason(refused.first, refused.claimed, support)


def for_reason(reason: Reason, claimed: Claimed, support: str) -> Notice:
    title, causes, steps, issuer_helps = _TEXTS[reason.code]
    seen = _Seen(legivel(claimed.nome, 80), legivel(claimed.emissor, 80), reason.at, reason.detail)
    if issuer_helps:
        quem = f"Quem ajuda: {seen.sua_ac}. O certificado é emitido e renovado por ela, não por nós."
    else:
        quem = nosso_suporte(support)
    return Notice(reason.code.value, title, causes(seen), steps, quem)


def facts(refused: Refused) -> tuple[tuple[str, str], ...]:
    """What the certificate says, for whoever helps: label and text. No document in clear."""
    claimed = refused.claimed
    validity = (claimed.not_before, claimed.not_after)
    return (
        ("Motivos", "; ".join(f"{reason.code.value} ({reason.detail})" for reason in refused.reasons)),
        ("Titular", legivel(claimed.nome)),
        ("Documento", _masked(claimed.documento)),
        ("Emissor", legivel(claimed.emissor)),
        ("Número de série", legivel(claimed.serial, 64)),
        ("Validade", " a ".join(data(moment) for moment in validity if moment)),
        ("Políticas", ", ".join(legivel(oid, 40) for oid in claimed.politicas[:8])),
    )


def _masked(documento: str | None) -> str:
    if not documento:
        return ""
    try:
        return parse_documento(documento).mascarado
    except InvalidDocument:
        return "ilegível"
