"""What is said of a procuração before it is given, and right after it was given or something was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.domain.politica import Politica
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.web.text import data, legivel, momento, ultimo_dia
from idp.web.views.portal import rotulado


@dataclass(frozen=True, slots=True)
class Concedida:
    """What to say once it was given. ``aviso``: a message that who gave it may send by his own means."""

    titulo: str
    resumo: str
    passos: tuple[str, ...]
    aviso: str


def antes_de_dar(politica: Politica) -> str:
    """Beside the form's button: whose acts they will be, and whether acceptance is needed."""
    quando = (
        f"Ela só passa a valer depois que quem recebe aceitar, em até {politica.prazo_aceite.days} dias."
        if politica.aceite
        else "Ela vale assim que você confirmar, sem precisar de aceite."
    )
    return f"O que esta pessoa fizer com estes poderes vale como feito por quem dá a procuração. {quando}"


def compromisso(procuracao: Procuracao, now: datetime) -> tuple[str, ...]:
    """What giving leads to, before it is confirmed: whose acts they will be, and from when."""
    de, para = legivel(procuracao.outorgante_nome, 80), legivel(procuracao.outorgado_nome, 80)
    if procuracao.estado is EstadoProcuracao.PENDENTE:
        quando = f"Só passa a valer quando {para} aceitar: até lá, ainda não vale."
    elif procuracao.vigencia.inicio > now:
        quando = f"Vale a partir de {data(procuracao.vigencia.inicio)}, sem precisar de aceite."
    else:
        quando = "Vale assim que você confirmar, sem precisar de aceite."
    return f"O que {para} fizer com estes poderes vale como feito por {de}.", quando


def feito(evento: str, procuracao: Procuracao) -> str:
    """What to say right after ``evento``: nothing where the procuração is not in the state that it leads to."""
    text, estado = FEITO.get(evento, ("", None))
    return text if procuracao.estado is estado else ""


FEITO: dict[str, tuple[str, EstadoProcuracao]] = {
    "aceitar": (
        "Procuração aceita. Ela já aparece quando um serviço perguntar em nome de quem você age.",
        EstadoProcuracao.ATIVA,
    ),
    "recusar": ("Procuração recusada.", EstadoProcuracao.RECUSADA),
    "renunciar": (
        "Você renunciou. Os acessos abertos com esta procuração foram encerrados.",
        EstadoProcuracao.RENUNCIADA,
    ),
    "revogar": (
        "Procuração revogada. Os acessos abertos com ela foram encerrados.",
        EstadoProcuracao.REVOGADA,
    ),
}
"""Said on the procuração's page right after it was done."""


def concedida(procuracao: Procuracao, issuer: str, ate: datetime | None, now: datetime) -> Concedida:
    """Right after giving. ``ate``: as :func:`aceite_ate` has it."""
    de, para = legivel(procuracao.outorgante_nome, 80), legivel(procuracao.outorgado_nome, 80)
    partes = f"De {de} para {para}, {rotulado(procuracao.outorgado)}."
    dias = f"de {data(procuracao.vigencia.inicio)} até o fim do dia {ultimo_dia(procuracao.vigencia.fim)}"
    if procuracao.estado is EstadoProcuracao.PENDENTE:
        prazo = f" até {momento(ate)}" if ate else ""
        return Concedida(
            "Procuração enviada para aceite",
            partes,
            (
                f"Ela ainda não vale. {para} pode aceitar{prazo}; depois disso a oferta perde o efeito.",
                f"Aceita, vale {dias}.",
                "Enquanto isso você pode cancelar a oferta, e depois revogar a procuração, em Concedidas.",
            ),
            f"{de} ofereceu a você uma procuração eletrônica. Para ler e responder{prazo}, entre com o certificado "
            f"digital em {issuer}/portal/procuracoes/{procuracao.id}",
        )
    vale = "Ela já vale" if procuracao.vigencia.inicio <= now else "Ela não precisa de aceite"
    return Concedida(
        "Procuração concedida",
        partes,
        (
            f"{vale}: {para} pode agir com os poderes dados, {dias}.",
            "Você vê aqui cada uso, e pode revogá-la a qualquer momento.",
        ),
        f"{de} deu a você uma procuração eletrônica. Para ver o que ela permite, entre com o certificado digital em "
        f"{issuer}/portal/procuracoes/{procuracao.id}",
    )
