"""Lines of the import file as records, and why a line is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idp.cadastro.registros import (
    COLUMNS,
    Contribuinte,
    Estabelecimento,
    LinhaInvalida,
    RegistroInscricao,
    Representante,
    registro,
)
from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId, SituacaoCadastral
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia


def line(tipo: str, **columns: str) -> dict[str, str]:
    return {**dict.fromkeys(COLUMNS, ""), "tipo": tipo, **columns}


PROCURACAO = line(
    "procuracao",
    documento="99.990.001/0001-98",
    nome="Açaí",
    id="p-1",
    outorgado="900.001.022-53",
    outorgado_nome="Francisca",
    poderes="dte.consultar|nfe.consultar",
    escopo="inscricoes",
    inscricoes="AM:049000012|am:049000020",
    inicio="2026-01-01",
    fim="2026-12-31T23:59:59-04:00",
    estado="ATIVA",
    substabelecivel="sim",
    nivel_minimo="A3",
    pai="p-0",
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (line("contribuinte", documento="99990001000198", nome="Açaí"), Contribuinte(CNPJ("99990001000198"), "Açaí")),
        (line("contribuinte", documento="900.001.082-94", nome="T"), Contribuinte(CPF("90000108294"), "T")),
        (
            line("estabelecimento", documento="12.abc.345/01de-35", matriz="sim", nome="ignored"),
            Estabelecimento(CNPJ("12ABC34501DE35"), True),
        ),
        (
            line(
                "inscricao",
                documento="99990001000279",
                uf="am",
                numero="04.900.003-9",
                situacao="BAIXADA",
                municipio="M",
            ),
            RegistroInscricao(InscricaoId("AM", "049000039"), CNPJ("99990001000279"), SituacaoCadastral.BAIXADA, "M"),
        ),
        (
            line("representante", documento="99990001000198", cpf="900.001.072-12", nome="R"),
            Representante(CNPJ("99990001000198"), CPF("90000107212"), "R", True),
        ),
        (
            line("representante", documento="99990001000198", cpf="90000107212", estado="EXTINTA"),
            Representante(CNPJ("99990001000198"), CPF("90000107212"), "", False),
        ),
        (
            PROCURACAO,
            Procuracao(
                "p-1",
                CNPJ("99990001000198"),
                "Açaí",
                CPF("90000102253"),
                "Francisca",
                frozenset({"dte.consultar", "nfe.consultar"}),
                Escopo(
                    TipoEscopo.INSCRICOES, frozenset({InscricaoId("AM", "049000012"), InscricaoId("AM", "049000020")})
                ),
                # Midnight in São Paulo is 3 h UTC; the offset given is kept to.
                Vigencia(datetime(2026, 1, 1, 3, tzinfo=UTC), datetime(2027, 1, 1, 3, 59, 59, tzinfo=UTC)),
                EstadoProcuracao.ATIVA,
                True,
                "p-0",
                Nivel.A3,
            ),
        ),
    ],
    ids=lambda value: value.get("tipo") if isinstance(value, dict) else "",
)
def test_a_line_of_each_tipo(given: dict[str, str], expected: object) -> None:
    assert registro(given) == expected


def test_a_date_begins_where_the_authority_is() -> None:
    found = registro(PROCURACAO | {"inicio": "2026-12-01"}, "America/Manaus")
    assert isinstance(found, Procuracao)
    assert found.vigencia.inicio == datetime(2026, 12, 1, 4, tzinfo=UTC)


def test_a_date_in_a_summer_of_daylight_saving_time() -> None:
    found = registro(PROCURACAO | {"inicio": "2018-12-01"})
    assert isinstance(found, Procuracao)
    assert found.vigencia.inicio == datetime(2018, 12, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (line(""), "tipo: one of contribuinte, estabelecimento, inscricao, representante, procuracao"),
        (line("Contribuinte"), "tipo: one of"),
        (line("contribuinte", documento="99990001000199", nome="x"), "documento: check_digits"),
        (line("contribuinte", documento="123", nome="x"), "documento: length"),
        (line("contribuinte", documento="11111111111", nome="x"), "documento: repeated"),
        (line("contribuinte", documento="９9990001000198", nome="x"), "documento: "),
        (line("contribuinte", documento="99990001000198"), "nome: is empty"),
        (line("contribuinte", documento="99990001000198", nome="a\x00b"), "nome: has a control character"),
        (line("contribuinte", documento="99990001000198", nome="a\u202eb"), "nome: has a control character"),
        (line("estabelecimento", documento="90000108294", matriz="sim"), "documento: must be a CNPJ"),
        (line("estabelecimento", documento="99990001000198", matriz="true"), "matriz: sim or nao"),
        (line("inscricao", documento="99990001000198", uf="A", numero="1", situacao="ATIVA"), "uf, numero"),
        (line("inscricao", documento="99990001000198", uf="AM", numero="", situacao="ATIVA"), "uf, numero"),
        (line("inscricao", documento="99990001000198", uf="AM", numero="1" * 21, situacao="ATIVA"), "numero: longer"),
        (line("inscricao", documento="99990001000198", uf="AM", numero="1", situacao="ativa"), "situacao: one of"),
        (line("representante", documento="90000108294", cpf="90000107212"), "documento: must be a CNPJ"),
        (line("representante", documento="99990001000198", cpf="90000107213"), "cpf: check_digits"),
        (line("representante", documento="99990001000198", cpf="90000107212", estado="REVOGADA"), "estado: empty"),
        (PROCURACAO | {"id": ""}, "id: "),
        (PROCURACAO | {"id": "a/b"}, "id: "),
        (PROCURACAO | {"pai": "a b"}, "pai: "),
        (PROCURACAO | {"outorgado": "99990001000198"}, "same person"),
        (PROCURACAO | {"poderes": "|"}, "at least one poder"),
        (PROCURACAO | {"poderes": "a b"}, "poderes: "),
        (PROCURACAO | {"escopo": "tudo"}, "escopo: one of"),
        (PROCURACAO | {"escopo": "raiz"}, "inscricoes exactly when"),
        (PROCURACAO | {"inscricoes": ""}, "inscricoes exactly when"),
        (PROCURACAO | {"inscricoes": "049000012"}, "UF:NUMERO"),
        (PROCURACAO | {"inicio": ""}, "inicio: not an ISO 8601"),
        (PROCURACAO | {"inicio": "01/01/2026"}, "inicio: not an ISO 8601"),
        (PROCURACAO | {"inicio": "2026-01-01T00:00:00"}, "inicio: a moment needs its UTC offset"),
        (PROCURACAO | {"fim": "0001-01-01T00:00:00+23:00"}, "fim: not a year"),
        (PROCURACAO | {"fim": "9999-12-31"}, "fim: not a year"),
        (PROCURACAO | {"fim": "2026-01-01"}, "begin before it ends"),
        (PROCURACAO | {"estado": ""}, "estado: one of"),
        (PROCURACAO | {"substabelecivel": "talvez"}, "substabelecivel: sim or nao"),
        (PROCURACAO | {"nivel_minimo": "A9"}, "nivel_minimo: one of"),
    ],
)
def test_a_bad_line_says_why(given: dict[str, str], reason: str) -> None:
    with pytest.raises(LinhaInvalida) as refused:
        registro(given)
    assert reason in str(refused.value)
