"""What an attacker would try with giving power: dismissed partners and accountants, guessers, hostile files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from idp.audit.bundle import Finding, Verdict
from idp.cadastro.importacao import Result, importar
from idp.cli.audit import _say
from idp.domain.certificado import CertReason, Claimed, Reason
from idp.domain.certificado import Refused as CertificateVerdict
from idp.domain.documents import CNPJ
from idp.domain.politica import DEFAULT, Impedimento, NotEntitled
from idp.domain.procuracao import EstadoProcuracao, TipoEscopo
from idp.domain.proposta import Solicitacao
from idp.domain.representation import Regras
from idp.errors import IllegalTransition, NotFound
from idp.flow.outcome import Displayed, Pagina
from idp.flow.outorga import CertificateRefused, Refused
from idp.flow.outorga.julgar import Achados, vigencia
from idp.storage.sql.personal import Whose, export_person
from tests.outorga.conftest import make, on_postgres, template
from tests.outorga.world import (
    ACAI,
    ACAI_FILIAL,
    DAY,
    ESTRANHA,
    FIRMA,
    FORA,
    JOAO,
    PRODUTORA,
    SOCIA,
    T0,
    TO_FIRMA,
    TO_JOAO,
    World,
    nomeacao,
    proposta,
    solicitacao,
)
from tests.web.conftest import issuer, journey
from tests.web.doubles import FORM, ISSUER, ScriptedJourney
from tests.web.portal.living import Living

__all__ = ["issuer", "journey", "make", "on_postgres", "template"]
E = EstadoProcuracao
NUMBERED = {
    "documento\r99990001000198\r": (),
    'documento\n"99990001000198': (2,),
    "documento\nx\ry\n": (),
    "documento\n" + "x" * 140_000: (),
}
"""Files that no spreadsheet wrote, and the lines of them that are requests all the same."""
REFUSED = CertificateVerdict(
    (Reason(CertReason.REVOGADO, "revoked", T0),), Claimed("MARIA", "90000104205", "AC TESTE", T0, "01", ("2.16",))
)
TO_TEREZA = {"outorgado": "90000108294", "outorgado_nome": "Tereza Kambeba"}


@pytest.fixture
def outorga(make: Callable[..., World]) -> World:
    return make()


def ceded(world: World, **changes: object) -> tuple[str, str]:
    """Açaí's procuração to the firm, and the one by which the firm passed all of it on to João without reserve."""
    pai = world.give(**TO_FIRMA, accept="firma").id
    child = world.give("firma", em_nome_de=FIRMA, pai=pai, sem_reserva=True, **TO_JOAO, accept="joao", **changes)
    return pai, child.id


# -- the accountant who kept nothing ---------------------------------------------------------------------------------


@pytest.mark.attack("ATK-128")
def test_who_kept_nothing_ends_nothing(outorga: World) -> None:
    """By renouncing the procuração above it, the one who has left would end his successor's rights and tokens."""
    pai, child = ceded(outorga)
    rests = outorga.grant("joao", child)
    for who in ("firma", "contadora"):
        assert outorga.outorga.ver(outorga.quem(who), pai).eventos == ()
        with pytest.raises(IllegalTransition):
            outorga.outorga.act(outorga.quem(who), "renunciar", pai)
    assert outorga.live(rests)
    assert outorga.kept(pai).estado is E.ATIVA
    outorga.outorga.act(outorga.quem("acai"), "revogar", pai)
    assert not outorga.live(rests)


@pytest.mark.attack("ATK-128")
@pytest.mark.attack("ATK-131")
def test_nor_what_his_successor_passes_on(make: Callable[..., World]) -> None:
    world = make(politica=replace(DEFAULT, profundidade=2))
    _, child = ceded(world, substabelecivel=True)
    below = world.give("joao", em_nome_de=JOAO, pai=child, **TO_TEREZA, accept="produtora").id
    with pytest.raises(NotFound):
        world.outorga.act(world.quem("firma"), "revogar", below)
    with pytest.raises(NotFound):
        world.outorga.ver(world.quem("firma"), below)
    assert world.outorga.act(world.quem("joao"), "revogar", below).estado is E.REVOGADA


