"""What the demonstration shows of the life of a procuração beside the rows of cadastro.csv: somebody whom the firm of
accountants named, and a request that waits for an answer."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.pedido import Pedido
from idp.domain.procuracao import Escopo, TipoEscopo, Vigencia

_FIRMA, _FIRMA_NOME = CNPJ("99990007000165"), "ENCONTRO DAS CONTAS SERVICOS CONTABEIS LTDA"


def designacao(at: datetime, timezone: str) -> Designacao:
    """The persona "auxiliar", named forty days before ``at`` for one year."""
    return Designacao(
        id="dsg-escritorio-auxiliar",
        empresa=_FIRMA,
        empresa_nome=_FIRMA_NOME,
        pessoa=CPF("90000118257"),
        pessoa_nome="DAVI MARQUES FONSECA",
        poderes=frozenset({"dte.consultar"}),
        vigencia=_days(at, -40, 325, timezone),
        estado_em=at,
    )


def pedido(at: datetime, timezone: str) -> Pedido:
    """The persona "funcionario" asks the persona "empresa" for one more poder."""
    return Pedido(
        id="ped-acai-funcionario",
        outorgante=CNPJ("99990001000198"),
        outorgado=CPF("90000103225"),
        outorgado_nome="JOAO PEDRO TAVARES",
        poderes=frozenset({"nfe.consultar"}),
        escopo=Escopo(TipoEscopo.INSCRICOES, frozenset({InscricaoId("AM", "049000039")})),
        vigencia=_days(at, 0, 365, timezone),
        criado_em=at,
        expira_em=at + timedelta(days=30),
        mensagem="Para baixar as notas da filial de Manacapuru.",
    )


def _days(at: datetime, first: int, last: int, timezone: str) -> Vigencia:
    """Whole days counted from ``at``."""
    zone = ZoneInfo(timezone)
    today = at.astimezone(zone).date()

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone)

    return Vigencia(midnight(today + timedelta(days=first)), midnight(today + timedelta(days=last)))
