"""Two acts on one procuração at the same moment, on PostgreSQL. The second runs between the first one's reading and its
writing: it has to wait, and then finds what the first left. The controls take the locks away and see what they prevent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import Any

import psycopg
import pytest

from idp.domain.procuracao import EstadoProcuracao
from idp.domain.representation import Modo, RepresentationRef
from idp.errors import IllegalTransition
from idp.flow.outorga import Outorga
from tests.contracts.data import at_once
from tests.outorga.test_eventos import pass_on
from tests.outorga.world import AM1, FIRMA, TO_FIRMA, TO_JOAO, World, proposta, solicitacao
from tests.support.postgres import Postgres

E = EstadoProcuracao


class Second:
    """Something done in a thread of its own while the first act holds what it read. ``waited``: PostgreSQL had it wait
    until the first had committed. ``error``: what became of it."""

    def __init__(self, admin: psycopg.Connection[Any], act: Callable[[], object]) -> None:
        self.admin = admin
        self.act = act
        self.error: Exception | None = None
        self.waited: bool | None = None
        self.thread = Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.act()
        except Exception as error:
            self.error = error

    def __call__(self) -> None:
        self.thread.start()
        while self.thread.is_alive() and not self._waits():
            self.thread.join(0.01)
        self.waited = self.thread.is_alive()

    def _waits(self) -> bool:
        row = self.admin.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
        return row is not None and row[0] > 0

    def finish(self) -> Exception | None:
        self.thread.join(90)
        assert not self.thread.is_alive()
        return self.error


class Between:
    """A store that runs ``second`` once, right after ``part``.get(…, lock=True) has read; ``locking`` False reads
    without the lock."""

    def __init__(self, store: Any, second: Second, part: str, nth: int, locking: bool) -> None:
        self.store, self.second, self.part, self.locking = store, second, part, locking
        self.left = nth

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self.store.begin() as uow:
            yield Proxy(uow, **{self.part: Proxy(getattr(uow, self.part), get=self._get(getattr(uow, self.part)))})

    def reading(self) -> Any:
        return self.store.reading()

    def _get(self, port: Any) -> Callable[..., Any]:
        def get(id: str, *, lock: bool) -> Any:
            found = port.get(id, lock=lock and self.locking)
            if lock:
                self.left -= 1
                if self.left == 0:
                    self.second()
            return found

        return get


class Proxy:
    def __init__(self, of: Any, **changed: Any) -> None:
        self.of, self.changed = of, changed

    def __getattr__(self, name: str) -> Any:
        return self.changed[name] if name in self.changed else getattr(self.of, name)


@pytest.fixture
def admin(postgres: Postgres) -> Iterator[psycopg.Connection[Any]]:
    connection = postgres.admin()
    yield connection
    connection.close()


@pytest.fixture
def world(on_postgres: World) -> World:
    return on_postgres


def meet(
    world: World,
    admin: psycopg.Connection[Any],
    first: Callable[[Outorga], object],
    second: Callable[[Outorga], object],
    *,
    part: str = "procuracoes",
    nth: int = 1,
    locking: bool = True,
) -> tuple[Exception | None, bool]:
    """``first``, and ``second`` in its middle: what became of the second, and whether it had to wait."""
    other = Second(admin, lambda: second(world.outorga))
    wrapped = Outorga(
        clock=world.clock,
        store=Between(world.store, other, part, nth, locking),  # type: ignore[arg-type]
        clients=world.outorga.clients,
        revocation=world.lists,
        rascunhos=world.drafts,
        regras=world.outorga.regras,
        politica=world.outorga.politica,
        timezone=world.outorga.timezone,
    )
    first(wrapped)
    error = other.finish()
    assert other.waited is not None, "the second never began"
    return error, other.waited


def acting(world: World, who: str, event: str, id: str) -> Callable[[Outorga], object]:
    return lambda outorga: outorga.act(world.quem(who), event, id)


def test_a_revocation_during_an_acceptance_waits_and_wins(world: World, admin: psycopg.Connection[Any]) -> None:
    id = world.give(accept=None).id
    error, waited = meet(world, admin, acting(world, "contadora", "aceitar", id), acting(world, "acai", "revogar", id))
    assert (error, waited, world.kept(id).estado) == (None, True, E.REVOGADA)


def test_control_without_the_lock_the_revocation_is_lost(world: World, admin: psycopg.Connection[Any]) -> None:
    id = world.give(accept=None).id
    first, second = acting(world, "contadora", "aceitar", id), acting(world, "acai", "revogar", id)
    error, waited = meet(world, admin, first, second, locking=False)
    assert (error, waited, world.kept(id).estado) == (None, False, E.ATIVA)


def test_an_acceptance_during_a_revocation_waits_and_finds_nothing_to_accept(
    world: World, admin: psycopg.Connection[Any]
) -> None:
    id = world.give(accept=None).id
    error, waited = meet(world, admin, acting(world, "acai", "revogar", id), acting(world, "contadora", "aceitar", id))
    assert isinstance(error, IllegalTransition)
    assert (waited, world.kept(id).estado) == (True, E.REVOGADA)


def passing_on(world: World, pai: str) -> Callable[[Outorga], object]:
    draft = world.outorga.rascunho(world.quem("firma"), proposta(em_nome_de=FIRMA, pai=pai, **TO_JOAO))
    world.clock.tick()
    return lambda outorga: outorga.conceder(world.quem("firma"), draft.id)


def test_a_revocation_while_it_is_passed_on_waits_and_nothing_of_it_can_be_accepted(
    world: World, admin: psycopg.Connection[Any]
) -> None:
    pai = world.give(**TO_FIRMA, accept="firma").id
    error, waited = meet(world, admin, passing_on(world, pai), acting(world, "acai", "revogar", pai))
    assert (error, waited, world.kept(pai).estado) == (None, True, E.REVOGADA)
    (child,) = world.outorga.ver(world.quem("acai"), pai).filhas
    with pytest.raises(IllegalTransition):
        world.outorga.act(world.quem("joao"), "aceitar", child.id)


@pytest.mark.parametrize("locking", [True, False])
def test_of_two_without_reserve_one_wins(world: World, admin: psycopg.Connection[Any], locking: bool) -> None:
    pai = world.give(**TO_FIRMA, accept="firma").id
    one = pass_on(world, pai, accept=None, sem_reserva=True).id
    tereza = {"outorgado": "90000108294", "outorgado_nome": "Tereza Kambeba"}
    two = pass_on(world, pai, accept=None, sem_reserva=True, **tereza).id
    first, second = acting(world, "joao", "aceitar", one), acting(world, "produtora", "aceitar", two)
    error, waited = meet(world, admin, first, second, nth=2, locking=locking)  # the child, then its parent
    states = (world.kept(one).estado, world.kept(two).estado)
    if locking:
        assert isinstance(error, IllegalTransition)
        assert (waited, states, world.kept(pai).cedida_a) == (True, (E.ATIVA, E.PENDENTE), one)
    else:
        assert (error, waited, states) == (None, False, (E.ATIVA, E.ATIVA)), "the control: given away twice"


@pytest.mark.parametrize("locking", [True, False])
def test_a_request_is_approved_once(world: World, admin: psycopg.Connection[Any], locking: bool) -> None:
    asked = world.outorga.pedir(world.quem("contadora"), solicitacao())
    drafts = {who: world.outorga.rascunho_de_pedido(world.quem(who), asked.id).id for who in ("acai", "dono")}
    world.clock.tick()
    error, waited = meet(
        world,
        admin,
        lambda outorga: outorga.conceder(world.quem("acai"), drafts["acai"]),
        lambda outorga: outorga.conceder(world.quem("dono"), drafts["dono"]),
        part="pedidos",
        locking=locking,
    )
    made = world.outorga.carteira(world.quem("contadora"), papel="recebidas").total
    if locking:
        assert isinstance(error, IllegalTransition)
        assert (waited, made) == (True, 1)
    else:
        assert (error, waited, made) == (None, False, 2), "the control: approved twice"


def test_a_draft_pressed_four_times_at_once_gives_once(world: World) -> None:
    draft = world.draft()
    world.clock.tick()
    given = at_once(4, lambda: world.outorga.conceder(world.quem("acai"), draft.id))
    assert len({one.id for one in given}) == 1
    assert world.audited() == ["procuracao.outorgar"]


@pytest.mark.attack("ATK-122")
@pytest.mark.parametrize("lock", [True, False])
def test_the_end_of_a_naming_waits_for_who_has_read_it(
    world: World, admin: psycopg.Connection[Any], lock: bool
) -> None:
    id = world.give(**TO_FIRMA, accept="firma").id
    named = world.name()
    ending = Second(admin, lambda: world.outorga.encerrar(world.quem("firma"), named.id))
    with world.store.begin() as uow:
        fatos = uow.cadastro.facts(world.quem("joao").holder, RepresentationRef(AM1, Modo.PROCURACAO, id), lock=lock)
        assert fatos is not None
        assert fatos.designacoes == (named,)
        ending()
    assert ending.finish() is None
    assert ending.waited is lock


@pytest.mark.attack("ATK-122")
def test_a_revocation_and_a_redemption_do_not_wait_for_each_other_in_a_circle(world: World) -> None:
    """The redemption holds its grant and asks for the procuração; the revocation holds the procuração and asks for the
    grants. It passes over the one that is held: its redemption finds the procuração revoked."""
    id = world.give().id
    held, other = world.grant("contadora", id), world.grant("contadora", id)
    with ThreadPoolExecutor(1) as pool:
        with world.store.begin() as uow:
            assert uow.grants.take_code(f"code-{held.id}", "dte", world.clock.now()) is not None
            revoking: Future[object] = pool.submit(world.outorga.act, world.quem("acai"), "revogar", id)
            assert revoking.result(timeout=90)
            fatos = uow.cadastro.facts(held.holder, held.choice, lock=True)
            assert fatos is not None
            assert fatos.cadeia[0].estado is E.REVOGADA
        assert not world.live(other)


@pytest.mark.deep
@pytest.mark.attack("ATK-122")
def test_a_thousand_meetings_of_everything(world: World) -> None:
    """Accepting, revoking, renouncing and passing on at once, over and over: no deadlock, no state out of nowhere."""
    for _ in range(250):
        pai = world.give(**TO_FIRMA, accept=None).id
        acts = [("firma", "aceitar"), ("acai", "revogar"), ("firma", "renunciar"), ("dono", "revogar")]

        def act(turns: list[tuple[str, str]] = acts, id: str = pai) -> str:
            who, event = turns.pop()
            try:
                return world.outorga.act(world.quem(who), event, id).estado.value
            except IllegalTransition:
                return "no"

        said = at_once(4, act)
        assert world.kept(pai).estado.value in said
        assert world.kept(pai).estado in (E.REVOGADA, E.RENUNCIADA)