@pytest.mark.attack("ATK-131")
def test_nor_sees_what_his_successor_does(outorga: World, tmp_path: Path) -> None:
    living = Living(outorga, tmp_path)
    pai, child = ceded(outorga)
    living.use("joao", child, cadeia=[pai])
    living.sealed()
    for who, seen in (("firma", False), ("contadora", False), ("joao", True), ("acai", True)):
        browser = living.browser(who)
        for id in (pai, child):
            for path in (f"/portal/procuracoes/{id}", f"/portal/usos?procuracao={id}"):
                page = browser.get(path)
                assert ("DT-e" in page.text) is (seen and page.status_code == 200), (who, path)


# -- dismissed partners ----------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-127")
def test_a_firm_that_the_cadastro_knows_without_representatives_is_nobody_s(outorga: World) -> None:
    """The last partner was struck off; her e-CNPJ still works and names her."""
    waiting = outorga.give(**TO_FIRMA, accept=None).id
    outorga.sql("DELETE FROM representantes WHERE contribuinte = '12ABC345'")
    with pytest.raises(NotEntitled):
        outorga.outorga.act(outorga.quem("firma"), "aceitar", waiting)
    with pytest.raises(NotEntitled):
        outorga.outorga.rascunho_de_designacao(outorga.quem("firma"), nomeacao())
    with pytest.raises(NotEntitled):
        outorga.outorga.pedir(outorga.quem("firma"), solicitacao(em_nome_de=FIRMA))


# -- guessers --------------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-131")
def test_a_new_session_guesses_no_more_names(outorga: World) -> None:
    for n in range(30):
        with pytest.raises(Refused):
            outorga.draft(outorgado_nome=f"Tentativa {n}")
    again = replace(outorga.quem("acai"), id="another-session", key="another-key")
    with pytest.raises(Refused) as refused:
        outorga.outorga.rascunho(again, proposta(outorgado_nome="Tentativa 31"))
    assert {(p.campo, p.motivo) for p in refused.value.problemas} == {("outorgado", "tentativas")}


@pytest.mark.attack("ATK-131")
def test_a_part_of_a_cpf_finds_nobody(outorga: World) -> None:
    """Pages mask it: its missing digits are not found out by searching."""
    outorga.give(accept="contadora")
    quem = outorga.quem("acai")
    for q, many in (("900", 0), ("9000010225", 0), ("900.001.022", 0), ("900.001.022-53", 1), ("Francisca", 1)):
        assert outorga.outorga.carteira(quem, papel="concedidas", q=q).total == many, q
    assert outorga.outorga.carteira(outorga.quem("contadora"), papel="recebidas", q="99.990.001").total == 1


@pytest.mark.attack("ATK-131")
def test_an_employee_reads_nobody_s_whole_cpf(outorga: World) -> None:
    id = outorga.give("produtora", em_nome_de=PRODUTORA, escopo_tipo=TipoEscopo.ESTABELECIMENTO,
                      **TO_FIRMA, accept="firma").id  # fmt: skip
    outorga.name()
    vista = outorga.outorga.ver(outorga.quem("joao"), id)
    assert vista.papel == "designado"
    shown = "".join(f"{ato.texto} {ato.motivo}" for ato in vista.atos)
    assert "***.001.082-**" in shown
    for whole in ("900.001.082-94", "90000108294", "900.001.022-53"):
        assert whole not in shown
    assert "900.001.082-94" in (outorga.outorga.ver(outorga.quem("firma"), id).atos[0].texto or "")


