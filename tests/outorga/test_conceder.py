"""Giving power: who may, what may be given, how it is shown, and that it is given once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest

from idp.domain.certificado import Nivel, RevocationStatus
from idp.domain.documents import CPF
from idp.domain.politica import DEFAULT, Ato, Impedimento, NotEntitled, Pessoa, PoderDoCatalogo, Qualidade, Regra
from idp.domain.procuracao import EstadoProcuracao, TipoEscopo
from idp.domain.representation import Regras
from idp.errors import CadastroStale, NotFound, RevocationUnknown
from idp.flow.outorga import MOTIVOS, CertificateRefused, NotFresh, Refused
from tests.outorga.world import (
    ACAI,
    ACAI_FILIAL,
    CASTANHA,
    CONTADORA,
    DONO,
    FIRMA,
    FORA,
    PRODUTORA,
    TO_FIRMA,
    TO_JOAO,
    World,
    proposta,
)

E = EstadoProcuracao


def problems(world: World, who: str = "acai", **changes: object) -> set[tuple[str, str, str]]:
    with pytest.raises(Refused) as refused:
        world.draft(who, **changes)
    found = {(p.campo, p.motivo, p.detail) for p in refused.value.problemas}
    assert {motivo for _, motivo, _ in found} <= set(MOTIVOS)
    return found


def test_a_company_gives_and_its_accountant_accepts(world: World) -> None:
    draft = world.draft()
    world.clock.tick()
    given = world.outorga.conceder(world.quem("acai"), draft.id)
    assert (given.estado, given.outorgante, given.outorgado) == (E.PENDENTE, ACAI, CONTADORA)
    assert given.outorgante_nome == "Açaí Ltda"
    assert given.outorgado_nome == "Francisca Nascimento"
    # From now on, to the end of the last day in Manaus (UTC-4).
    assert given.vigencia.inicio == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert given.vigencia.fim == datetime(2027, 11, 22, 4, tzinfo=UTC)
    accepted = world.outorga.act(world.quem("contadora"), "aceitar", given.id)
    assert (accepted.estado, accepted.estado_em) == (E.ATIVA, world.clock.now())
    assert world.kept(given.id) == accepted
    assert world.audited() == ["procuracao.outorgar", "procuracao.aceitar"]


def test_the_text_shown_is_kept_with_the_act(world: World) -> None:
    draft = world.draft()
    world.clock.tick()
    given = world.outorga.conceder(world.quem("acai"), draft.id)
    (ato,) = world.outorga.ver(world.quem("contadora"), given.id).atos
    assert ato.texto == draft.texto
    assert ato.texto_sha256 == sha256(draft.texto.encode()).hexdigest() == draft.texto_sha256
    assert (ato.evento, ato.por, ato.pessoa, ato.qualidade) == (
        "outorgar",
        "99990001000198",
        CPF("90000101281"),
        "e-cnpj",
    )
    assert ato.certificado is not None
    assert ato.certificado.ref.serial == "serial-acai"


def test_what_the_text_says(world: World) -> None:
    texto = world.draft(**TO_FIRMA, escopo_tipo=TipoEscopo.INSCRICOES, inscricoes=frozenset({"AM:049000012"})).texto
    for words in (
        "PROCURAÇÃO ELETRÔNICA\n",
        "Outorgante: Açaí Ltda, CNPJ 99.990.001/0001-98.",
        "Outorgado: Contas Certas Ltda, CNPJ 12.ABC.345/01DE-35.",
        "JACIRA BATISTA DE SOUZA, CPF 900.001.012-81, responsável pelo e-CNPJ usado",
        "– consultar o Domicílio Tributário Eletrônico. Ler as mensagens e os avisos da Secretaria.",
        "só estas inscrições estaduais: 049000012 (AM).",
        "de 22/11/2026 até 21/11/2027, inclusive. Só passa a valer quando o outorgado aceitar.",
        "O outorgado pode substabelecer",
        "por empregados que designar pelo nome",
        "revogar ou o outorgado renunciar, a qualquer momento",
        "Texto na versão 1.",
    ):
        assert words in texto, words


def test_a_second_press_of_the_button_gives_nothing_more(world: World) -> None:
    draft = world.draft()
    world.clock.tick()
    first = world.outorga.conceder(world.quem("acai"), draft.id)
    assert world.outorga.conceder(world.quem("acai"), draft.id) == first
    assert world.audited() == ["procuracao.outorgar"]


def test_the_act_needs_a_certificate_step_made_after_the_draft(world: World) -> None:
    draft = world.draft()
    before = world.quem("acai", fresh=False)
    world.clock.tick()
    with pytest.raises(NotFresh):
        world.outorga.conceder(before, draft.id)
    assert world.audited() == []


def test_a_draft_is_its_session_s_and_for_fifteen_minutes(world: World) -> None:
    draft = world.draft()
    for who in ("estranha", "contadora", "castanha"):
        with pytest.raises(NotFound):
            world.outorga.ver_rascunho(world.quem(who), draft.id)
        with pytest.raises(NotFound):
            world.outorga.conceder(world.quem(who), draft.id)
    world.clock.tick(timedelta(minutes=15))
    with pytest.raises(NotFound):
        world.outorga.conceder(world.quem("acai"), draft.id)


WHO_GIVES = {
    "acai": Qualidade.E_CNPJ,
    "filial": Qualidade.E_CNPJ,
    "socia": Qualidade.REPRESENTANTE_LEGAL,
    "dono": Qualidade.REPRESENTANTE_LEGAL,
    "sem": Impedimento.SEM_RESPONSAVEL,
    "selo": Impedimento.SELO,
    "ex": Impedimento.RESPONSAVEL_DIVERGENTE,
    "contadora": None,
    "estranha": None,
    "castanha": None,
    "firma": None,
    "fora": None,
}


@pytest.mark.attack("ATK-127")
@pytest.mark.parametrize("who", WHO_GIVES)
def test_who_may_give_for_a_company(world: World, who: str) -> None:
    expected = WHO_GIVES[who]
    if isinstance(expected, Qualidade):
        draft = world.draft(who)
        world.clock.tick()
        world.outorga.conceder(world.quem(who), draft.id)
        return
    with pytest.raises(NotFound if expected is None else NotEntitled) as refused:
        world.draft(who)
    if expected is not None:
        assert refused.value.impedimento is expected  # type: ignore[attr-defined]


@pytest.mark.attack("ATK-127")
def test_a_firm_that_no_cadastro_knows_gives_nothing_of_its_own(world: World) -> None:
    with pytest.raises(NotEntitled) as refused:
        world.draft("fora", em_nome_de=FORA)
    assert refused.value.impedimento is Impedimento.RESPONSAVEL_DIVERGENTE
    given = world.give(accept="fora", outorgado=str(FORA), outorgado_nome="De Fora Ltda", substabelecivel=True)
    with pytest.raises(NotEntitled):
        world.draft("fora", em_nome_de=FORA, pai=given.id, **TO_JOAO)


@pytest.mark.attack("ATK-127")
def test_a_link_that_ends_between_draft_and_act_gives_nothing(world: World) -> None:
    draft = world.draft("socia")
    world.clock.tick()
    world.sql("DELETE FROM representantes WHERE cpf = '90000101281'")
    with pytest.raises(NotFound):
        world.outorga.conceder(world.quem("socia"), draft.id)
    with pytest.raises(NotEntitled):
        world.draft("acai")
    assert world.audited() == []


@pytest.mark.attack("ATK-127")
@pytest.mark.parametrize("typed", ["99990001000198", "99990001000279"])
def test_nobody_gives_to_themself(world: World, typed: str) -> None:
    assert ("outorgado", "proprio", "") in problems(world, outorgado=typed)


def test_a_person_gives_for_themself(world: World) -> None:
    given = world.give("produtora", em_nome_de=PRODUTORA, escopo_tipo=TipoEscopo.ESTABELECIMENTO)
    assert (given.outorgante, given.outorgante_nome, given.estado) == (PRODUTORA, "Tereza Kambeba", E.ATIVA)
    assert problems(world, "produtora", em_nome_de=PRODUTORA) == {("escopo_tipo", "so_empresa", "")}


def test_everything_wrong_is_said_at_once(world: World) -> None:
    assert problems(
        world,
        outorgado="123",
        outorgado_nome=" ",
        poderes=frozenset({"lua.comprar"}),
        escopo_tipo=TipoEscopo.INSCRICOES,
        inscricoes=frozenset({"AM:049000063", "nada", "AM:999999990"}),
        inicio=date(2026, 11, 21),
        fim=date(2040, 1, 1),
        nivel_minimo=Nivel.SE_S,
    ) == {
        ("outorgado", "invalido", "length"),
        ("outorgado_nome", "vazio", ""),
        ("poderes", "desconhecido", "lua.comprar"),
        ("inscricoes", "nao_pertence", "AM:049000063"),
        ("inscricoes", "nao_pertence", "AM:999999990"),
        ("inscricoes", "nao_pertence", "nada"),
        ("inicio", "passado", ""),
        ("fim", "prazo", "2031-11-21"),
        ("nivel_minimo", "selo", ""),
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"poderes": frozenset()}, ("poderes", "vazio", "")),
        ({"outorgado": ""}, ("outorgado", "vazio", "")),
        ({"outorgado": "900.001.022-54"}, ("outorgado", "invalido", "check_digits")),
        ({"fim": date(2026, 11, 21)}, ("fim", "antes_do_inicio", "")),
        ({"fim": date(2031, 11, 22)}, ("fim", "prazo", "2031-11-21")),
        ({"inicio": date(2031, 1, 1), "fim": date(9999, 12, 31)}, ("fim", "prazo", "2031-11-21")),
        ({"escopo_tipo": TipoEscopo.INSCRICOES}, ("inscricoes", "vazio", "")),
        ({"outorgado_nome": "Francisca\x07 Nascimento"}, ("outorgado_nome", "invalido", "charset")),
        ({"outorgado_nome": "x" * 201}, ("outorgado_nome", "longo", "200")),
        ({"sem_reserva": True}, ("sem_reserva", "nao_permitido", "")),
    ],
)
def test_each_thing_that_may_be_wrong(world: World, changes: dict[str, object], expected: tuple[str, str, str]) -> None:
    assert expected in problems(world, **changes)


def test_the_last_day_allowed_is_allowed(world: World) -> None:
    assert world.draft(fim=date(2031, 11, 21)).procuracao.vigencia.fim == datetime(2031, 11, 22, 4, tzinfo=UTC)


# --- Names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["Francisca Nascimento", "FRANCISCA C. DO NASCIMENTO", "francisca nascimento"])
def test_a_known_person_s_name_must_agree(world: World, typed: str) -> None:
    assert world.draft(outorgado_nome=typed).procuracao.outorgado_nome == typed


@pytest.mark.attack("ATK-131")
@pytest.mark.parametrize("typed", ["Francisca", "Nascimento Francisca", "Francisca Chagas", "Maria Nascimento"])
def test_a_name_that_does_not_agree_is_refused_and_the_right_one_not_told(world: World, typed: str) -> None:
    found = problems(world, outorgado_nome=typed)
    assert found == {("outorgado_nome", "nome_nao_confere", "")}


def test_of_a_company_the_cadastro_s_name_counts(world: World) -> None:
    draft = world.draft(outorgado=str(FIRMA), outorgado_nome="Outra Coisa")
    assert draft.procuracao.outorgado_nome == "Contas Certas Ltda"
    assert world.draft(outorgado="11222333000181", outorgado_nome="De Fora").procuracao.outorgado_nome == "De Fora"


def test_a_person_nobody_knows_is_taken_by_the_name_typed(world: World) -> None:
    assert world.draft(**TO_JOAO).procuracao.outorgado_nome == "Joao Tavares"


@pytest.mark.attack("ATK-131")
def test_names_are_not_found_out_by_trying(world: World) -> None:
    for n in range(30):
        assert problems(world, outorgado_nome=f"Tentativa {n}") == {("outorgado_nome", "nome_nao_confere", "")}
    assert problems(world) == {("outorgado", "tentativas", "")}, "the right one too"


# --- The certificate -----------------------------------------------------------------------------------------------


def test_a_certificate_in_grace_gives_nothing_and_accepts_nothing(world: World) -> None:
    with pytest.raises(NotEntitled) as refused:
        world.outorga.rascunho(world.quem("acai", in_grace=True), proposta())
    assert refused.value.impedimento is Impedimento.CARENCIA
    draft = world.draft()
    world.clock.tick()
    with pytest.raises(NotEntitled):
        world.outorga.conceder(world.quem("acai", in_grace=True), draft.id)
    given = world.outorga.conceder(world.quem("acai"), draft.id)
    with pytest.raises(NotEntitled):
        world.outorga.act(world.quem("contadora", in_grace=True), "aceitar", given.id)
    world.lists.states["serial-contadora"] = RevocationStatus("good", in_grace=True)  # since the login
    with pytest.raises(NotEntitled):
        world.outorga.act(world.quem("contadora"), "aceitar", given.id)
    assert world.outorga.act(world.quem("contadora"), "recusar", given.id).estado is E.RECUSADA


@pytest.mark.attack("ATK-128")
@pytest.mark.parametrize(("state", "error"), [("revoked", CertificateRefused), ("stale", RevocationUnknown)])
def test_a_certificate_that_does_not_hold_any_more_does_nothing(
    world: World, state: str, error: type[Exception]
) -> None:
    draft = world.draft()
    given = world.give(accept=None)
    world.clock.tick()
    for name in ("acai", "contadora"):
        world.lists.states[f"serial-{name}"] = RevocationStatus(state)  # type: ignore[arg-type]
    acts: tuple[Callable[[], object], ...] = (
        lambda: world.outorga.rascunho(world.quem("acai"), proposta()),
        lambda: world.outorga.conceder(world.quem("acai"), draft.id),
        lambda: world.outorga.act(world.quem("acai"), "revogar", given.id),
        lambda: world.outorga.act(world.quem("contadora"), "aceitar", given.id),
        lambda: world.outorga.ver(world.quem("acai"), given.id),
        lambda: world.outorga.carteira(world.quem("acai"), papel="concedidas"),
    )
    before = world.audited()
    for act in acts:
        with pytest.raises(error):
            act()
    assert world.audited() == before


# --- The policy ----------------------------------------------------------------------------------------------------


def policy(**changes: object):
    return replace(DEFAULT, **changes)  # type: ignore[arg-type]


def test_the_policy_s_levels_kinds_and_terms(make: Callable[..., World]) -> None:
    row = Regra(Ato.OUTORGAR, Qualidade.E_CNPJ, frozenset({Pessoa.PF}), Nivel.A3, timedelta(days=10))
    world = make(politica=policy(regras=(row,)))
    assert problems(world, fim=date(2026, 12, 2)) == {("certificado", "nivel", "A3"), ("fim", "prazo", "2026-12-01")}
    assert problems(world, **TO_FIRMA) >= {("outorgado", "nao_permitido", "PJ")}
    draft = world.outorga.rascunho(world.quem("acai", nivel=Nivel.A3), proposta(fim=date(2026, 12, 1)))
    assert draft.procuracao.vigencia.fim == datetime(2026, 12, 2, 4, tzinfo=UTC)
    assert problems(world, "dono") >= {("outorgado", "nao_permitido", "PF")}, "no row for the representante legal"


def test_without_acceptance_it_is_in_force_at_once(make: Callable[..., World]) -> None:
    world = make(politica=policy(aceite=False))
    draft = world.draft()
    assert "Passa a valer agora" in draft.texto
    world.clock.tick()
    assert world.outorga.conceder(world.quem("acai"), draft.id).estado is E.ATIVA


def test_every_power_at_once_only_where_the_authority_lets_it(make: Callable[..., World]) -> None:
    todos = frozenset({"todos", "dte.consultar"})
    assert make().draft(poderes=todos).procuracao.poderes == frozenset({"todos"})
    assert problems(make(politica=policy(todos=False)), poderes=todos) == {("poderes", "todos_nao_permitido", "")}


def test_a_power_may_be_for_people_only_or_need_a_card(make: Callable[..., World]) -> None:
    catalogo = {
        "a": PoderDoCatalogo("a", "assinar", "Assinar.", a=frozenset({Pessoa.PF})),
        "b": PoderDoCatalogo("b", "pagar", "Pagar.", nivel_minimo=Nivel.A3),
    }
    world = make(politica=policy(catalogo=catalogo))
    for given in ({"a"}, {"todos"}):
        assert problems(world, **TO_FIRMA, poderes=frozenset(given)) == {("poderes", "destinatario", "a")}
    draft = world.draft(poderes=frozenset({"b"}))
    assert (draft.procuracao.nivel_minimo, draft.avisos) == (Nivel.A3, ("nivel", "raiz"))
    assert world.draft(poderes=frozenset({"b"}), nivel_minimo=Nivel.A4).procuracao.nivel_minimo is Nivel.A4


def test_a_rule_changed_between_draft_and_act_counts(make: Callable[..., World]) -> None:
    world = make()
    draft = world.draft()
    world.clock.tick()
    world.outorga.politica = policy(regras=())
    with pytest.raises(Refused):
        world.outorga.conceder(world.quem("acai"), draft.id)
    world.outorga.politica = policy(
        catalogo={**DEFAULT.catalogo, "dte.consultar": replace(DEFAULT.catalogo["dte.consultar"], titulo="ler tudo")}
    )
    with pytest.raises(Refused) as refused:
        world.outorga.conceder(world.quem("acai"), draft.id)
    assert [p.motivo for p in refused.value.problemas] == ["mudou"]
    assert world.audited() == []


@pytest.mark.attack("ATK-129")
def test_where_roots_do_not_count_a_branch_gives_for_itself_only(make: Callable[..., World]) -> None:
    world = make(regras=Regras(raiz=False))
    with pytest.raises(NotFound):
        world.draft("filial")
    only = {"em_nome_de": ACAI_FILIAL, "escopo_tipo": TipoEscopo.INSCRICOES}
    assert problems(world, "filial", em_nome_de=ACAI_FILIAL) == {("escopo_tipo", "so_estabelecimento", "")}
    assert problems(world, "filial", **only, inscricoes=frozenset({"AM:049000012"})) == {
        ("inscricoes", "nao_pertence", "AM:049000012")
    }
    assert world.draft("filial", **only, inscricoes=frozenset({"AM:049000039"}))


def test_a_made_up_establishment_of_the_right_root_gives_nothing(world: World) -> None:
    made_up = type(ACAI)("99990001000350")
    assert ("em_nome_de", "cadastro", "") in problems(world, em_nome_de=made_up)


def test_on_whose_behalf(world: World) -> None:
    def said(who: str) -> list[tuple[str, str | None, str | None]]:
        found = world.outorga.qualidades(world.quem(who))
        return [(str(one.documento), one.qualidade, one.impedimento) for one in found]

    assert said("dono") == [
        (str(DONO), "e-cpf", None),
        (str(ACAI), "representante_legal", None),
        (str(CASTANHA), "representante_legal", None),
    ]
    assert said("acai") == [(str(ACAI), "e-cnpj", None)]
    assert said("filial") == [(str(ACAI_FILIAL), "e-cnpj", None)]
    assert said("selo") == [(str(ACAI), None, "selo_eletronico")]
    assert said("ex") == [(str(ACAI), None, "responsavel_divergente")]
    assert said("fora") == [("11222333000181", None, "responsavel_divergente")]
    assert said("estranha") == [("90000104205", "e-cpf", None)]


# --- A remote cadastro ---------------------------------------------------------------------------------------------


class Service:
    """The authority's service, in one line: asked about somebody, it says what the tables hold, now."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[str] = []

    def before_choices(self, holder: object) -> None:
        return None

    def refresh(self, contribuintes: tuple[str, ...]) -> None:
        for id in contribuintes:
            self.asked.append(id)
            at = self.world.clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")
            self.world.sql(f"INSERT OR REPLACE INTO cadastro_fetches VALUES ('contribuinte', '{id}', '{at}', '')")


@pytest.mark.attack("ATK-127")
def test_facts_too_old_give_nothing_until_they_are_fetched_again(make: Callable[..., World]) -> None:
    world = make(regras=Regras(cadastro_age=timedelta(hours=1)))
    with pytest.raises(CadastroStale):
        world.draft()
    service = Service(world)
    world.outorga.source = service  # type: ignore[assignment]
    draft = world.draft()
    assert service.asked == ["99990001"]
    world.clock.tick()
    given = world.outorga.conceder(world.quem("acai"), draft.id)
    assert service.asked == ["99990001"], "young enough"
    world.clock.tick(timedelta(hours=2))
    assert world.outorga.act(world.quem("dono"), "revogar", given.id).estado is E.REVOGADA
    assert service.asked == ["99990001", "99990001"]
