"""Asking many at once: what a line may say, and what stays when something stops it in the middle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event

from idp.domain.documents import CNPJ
from idp.domain.procuracao import TipoEscopo
from idp.errors import NotFound
from idp.flow.outorga import Refused
from tests.outorga.world import ACAI, CASTANHA, DAY, FIRMA, TO_FIRMA, TO_JOAO, TODAY, World, solicitacao

FILE = """documento;inscricoes;nome
99.990.001/0001-98;;Açaí da esquina
99990002000132;AM:049000063|AM:049000071;Castanha

123;;torto
99990001000279;;de novo
900.001.022-53;;eu
11222333000181;;desconhecida
"""


def test_a_file_of_companies(world: World) -> None:
    lote = world.outorga.pedir_lote(world.quem("contadora"), FILE, solicitacao(outorgante=""))
    assert lote.feitos == 3
    assert [(line, p.campo, p.motivo, p.detail) for line, p in lote.problemas] == [
        (5, "outorgante", "invalido", "length"),
        (6, "outorgante", "repetido", "2"),
        (7, "outorgante", "proprio", ""),
    ]
    made = world.outorga.pedidos(world.quem("contadora"), papel="feitos").itens
    assert {one.lote for one in made} == {lote.id}
    by_company = {str(one.outorgante): one for one in made}
    assert by_company["99990001000198"].escopo.tipo is TipoEscopo.RAIZ
    assert {str(i) for i in by_company["99990002000132"].escopo.inscricoes} == {"AM:049000063", "AM:049000071"}
    again = world.outorga.pedir_lote(world.quem("contadora"), FILE, solicitacao(outorgante=""))
    assert again.feitos == 0
    received = world.outorga.pedidos(world.quem("dono"), papel="recebidos")
    assert received.total == 2


@pytest.mark.parametrize("text", ["", "cnpj\n1\n", "documento\n" + "1\n" * 2001])
def test_a_file_that_is_none(world: World, text: str) -> None:
    with pytest.raises(Refused):
        world.outorga.pedir_lote(world.quem("contadora"), text, solicitacao())
    assert world.audited() == []


def cnpj(root: int) -> str:
    """A CNPJ of the root ``root``: check digits by the Receita's weights."""
    number = f"{root:08d}0001"
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        rest = sum(int(c) * w for c, w in zip(number, weights, strict=True)) % 11
        number += "0" if rest < 2 else str(11 - rest)
    return number


def many(count: int) -> str:
    return "documento\n" + "".join(f"{cnpj(10_000_000 + n)}\n" for n in range(count))


def made(world: World, who: str = "contadora") -> list[str]:
    """The outorgantes of every request there is."""
    with world.store.engine.connect() as connection:
        return list(connection.exec_driver_sql("SELECT outorgante FROM pedidos ORDER BY outorgante").scalars())


def test_who_asked_finds_them_by_his_own_names_and_nobody_else_reads_those(world: World) -> None:
    world.outorga.pedir_lote(world.quem("contadora"), FILE, solicitacao(outorgante=""))
    mine = world.quem("contadora")
    (found,) = world.outorga.pedidos(mine, papel="feitos", q="acai DA esq").itens
    assert (str(found.outorgante), found.rotulo) == ("99990001000198", "Açaí da esquina")
    assert world.outorga.pedidos(mine, papel="feitos", q="99.990.001").itens == (found,)
    assert world.outorga.pedidos(world.quem("acai"), papel="recebidos", q="esquina").total == 0


def test_a_name_of_his_own_is_one_short_line(world: World) -> None:
    for rotulo, motivo in (("n" * 81, "longo"), ("a\x1bb", "invalido")):
        with pytest.raises(Refused) as refused:
            world.outorga.pedir(world.quem("contadora"), solicitacao(rotulo=rotulo))
        assert {(p.campo, p.motivo) for p in refused.value.problemas} == {("rotulo", motivo)}


