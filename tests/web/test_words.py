"""Sentences that pages say, and text made fit to be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.domain.busca import busca
from idp.domain.certificado import CertReason, Claimed, Nivel, Reason
from idp.domain.procuracao import Vigencia
from idp.domain.representation import Demanda, Motivo
from idp.web.text import hora, legivel, lista, momento, sem_documentos, use_timezone
from idp.web.views.certificate import for_reason
from idp.web.views.client import receives, withheld
from idp.web.views.missing import missing_view
from idp.web.views.nothing import nothing
from idp.web.views.person import person_view
from tests.web import people

CASTANHA = "CASTANHA DO PURUS BENEFICIAMENTO LTDA"
MARCH = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("motivo", "more", "expected"),
    [
        (Motivo.PENDENTE, {}, f"PRC-03 Há uma procuração de {CASTANHA} aguardando aceite de você."),
        (Motivo.REVOGADA, {"estado_em": MARCH}, f"PRC-02 {CASTANHA} revogou a procuração em 04/03/2026."),
        (
            Motivo.RENUNCIADA,
            {"estado_em": MARCH},
            f"PRC-02 Você renunciou à procuração dada por {CASTANHA} em 04/03/2026.",
        ),
        (Motivo.RECUSADA, {}, f"PRC-02 Você recusou a procuração oferecida por {CASTANHA}."),
        (
            Motivo.SUSPENSA,
            {"estado_em": MARCH},
            f"PRC-02 A procuração dada por {CASTANHA} está suspensa pelo fisco desde 04/03/2026.",
        ),
        (Motivo.EXTINTA, {}, f"PRC-02 A procuração dada por {CASTANHA} foi extinta."),
        (
            Motivo.EXPIRADA,
            {"vigencia": Vigencia(MARCH - timedelta(days=9), datetime(2026, 3, 5, 3, tzinfo=UTC))},
            f"PRC-01 A procuração dada por {CASTANHA} terminou em 04/03/2026.",
        ),
        (
            Motivo.FUTURA,
            {"vigencia": Vigencia(datetime(2027, 3, 5, 3, tzinfo=UTC), datetime(2028, 3, 5, 3, tzinfo=UTC))},
            f"PRC-01 A procuração dada por {CASTANHA} só começa em 05/03/2027.",
        ),
        (
            Motivo.PODER,
            {},
            f"INS-02 A procuração dada por {CASTANHA} não inclui o que DT-e exige: "
            "consultar notas fiscais eletrônicas.",
        ),
        (
            Motivo.CADEIA,
            {},
            f"INS-02 A procuração de {CASTANHA} chegou a você por um substabelecimento irregular.",
        ),
        (
            Motivo.RESPONSAVEL_DIVERGENTE,
            {},
            "CERT-10 O responsável no seu e-CNPJ não é um representante atual da empresa no cadastro.",
        ),
    ],
)
def test_why_an_inscricao_is_missing(motivo: Motivo, more: dict[str, object], expected: str) -> None:
    (told,) = missing_view((people.missing(motivo, **more),), Demanda(poder="nfe.consultar"), "DT-e")
    assert f"{told.codigo} {told.texto}" == expected


def test_a_link_further_up_the_chain_is_not_the_person_s_own() -> None:
    one = people.missing(Motivo.RENUNCIADA, "prc-pai")
    pai = people.procuracao("prc-pai", people.CASTANHA, CASTANHA, outorgado_nome="CONTABIL UNIAO LTDA")
    one = replace(one, fatos=replace(one.fatos, cadeia=(*one.fatos.cadeia, pai)))
    (told,) = missing_view((one,), Demanda(), "DT-e")
    assert told.texto == f"CONTABIL UNIAO LTDA renunciou à procuração dada por {CASTANHA}."


def test_situacao_and_nivel() -> None:
    one = people.missing(Motivo.SITUACAO, "BAIXADA")
    level = people.missing(Motivo.NIVEL, Nivel.A4)
    told = missing_view((one, level, level), Demanda(), "DT-e")
    assert [each.texto for each in told] == [
        f"A inscrição 049000063 (AM), de {CASTANHA}, está baixada no cadastro. DT-e só aceita inscrição ativa.",
        f"Para atuar por {CASTANHA} é preciso um certificado de nível A4 ou mais alto.",
    ]


@pytest.mark.parametrize(
    ("absent", "code"),
    [
        ((), "INS-01"),
        ((Motivo.RESPONSAVEL_DIVERGENTE, Motivo.REVOGADA), "CERT-10"),
        ((Motivo.EXPIRADA,), "PRC-01"),
        ((Motivo.EXPIRADA, Motivo.REVOGADA), "PRC-02"),
        ((Motivo.REVOGADA, Motivo.PENDENTE), "PRC-03"),
        ((Motivo.SITUACAO,), "INS-02"),
        ((Motivo.PODER, Motivo.NIVEL), "INS-02"),
    ],
)
def test_the_page_when_nothing_can_be_chosen(absent: tuple[Motivo, ...], code: str) -> None:
    asked = people.ask_consent((), tuple(people.missing(motivo) for motivo in absent))
    assert nothing(people.CONTADORA, asked.choices, Demanda(), "DT-e", "").codigo == code


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (Reason(CertReason.FUTURO, "", MARCH), "O certificado de ANA só começa a valer em 04/03/2026."),
        (Reason(CertReason.REVOGADO, "revoked", MARCH), "O certificado de ANA foi revogado em 04/03/2026 e não pode"),
        (Reason(CertReason.REVOGADO, "on-hold"), "O certificado de ANA foi suspenso pela Autoridade"),
        (Reason(CertReason.CADEIA, ""), "O emissor que ele indica, AC X, não está na nossa lista"),
        (Reason(CertReason.LCR, ""), "A lista de certificados revogados (LCR) da AC X está indisponível"),
        (Reason(CertReason.TIPO, "policy-encryption"), "É um certificado de sigilo, para cifrar documentos."),
        (Reason(CertReason.TIPO, "site"), "É um certificado de site (SSL)."),
        (Reason(CertReason.TIPO, "key-usage"), "Ele é válido para outros usos"),
        (Reason(CertReason.NAO_ICP, ""), "O certificado de ANA não foi emitido por"),
    ],
)
def test_certificate_sentences(reason: Reason, cause: str) -> None:
    assert for_reason(reason, Claimed(nome="ANA", emissor="AC X"), "").causa[0].startswith(cause)


def test_every_reason_has_a_page_with_a_cure() -> None:
    for code in CertReason:
        notice = for_reason(Reason(code, "detail"), Claimed(), "0800 000 0000")
        assert notice.codigo == code.value
        assert notice.titulo
        assert notice.causa
        assert notice.passos
        assert notice.quem


@pytest.mark.parametrize(
    ("days", "warning"),
    [
        (31, ""),
        (30, "Seu certificado vence em 30 dias."),
        (1, "Seu certificado vence amanhã."),
        (0, "Seu certificado vence hoje."),
    ],
)
def test_a_certificate_about_to_end_is_warned_of(days: int, warning: str) -> None:
    shown = person_view(people.session(days=days), people.NOW).aviso
    assert shown.startswith(warning)
    assert bool(shown) == bool(warning)


def test_what_a_company_s_certificate_hands_over() -> None:
    scopes = frozenset({"openid", "cpf", "inscricao"})
    chosen = "Inscrição estadual escolhida"
    accountant = receives(scopes, people.CONTADORA, people.ACCOUNTANT_CHOICES)
    assert [row.nome for row in accountant] == ["Identificador", "CPF", chosen]
    rows = receives(scopes, people.EMPRESA, people.COMPANY_CHOICES)
    assert [row.nome for row in rows] == ["Identificador", chosen, "Responsável"]
    assert rows[2].curto == "nome e CPF completo do responsável"
    assert rows[2].resumo == "nome e CPF completo de JACIRA BATISTA DE SOUZA"
    assert "CPF ***.001.012-**" in rows[2].detalhe
    seal = replace(people.EMPRESA, responsavel=None)
    assert [row.nome for row in receives(scopes, seal, people.COMPANY_CHOICES)] == ["Identificador", chosen]


def test_a_producer_s_cpf_is_said_to_go_and_a_procuracao_only_where_there_is_one() -> None:
    scopes = frozenset({"inscricao", "procuracao"})
    own, by_procuracao = people.ACCOUNTANT_CHOICES[:1], people.ACCOUNTANT_CHOICES[-1:]
    (row,) = receives(scopes, people.CONTADORA, own)
    assert row.resumo == "número, CPF completo, nome e situação"
    assert withheld(scopes, people.CONTADORA, own) == "a senha ou o PIN do certificado"
    rows = receives(scopes, people.CONTADORA, by_procuracao)
    assert [row.nome for row in rows] == ["Inscrição estadual escolhida", "Procuração"]
    assert rows[0].resumo == "número, CNPJ, razão social e situação"
    assert withheld(scopes, people.CONTADORA, by_procuracao) == "o seu CPF nem a senha ou o PIN do certificado"
    assert withheld(scopes | {"cpf"}, people.CONTADORA, people.ACCOUNTANT_CHOICES) == (
        "a senha ou o PIN do certificado nem as outras inscrições desta lista"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        ("  ANA \n\t SOUZA ", "ANA SOUZA"),
        ("ANA\u202eAZUOS\u2066\u200b\x00\x1b[0m", "ANAAZUOS[0m"),
        ("JOSE:90000102253", "JOSE:***.001.022-**"),
        ("EMPRESA 12.ABC.345/01DE-35", "EMPRESA **.***.345/01DE-**"),
        ("A" * 200, "A" * 119 + "…"),
        ("Jose\u0301", "José"),
    ],
)
def test_text_made_fit_to_show(text: str | None, shown: str) -> None:
    assert legivel(text) == shown


def test_masking_leaves_other_numbers_alone() -> None:
    kept = "inscrição 049000012, 22/11/2026, código K7QM-3XPB, série 1f2e3d4c5b6a7f8e"
    assert sem_documentos(kept) == kept


def test_the_authority_s_own_time() -> None:
    """Manaus is an hour behind Brasília: the same moment is another hour, and may be another day."""
    midnight = datetime(2026, 3, 6, 3, tzinfo=UTC)
    try:
        use_timezone("America/Manaus")
        assert momento(midnight) == "05/03/2026 às 23h00 (horário de Manaus)"
        use_timezone("America/Porto_Velho")
        assert hora(midnight) == "23h00 (horário de Porto Velho)"
    finally:
        use_timezone("America/Sao_Paulo")
    assert momento(midnight) == "06/03/2026 às 00h00 (horário de Brasília)"


def test_small_helpers() -> None:
    assert momento(MARCH) == "04/03/2026 às 23h30 (horário de Brasília)"
    assert busca("  São  JOÃO d'Água ") == "sao joao d'agua"
    assert [lista(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a e b", "a, b e c"]
