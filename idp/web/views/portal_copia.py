"""A procuração as plain text: what its page shows, to be kept, printed or sent to who asks for a paper."""

from __future__ import annotations

from datetime import datetime
from textwrap import fill

from idp.web.text import legivel, momento
from idp.web.views.portal_vista import AtoView, Termos, VistaView

_WIDTH = 78


def em_texto(vista: VistaView, authority: str, endereco: str, now: datetime) -> str:
    """Lines of at most 78 characters. A copy proves nothing by itself, and says where it is checked: by its parties at
    ``endereco``, by anybody else with the authority, under its code."""
    parts = [
        legivel(authority, 120),
        "CÓPIA DE PROCURAÇÃO ELETRÔNICA",
        f"Código: {vista.termos.codigo}",
        f"Situação em {momento(now)}: {vista.estado.texto}",
        *_termos(vista.termos),
        "O QUE ACONTECEU COM ELA",
        *(map(_ato, vista.atos) if vista.atos else ["O histórico não está neste cadastro."]),
        "COMO CONFERIR",
        "Esta cópia vale como informação do momento acima: a procuração pode ter mudado depois. Quem é parte nela a "
        "vê, com o certificado digital, em:",
        endereco,
        "Os demais pedem à Secretaria que a confira pelo código.",
    ]
    return ("\n\n".join(map(_lines, parts)) + "\n").replace("\n", "\r\n")


def _termos(termos: Termos) -> list[str]:
    poderes = [f"- {titulo}. {descricao}".rstrip() for titulo, descricao in termos.poderes]
    return [
        f"Quem dá: {termos.outorgante}, {termos.outorgante_documento}",
        f"Quem recebe: {termos.outorgado}, {termos.outorgado_documento}",
        "\n".join(["Poderes:", *poderes]),
        "\n".join([f"Alcance: {termos.alcance}", *(f"- {numero}" for numero in termos.inscricoes)]),
        f"Validade: {termos.prazo}",
        f"Pode ser passada adiante: {termos.adiante}",
        f"Certificado de quem usa: {termos.nivel}",
    ]


def _ato(ato: AtoView) -> str:
    lines = [f"{ato.titulo} em {ato.quando}", f"Por {ato.quem}"]
    lines += [f"Motivo dado: {ato.motivo}"] if ato.motivo else []
    lines += [f"Certificado: {ato.certificado}"] if ato.certificado else []
    lines += [f"SHA-256 do texto mostrado: {ato.sha256}"] if ato.sha256 else []
    return "\n".join(lines)


def _lines(part: str) -> str:
    wrapped = (fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in part.split("\n"))
    return "\n".join(wrapped)