def test_what_stops_it_leaves_whole_parts_and_coming_again_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second part fails after it has asked some: none of it stands, all of the first does."""
    text, count = many(250), 0
    add = world.outorga._add

    def failing(*arguments: object) -> None:
        nonlocal count
        count += 1
        if count == 150:
            raise RuntimeError("the machine is switched off")
        add(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(world.outorga, "_add", failing)
        with pytest.raises(RuntimeError):
            world.outorga.pedir_lote(world.quem("contadora"), text, solicitacao(), "lote-1")
    contadora = world.quem("contadora").holder.documento
    assert world.outorga.enviados(world.quem("contadora"), contadora, "lote-1") == len(made(world)) == 100
    again = world.outorga.pedir_lote(world.quem("contadora"), text, solicitacao(), "lote-1")
    assert (again.feitos, again.problemas) == (250, ())
    assert len(set(made(world))) == len(made(world)) == 250
    assert world.audited().count("pedido.fazer") == 250
    other = world.outorga.pedir_lote(world.quem("contadora"), text, solicitacao(), "lote-2")
    assert (other.feitos, {p.motivo for _, p in other.problemas}) == (0, {"ja_pedido"})


DYING = """
import os, sys
from idp.storage.sql import open_store
from tests.outorga.test_lote import many
from tests.outorga.world import World, solicitacao
world = World(open_store(sys.argv[1]))
add, count = world.outorga._add, 0
def dying(*arguments):
    global count
    count += 1
    if count == 250:
        os._exit(9)
    add(*arguments)