@pytest.mark.attack("ATK-129")
def test_where_roots_do_not_count_an_employee_sees_one_establishment_s(make: Callable[..., World]) -> None:
    world = make(regras=Regras(raiz=False))
    id = world.give("castanha", em_nome_de=type(ACAI)("99990002000132"), outorgado=str(ACAI_FILIAL), outorgado_nome="",
                    escopo_tipo=TipoEscopo.ESTABELECIMENTO, accept="filial").id  # fmt: skip
    world.name("acai", em_nome_de=ACAI)
    joao = world.quem("joao")
    with pytest.raises(NotFound):
        world.outorga.ver(joao, id)
    assert world.outorga.carteira(joao, papel="recebidas").total == 0


# -- hostile files ---------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-106")
@pytest.mark.parametrize("text", NUMBERED, ids=lambda text: text[:20].encode().hex())
def test_a_file_that_no_spreadsheet_wrote_is_refused_in_words(outorga: World, text: str) -> None:
    """Never an error of the server."""
    if NUMBERED[text]:
        assert outorga.outorga.pedir_lote(outorga.quem("contadora"), text, solicitacao()).feitos == 1
        return
    with pytest.raises(Refused) as refused:
        outorga.outorga.pedir_lote(outorga.quem("contadora"), text, solicitacao())
    assert {(p.campo, p.motivo) for p in refused.value.problemas} == {("linhas", "invalido")}


HEADER = (
    "tipo,documento,nome,id,outorgado,outorgado_nome,poderes,escopo,inscricoes,inicio,fim,estado,substabelecivel,pai"
)


def line(world: World, id: str, **changes: str) -> str:
    """The procuração as an export of the authority would write it."""
    kept = world.kept(id)
    values = {
        "tipo": "procuracao",
        "documento": str(kept.outorgante),
        "nome": kept.outorgante_nome,
        "id": id,
        "outorgado": str(kept.outorgado),
        "outorgado_nome": kept.outorgado_nome,
        "poderes": "|".join(sorted(kept.poderes)),
        "escopo": kept.escopo.tipo.value,
        "inscricoes": "",
        "inicio": kept.vigencia.inicio.isoformat(),
        "fim": kept.vigencia.fim.isoformat(),
        "estado": kept.estado.value,
        "substabelecivel": "sim" if kept.substabelecivel else "nao",
        "pai": kept.pai or "",
    }
    return f"{HEADER}\n{','.join((values | changes).values())}\n"


def imported(world: World, text: str) -> Result:
    with world.store.staging(world.clock.now()) as staging:
        return importar(text.splitlines(keepends=True), staging, summary={"file": "f.csv"})


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> World:
    world: World = request.getfixturevalue("outorga" if request.param == "sqlite" else "on_postgres")
    return world


@pytest.mark.attack("ATK-125")
def test_a_file_changes_neither_parties_nor_what_was_given_here(either: World) -> None:
    id = either.give().id
    before = either.kept(id)
    assert imported(either, line(either, id)).tables["procuracoes"].same == 1
    for changes in (
        {"outorgado": JOAO.numero},
        {"documento": "99990002000132"},
        {"poderes": "todos"},
        {"fim": "2031-01-01"},
        {"substabelecivel": "sim"},
        {"escopo": "inscricoes", "inscricoes": "AM:049000063"},
    ):
        result = imported(either, line(either, id, **changes))
        assert (result.applied, result.problem_count) == (False, 1), changes
        assert either.kept(id) == before
    assert imported(either, line(either, id, estado="REVOGADA")).applied
    assert either.kept(id).estado is E.REVOGADA


@pytest.mark.attack("ATK-125")
def test_a_file_accepts_nothing_and_lifts_no_suspension(either: World) -> None:
    waiting = either.give(accept=None).id
    assert imported(either, line(either, waiting, estado="ATIVA")).tables["procuracoes"].kept == 1
    assert either.kept(waiting).estado is E.PENDENTE
    given = either.give().id
    either.clock.tick()
    either.outorga.autoridade("suspender", given, "ana", "denúncia")
    for estado in ("ATIVA", "PENDENTE"):
        assert imported(either, line(either, given, estado=estado)).tables["procuracoes"].kept == 1
        assert either.kept(given).estado is E.SUSPENSA
    assert imported(either, line(either, given, estado="EXTINTA")).applied
    assert either.kept(given).estado is E.EXTINTA


