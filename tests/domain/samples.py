"""People, companies and procurações that the tests of domain and flow speak of. All are fictitious."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.domain.certificado import Certificado, CertificateRef, Nivel, TipoCertificado
from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.inscricao import Inscricao, InscricaoId, SituacaoCadastral
from idp.domain.person import PessoaFisica, PessoaJuridica
from idp.domain.procuracao import TODOS, Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia

T0 = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)

BRUCE = CPF("47891178631")
ADA = CPF("18162247238")
EVA = CPF("52998224725")

MATRIZ = CNPJ("34785515000166")
FILIAL = CNPJ("34785515000247")
FILIAL_ALFA = CNPJ("34785515AB1290")
"""A filial opened after July 2026: numeric root, alphanumeric order."""
ALFA = CNPJ("12ABC34501DE35")
"""The example of IN RFB 2.229/2024."""
FIRMA = CNPJ("11222333000181")
FIRMA_FILIAL = CNPJ("11222333000262")

AM1 = InscricaoId("AM", "040000010")
AM2 = InscricaoId("AM", "040000028")
AM3 = InscricaoId("AM", "041330188")

ada = PessoaFisica(ADA, "AUGUSTA ADA KING")
bruce = PessoaFisica(BRUCE, "BRUCE WAYNE")
eva = PessoaFisica(EVA, "EVA NINGUEM")
wayne = PessoaJuridica(MATRIZ, "WAYNE ENTERPRISES INC.", bruce)
selo = PessoaJuridica(MATRIZ, "WAYNE ENTERPRISES INC.")
firma = PessoaJuridica(FIRMA, "CONTABILIDADE EXEMPLO LTDA", ada)


def inscricao(
    id: InscricaoId = AM1,
    contribuinte: Documento = MATRIZ,
    situacao: SituacaoCadastral = SituacaoCadastral.ATIVA,
    razao_social: str = "WAYNE ENTERPRISES INC.",
) -> Inscricao:
    return Inscricao(id, contribuinte, razao_social, situacao)


RAIZ = Escopo(TipoEscopo.RAIZ)
ESTABELECIMENTO = Escopo(TipoEscopo.ESTABELECIMENTO)


def so(*ids: InscricaoId) -> Escopo:
    """A scope of named inscrições only."""
    return Escopo(TipoEscopo.INSCRICOES, frozenset(ids))


PROCURACAO = Procuracao(
    id="prc_1",
    outorgante=MATRIZ,
    outorgante_nome="WAYNE ENTERPRISES INC.",
    outorgado=ADA,
    outorgado_nome="AUGUSTA ADA KING",
    poderes=frozenset({"dte.consultar", "dte.dar_ciencia"}),
    escopo=RAIZ,
    vigencia=Vigencia(T0 - 30 * DAY, T0 + 30 * DAY),
    estado=EstadoProcuracao.ATIVA,
    substabelecivel=True,
)


def procuracao(**changes: Any) -> Procuracao:
    """PROCURACAO, in force at T0, with ``changes``."""
    return replace(PROCURACAO, **changes)


def filha(pai: Procuracao = PROCURACAO, /, **changes: Any) -> Procuracao:
    """A lawful substabelecimento of ``pai`` from its outorgado to EVA, with ``changes``."""
    lawful = replace(
        pai, id=f"{pai.id}_sub", pai=pai.id, outorgado=EVA, outorgado_nome="EVA NINGUEM", substabelecivel=False
    )
    return replace(lawful, **changes)


TODAS = frozenset({TODOS})


def certificado(nivel: Nivel = Nivel.A3, serial: str = "a1", not_after: datetime = T0 + 300 * DAY) -> Certificado:
    politica = {"A1": "1.11", "A2": "2.1", "A3": "3.13", "A4": "4.1", "SE-S": "201.15", "SE-H": "202.15"}[nivel]
    return Certificado(
        tipo=TipoCertificado.E_CPF,
        nivel=nivel,
        emissor="AC TESTE FINAL v6",
        ref=CertificateRef("c0" * 32, serial, not_after, f"2.16.76.1.2.{politica}"),
        thumbprint=f"thumbprint-{serial}",
    )