world.outorga._add = dying
world.outorga.pedir_lote(world.quem("contadora"), many(300), solicitacao(), "lote-1")
"""


def test_a_process_that_dies_within_it_loses_no_more_than_a_part_and_repeats_nothing(
    make: Callable[..., World],
) -> None:
    world = make()
    url = world.store.engine.url.render_as_string(hide_password=False)
    died = subprocess.run([sys.executable, "-c", DYING, url], cwd=Path(__file__).parents[2], timeout=120, check=False)
    assert died.returncode == 9
    assert len(made(world)) == 200
    world.clock.tick()
    again = world.outorga.pedir_lote(world.quem("contadora"), many(300), solicitacao(), "lote-1")
    assert (again.feitos, again.problemas) == (300, ())
    assert len(set(made(world))) == len(made(world)) == 300


def test_a_denial_within_it_is_not_asked_again_by_coming_again(world: World) -> None:
    text = "documento\n99990001000198\n99990002000132\n"
    world.outorga.pedir_lote(world.quem("contadora"), text, solicitacao(), "lote-1")
    received = world.outorga.pedidos(world.quem("acai"), papel="recebidos").itens
    world.outorga.negar(world.quem("acai"), received[0].id)
    world.clock.tick(DAY / 24)
    again = world.outorga.pedir_lote(world.quem("contadora"), text, solicitacao(), "lote-1")
    assert (again.feitos, again.problemas) == (2, ())
    assert made(world) == ["99990001000198", "99990002000132"]


@pytest.mark.attack("ATK-131")
def test_another_s_file_tells_nothing(world: World) -> None:
    """Not even to who knows its name: neither how much was asked nor that it exists."""
    world.outorga.pedir_lote(world.quem("contadora"), many(3), solicitacao(), "lote-1")
    firma = CNPJ("12ABC34501DE35")
    assert world.outorga.enviados(world.quem("firma"), firma, "lote-1") == 0
    with pytest.raises(NotFound):
        world.outorga.enviados(world.quem("joao"), firma, "lote-1")
    assert world.outorga.pedir_lote(world.quem("firma"), many(3), solicitacao(em_nome_de=firma), "lote-1").feitos == 3
    assert len(made(world)) == 6


def test_no_transaction_asks_more_than_a_part(world: World) -> None:
    """What waits for SQLite's one writer waits for a hundred lines at most."""
    sizes: list[int] = []

    @event.listens_for(world.store.engine, "after_cursor_execute")
    def executed(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO pedidos"):
            sizes[-1] += 1

    @event.listens_for(world.store.engine, "begin")
    def begun(connection: object) -> None:
        sizes.append(0)

    assert world.outorga.pedir_lote(world.quem("contadora"), many(230), solicitacao()).feitos == 230
    assert [size for size in sizes if size] == [100, 100, 30]


def test_what_is_about_to_end_is_asked_for_anew_as_it_was(world: World) -> None:
    """For as many days, from the day after its last; approved, it follows the old one without a gap."""
    old = world.give(poderes=frozenset({"dte.consultar", "nfe.consultar"}))
    wanted = world.outorga.renovacao(world.quem("contadora"), old.id)
    assert (wanted.solicitacao.inicio.isoformat(), wanted.solicitacao.fim.isoformat()) == ("2027-11-22", "2028-11-20")
    assert world.outorga.renovar(world.quem("contadora"), [old.id, old.id]) == (1, [])
    (asked,) = world.outorga.pedidos(world.quem("contadora"), papel="feitos").itens
    assert (asked.poderes, asked.escopo, asked.rotulo) == (old.poderes, old.escopo, "Açaí Ltda")
    assert asked.vigencia.inicio == old.vigencia.fim
    made, problems = world.outorga.renovar(world.quem("contadora"), [old.id])
    assert (made, [(one.id, problem.motivo) for one, problem in problems]) == (0, [(old.id, "ja_pedido")])


def test_what_ended_begins_today_and_no_longer_than_the_policy(world: World) -> None:
    long = world.give("castanha", em_nome_de=CASTANHA, fim=date(2031, 11, 21))
    _, problems = world.outorga.renovar(world.quem("contadora"), [long.id])
    assert {(one.campo, one.motivo) for _, one in problems} == {("fim", "prazo")}, "five years ahead it is too early"
    old = world.give(fim=date(2027, 1, 1))
    world.clock.tick(100 * DAY)
    wanted = world.outorga.renovacao(world.quem("contadora"), old.id).solicitacao
    assert (wanted.inicio.isoformat(), wanted.fim.isoformat()) == ("2027-03-02", "2027-04-11")
    assert world.outorga.renovar(world.quem("contadora"), [old.id]) == (1, [])
    wanted = world.outorga.renovacao(world.quem("contadora"), long.id).solicitacao
    assert (wanted.inicio.isoformat(), wanted.fim.isoformat()) == ("2031-11-22", "2032-02-29")


@pytest.mark.attack("ATK-131")
def test_only_who_received_it_from_the_giver_asks_for_it_anew(world: World) -> None:
    pai = world.give(**TO_FIRMA, accept="firma")
    filha = world.give("firma", em_nome_de=FIRMA, pai=pai.id, **TO_JOAO, accept="joao")
    own = world.give()
    for who, id in (("joao", filha.id), ("acai", own.id), ("estranha", own.id), ("joao", pai.id)):
        with pytest.raises(NotFound):
            world.outorga.renovar(world.quem(who), [id])
    with pytest.raises(NotFound):
        world.outorga.renovar(world.quem("contadora"), [own.id, filha.id])
    assert made(world) == [], "all or none is theirs before the first is asked"


def test_the_whole_list_at_once_and_in_the_order_of_the_end(world: World) -> None:
    for n, days in enumerate((300, 20, 100)):
        world.give("castanha" if n else "acai", em_nome_de=CASTANHA if n else ACAI, fim=TODAY + days * DAY)
    contadora = world.quem("contadora")
    ends = [one.vigencia.fim for one in world.outorga.carteira(contadora, papel="recebidas", ordem="fim").itens]
    assert ends == sorted(ends)
    names = [one.outorgante_nome for one in world.outorga.inteira(contadora, papel="recebidas")]
    assert names == ["Açaí Ltda", "Castanha Ltda", "Castanha Ltda"]
    assert len(world.outorga.inteira(contadora, papel="recebidas", situacao="vencendo")) == 1
    assert world.outorga.inteira(world.quem("estranha"), papel="recebidas") == []