# -- the copy of everything ------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-131")
def test_a_company_s_copy_has_nothing_of_others(outorga: World) -> None:
    """A company has no CPF, and acts of the authority name no person: the two are not the same nobody."""
    id = outorga.give().id
    outorga.outorga.autoridade("suspender", id, "ana", "denúncia de fraude")
    named = outorga.name("acai", em_nome_de=ACAI)
    for stranger in (CNPJ("99990002000132"), FORA, ESTRANHA):
        tables = export_person(outorga.store, Whose(stranger), outorga.clock.now())["tables"]
        for table in ("procuracoes", "atos", "designacoes", "pedidos", "grants"):
            assert tables[table] == [], (stranger, table)
        assert all(row.get("cpf") != str(SOCIA) for row in tables["representantes"])
    kept = export_person(outorga.store, Whose(ACAI), outorga.clock.now())["tables"]["atos"]
    assert {(row["procuracao"], row["designacao"], row["evento"]) for row in kept} >= {
        (id, None, "suspender"),
        (None, named.id, "designar"),
    }


# -- the list before an application ----------------------------------------------------------------------------------


@pytest.mark.attack("ATK-057")
@pytest.mark.parametrize("error", [NotEntitled(Impedimento.SELO), CertificateRefused(REFUSED)], ids=["seal", "revoked"])
def test_who_may_not_accept_is_told_so(issuer: Flask, journey: ScriptedJourney, error: Exception) -> None:
    """And not that the server failed."""
    browser = issuer.test_client()
    browser.set_cookie("__Host-portaria-browser", "B" * 43, domain="localhost", secure=True, path="/")
    browser.environ_base["wsgi.url_scheme"] = "https"

    def answer(*args: object, **kwargs: object) -> None:
        raise error

    journey.answer = answer  # type: ignore[attr-defined]
    journey.outcome = Displayed(Pagina.TRANSACAO_EXPIRADA)  # of the page that is asked for afterwards
    form = {**FORM, "decisao": "aceitar", "procuracao": "prc-1"}
    page = browser.post("/consentimento", data=form, headers={"Origin": ISSUER})
    assert page.status_code < 500
    assert [name for name, _, _ in journey.calls] == ["resume"]


