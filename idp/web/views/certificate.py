"""Why a certificate could not be used: title, cause, cure and who helps, for each CERT code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.domain.certificado import CertReason, Claimed, Reason, Refused
from idp.domain.documents import Documento, parse_documento
from idp.errors import InvalidDocument
from idp.web.text import data, legivel
from idp.web.views.notice import Notice, nosso_suporte
from idp.web.views.person import publico

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
            "Conecte o token ou o cartão e abra o programa dele, ou confira se o e-CPF ou e-CNPJ está instalado "
            "neste aparelho.",
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
            "Se você já tem o certificado novo, escolha-o.",
            "Se ainda não tem, peça um novo à Autoridade Certificadora ou a quem vendeu este a você.",
        ),
        True,
    ),
    CertReason.FUTURO: (
        "Certificado ainda não válido",
        lambda s: (f"{s.de} só começa a valer{s.quando('em')}.",),
        (
            "Até lá, use o certificado anterior, se ele ainda valer.",
            "Se a data parece errada, fale com a Autoridade Certificadora.",
        ),
        True,
    ),
    CertReason.REVOGADO: (
        "Certificado revogado",
        lambda s: (
            f"{s.de} foi suspenso{s.quando('em')} pela Autoridade Certificadora."
            if s.detail == "on-hold"
            else f"{s.de} foi revogado{s.quando('em')} e não pode mais ser usado.",
        ),
        (
            "Use outro certificado.",
            "Se você não sabia disso, procure a Autoridade Certificadora: ela sabe o motivo.",
            "Isto trata só do certificado, não da situação da empresa no cadastro.",
        ),
        True,
    ),
    CertReason.CADEIA: (
        "Não reconhecemos quem emitiu este certificado",
        lambda s: (
            (f"O emissor que ele indica, {s.ac}, não está" if s.ac else "O emissor dele não está")
            + " na nossa lista de Autoridades Certificadoras da ICP-Brasil.",
            "Pode ser um emissor novo, que a nossa lista ainda não tem, ou um que não é da ICP-Brasil, e então o "
            "certificado não serve para entrar aqui.",
        ),
        (
            "Para entrar agora, use outro certificado.",
            "Se você comprou este como e-CPF ou e-CNPJ, peça que a nossa lista seja conferida e envie os “Dados para o "
            "suporte” desta página.",
        ),
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
        "O certificado não traz um CPF ou CNPJ que possamos usar",
        lambda s: (
            "Nele falta um dado que a ICP-Brasil exige, ou há dois dados que se contradizem.",
            "O problema está no certificado, não no seu aparelho.",
        ),
        (
            "Para entrar agora, use outro certificado.",
            "Se você só tem este, peça à Autoridade Certificadora que o confira e, se preciso, emita outro. "
            "Envie a ela os dados que estão em “Dados para o suporte”, no fim desta página.",
        ),
        True,
    ),
    CertReason.RESPONSAVEL: (
        "O responsável no e-CNPJ não representa a empresa no cadastro",
        lambda s: (
            "A pessoa que este e-CNPJ traz como responsável não está entre os representantes atuais da empresa no "
            "cadastro de contribuintes.",
        ),
        (
            "Se a empresa mudou de administrador, peça um e-CNPJ novo, com o responsável atual.",
            "Se o cadastro está desatualizado, a empresa precisa atualizar os seus representantes nele.",
            "O representante atual também pode entrar com o e-CPF dele.",
            "Se você é contador ou colaborador, entre com o seu e-CPF e uma procuração da empresa.",
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


def shown(refused: Refused) -> tuple[tuple[str, str], ...]:
    """Which certificate it was, as the page shows it: label and text; nothing where none came. Strangers wrote it."""
    if refused.first.code is CertReason.NENHUM:
        return ()
    rows = (
        ("Titular", legivel(refused.claimed.nome, 80)),
        ("CPF ou CNPJ", _documento(refused.claimed, publico)),
        ("Emitido por", legivel(refused.claimed.emissor, 80)),
        ("Validade", _validity(refused.claimed)),
    )
    return tuple((label, text) for label, text in rows if text)


def facts(refused: Refused) -> tuple[tuple[str, str], ...]:
    """What the certificate says, for whoever helps: label and text. No document in clear."""
    claimed = refused.claimed
    return (
        ("Motivos", "; ".join(f"{reason.code.value} ({reason.detail})" for reason in refused.reasons)),
        ("Titular", legivel(claimed.nome)),
        ("Documento", _documento(claimed, lambda known: known.mascarado)),
        ("Emissor", legivel(claimed.emissor)),
        ("Número de série", legivel(claimed.serial, 64)),
        ("Validade", _validity(claimed)),
        ("Políticas", ", ".join(legivel(oid, 40) for oid in claimed.politicas[:8])),
    )


def _validity(claimed: Claimed) -> str:
    return " a ".join(data(moment) for moment in (claimed.not_before, claimed.not_after) if moment)


def _documento(claimed: Claimed, show: Callable[[Documento], str]) -> str:
    if not claimed.documento:
        return ""
    try:
        return show(parse_documento(claimed.documento))
    except InvalidDocument:
        return "ilegível"
