"""``idp procuracao``: what an officer of the authority sees of procurações and may do to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from idp import politica
from idp.cli.installation import actor, installation
from idp.cli.output import as_json, json_option, show, table
from idp.clock import SystemClock
from idp.domain.ato import AtoRegistrado
from idp.domain.documents import CNPJ, parse_documento
from idp.domain.procuracao import Procuracao
from idp.errors import NotFound
from idp.flow.outorga import Orgao
from idp.ports.outorga import Alvo, Consulta
from idp.settings import load

MOST = 1000


@click.group()
def procuracao() -> None:
    """Show procuracoes, suspend and extinguish them, and show the policy they are given by."""


@procuracao.command("list")
@click.argument("documento")
@click.option("--received", is_flag=True, help="Those received; otherwise those given or passed on.")
@click.option(
    "--situacao",
    type=click.Choice(["vigentes", "pendentes", "encerradas", "todas"]),
    default="todas",
    show_default=True,
    help="Which of them.",
)
@json_option
def list_(documento: str, received: bool, situacao: str) -> None:
    """List the first thousand procuracoes of a CPF or CNPJ (all establishments of its root)."""
    parsed = parse_documento(documento)
    alvo = Alvo(parsed.raiz if isinstance(parsed, CNPJ) else parsed.numero)
    consulta = Consulta(SystemClock().now(), situacao, limit=MOST)
    with installation() as (_, store), store.reading() as uow:
        if received:
            found, total = uow.procuracoes.received([alvo], (), consulta)
        else:
            found, total = uow.procuracoes.given([alvo], consulta)
    rows = [_row(one) for one in found]
    table(rows, ("id", "estado", "outorgante", "outorgado", "inicio", "fim"), none="none")
    if total > len(rows) and not as_json():
        click.echo(f"and {total - len(rows)} more", err=True)


@procuracao.command("show")
@click.argument("id")
@json_option
def show_(id: str) -> None:
    """Show one procuracao with everything that was done to it. Exits with 1 where there is none."""
    with installation() as (_, store), store.reading() as uow:
        found = uow.procuracoes.get(id, lock=False)
        if found is None:
            raise NotFound(f"procuracao: {id}")
        atos, filhas = uow.atos.of_procuracao(id), uow.procuracoes.children(id)
    document = {**_row(found), **_terms(found), "filhas": [one.id for one in filhas], "atos": list(map(_ato, atos))}
    lines = [(name, value) for name, value in document.items() if name != "atos"]
    lines += [(ato["em"], f"{ato['evento']} by {ato['por_nome']} ({ato['qualidade']})") for ato in document["atos"]]
    show(document, lines)


def _event(name: str, evento: str, summary: str) -> Callable[..., Any]:
    @procuracao.command(name, help=f"{summary} It is written down with your name, and both parties read the reason.")
    @click.argument("id")
    @click.option("--reason", required=True, help="Why, in Portuguese: the parties read it.")
    @json_option
    def command(id: str, reason: str) -> None:
        if not reason.strip():
            raise click.BadParameter("must not be empty", param_hint="--reason")
        with installation() as (settings, store):
            orgao = Orgao(
                clock=SystemClock(),
                store=store,
                clients=store.clients(0),
                politica=politica.load(settings.politica),
            )
            changed = orgao.autoridade(evento, id, actor(), reason)
        show(_row(changed))

    return command


suspend = _event("suspend", "suspender", "Suspend a procuracao: nobody acts by it until it is reactivated.")
reactivate = _event("reactivate", "reativar", "Lift a suspension.")
extinguish = _event("extinguish", "extinguir", "End a procuracao for good, as by death or dissolution of a party.")


@procuracao.command()
@json_option
def policy() -> None:
    """Show the policy in force as the file that IDP_POLITICA may name: who may give what to whom, and the catalogue."""
    effective = politica.load(load().politica)
    if as_json():
        show({"toml": politica.write(effective)})
    else:
        click.echo(politica.write(effective), nl=False)


def _row(one: Procuracao) -> dict[str, Any]:
    return {
        "id": one.id,
        "estado": one.estado.value,
        "estado_em": _at(one.estado_em),
        "outorgante": str(one.outorgante),
        "outorgante_nome": one.outorgante_nome,
        "outorgado": str(one.outorgado),
        "outorgado_nome": one.outorgado_nome,
        "inicio": _at(one.vigencia.inicio),
        "fim": _at(one.vigencia.fim),
    }


def _terms(one: Procuracao) -> dict[str, Any]:
    return {
        "poderes": sorted(one.poderes),
        "escopo": one.escopo.tipo.value,
        "inscricoes": sorted(map(str, one.escopo.inscricoes)),
        "substabelecivel": one.substabelecivel,
        "nivel_minimo": one.nivel_minimo.value if one.nivel_minimo else None,
        "pai": one.pai,
        "sem_reserva": one.sem_reserva,
        "cedida_a": one.cedida_a,
    }


def _ato(one: AtoRegistrado) -> dict[str, Any]:
    return {
        "em": _at(one.em),
        "evento": one.evento,
        "por": one.por,
        "por_nome": one.por_nome,
        "pessoa": str(one.pessoa) if one.pessoa else None,
        "qualidade": one.qualidade,
        "motivo": one.motivo,
        "texto": one.texto,
        "texto_sha256": one.texto_sha256,
    }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