@pytest.mark.attack("ATK-145")
def test_a_stranger_s_file_says_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A made-up case that hides the line saying whose key signed it."""
    case = {"procuracao": {"id": "\x1b[8m"}, "issuer": "https://id.example\r\x1b[2K", "made_at": "now\x9b2J"}
    _say(Verdict(case, "k\x1b]0;x\x07", False, [Finding(True, "row \x1b[1A stands")]))
    out = capsys.readouterr().out
    assert "NOT PROVED" in out
    assert all(c.isprintable() or c == "\n" for c in out)


# -- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-123")
@pytest.mark.parametrize("zone", ["America/Manaus", "America/Sao_Paulo", "America/Asuncion", "America/Havana"])
@pytest.mark.parametrize("today", [date(2027, 2, 28), date(2028, 2, 29), date(2018, 11, 3), date(2018, 2, 17)])
def test_days_begin_and_end_where_the_authority_is(zone: str, today: date) -> None:
    """Also where a day has no midnight or two: no day is lost, none is counted twice, five years are the most."""
    tz, found = ZoneInfo(zone), Achados()
    five = timedelta(days=1826)
    for hour in (0, 23):
        at = datetime(today.year, today.month, today.day, hour, 59, tzinfo=tz).astimezone(UTC)
        whole = vigencia(found, today, today + five - DAY, at, tz, five)
        assert whole is not None
        assert whole.inicio == at
        assert whole.fim - at <= five + timedelta(hours=1)
        ends = [vigencia(found, today, today + n * DAY, at, tz, five) for n in range(400)]
        begins = [vigencia(found, today + n * DAY, today + n * DAY, at, tz, five) for n in range(1, 401)]
        for n, (one, following) in enumerate(zip(ends, begins, strict=True)):
            assert one is not None
            assert following is not None
            assert one.fim == following.inicio, (today, n)
            assert (one.fim - timedelta(microseconds=1)).astimezone(tz).date() == today + n * DAY
    assert found.problemas == []
    assert vigencia(found, today, today + five, at, tz, five) is not None
    assert [(p.campo, p.motivo) for p in found.problemas] == [("fim", "prazo")]


# -- still to be decided ---------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-129")
def test_where_roots_do_not_count_a_branch_takes_no_copy_of_the_matriz(make: Callable[..., World]) -> None:
    world = make(regras=Regras(raiz=False))
    id = world.give(escopo_tipo=TipoEscopo.ESTABELECIMENTO).id
    assert world.outorga.carteira(world.quem("filial"), papel="concedidas").total == 0
    mine = world.give("filial", em_nome_de=ACAI_FILIAL, escopo_tipo=TipoEscopo.ESTABELECIMENTO).id
    asked = world.outorga.pedir(world.quem("contadora"), solicitacao(escopo_tipo=TipoEscopo.ESTABELECIMENTO)).id
    branch = Whose(ACAI_FILIAL, raiz=world.outorga.regras.raiz)
    copied = export_person(world.store, branch, world.clock.now())["tables"]
    assert [row["id"] for row in copied["procuracoes"]] == [mine]
    assert {row["procuracao"] for row in copied["atos"]} == {mine}
    assert {row["documento"] for row in (*copied["inscricoes"], *copied["estabelecimentos"])} == {"99990001000279"}
    assert copied["pedidos"] == []
    whole = export_person(world.store, Whose(ACAI, raiz=True), world.clock.now())["tables"]
    assert {row["id"] for row in whole["procuracoes"]} == {id, mine}
    assert [row["id"] for row in whole["pedidos"]] == [asked]


@pytest.mark.attack("ATK-131")
def test_who_was_denied_does_not_ask_again_at_once(outorga: World) -> None:
    """Thirty days, also by file and for another establishment; others may ask, and the company may give."""
    made = outorga.outorga.pedir(outorga.quem("contadora"), solicitacao())
    outorga.outorga.negar(outorga.quem("acai"), made.id)
    wait = {("outorgante", "negado", "2026-12-22")}

    def asked(**changes: object) -> Solicitacao:
        return solicitacao(inicio=outorga.clock.now().date(), **changes)

    for _ in range(29):
        for documento in ("99990001000198", "99990001000279"):
            with pytest.raises(Refused) as refused:
                outorga.outorga.pedir(outorga.quem("contadora"), asked(outorgante=documento))
            assert {(p.campo, p.motivo, p.detail) for p in refused.value.problemas} == wait
        outorga.clock.tick(DAY)
    lote = outorga.outorga.pedir_lote(outorga.quem("contadora"), "documento\n99990001000198\n", asked())
    assert (lote.feitos, {(p.campo, p.motivo, p.detail) for _, p in lote.problemas}) == (0, wait)
    outorga.outorga.pedir(outorga.quem("firma"), asked(em_nome_de=FIRMA))
    outorga.clock.tick(DAY)  # at the hour of the denial; the whole day is free
    again = outorga.outorga.pedir(outorga.quem("contadora"), asked())
    outorga.outorga.desistir(outorga.quem("contadora"), again.id)
    outorga.outorga.pedir(outorga.quem("contadora"), asked())


def test_the_authority_says_how_long_a_denial_holds(make: Callable[..., World]) -> None:
    world = make(politica=replace(DEFAULT, espera_negado=timedelta(0)))
    for _ in range(2):
        made = world.outorga.pedir(world.quem("contadora"), solicitacao())
        world.outorga.negar(world.quem("acai"), made.id)


@pytest.mark.attack("ATK-131")
def test_no_document_searched_for_stands_in_an_address(outorga: World, tmp_path: Path) -> None:
    page = Living(outorga, tmp_path).browser("acai").get("/portal/concedidas")
    assert '<form class="search filters" method="get"' not in page.text
