"""``idp person``: what is kept of one person, handed over or erased as the law gives a right to (LGPD art. 18)."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from idp.cli.audit_read import documento, reading
from idp.cli.installation import actor
from idp.cli.output import json_option, show
from idp.clock import SystemClock
from idp.domain.documents import CPF, Documento
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.flow.selecting import OURSELVES
from idp.keyring import KeyRing
from idp.ports import AuditEvent
from idp.settings import Settings
from idp.storage.sql import SqlStore
from idp.storage.sql.personal import Whose, export_person, forget_person


@click.group()
def person() -> None:
    """Hand over what is kept of a person, or erase what no legal term holds."""


@person.command()
@click.argument("who", metavar="CPF|CNPJ", callback=documento)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to; else standard output.")
@json_option
def export(who: Documento, output: Path | None) -> None:
    """Write everything that is kept of a person as one JSON document. This is itself recorded."""
    with reading("person.export", {"pessoa": str(who)}) as (settings, store, ring):
        document = export_person(store, whose(settings, store, ring, who), SystemClock().now())
    content = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if output is None:
        click.echo(content, nl=False)
        return
    output.touch(mode=0o600)
    output.write_bytes(content)
    show({"file": str(output), **{name: len(rows) for name, rows in document["tables"].items() if rows}})


@person.command()
@click.argument("who", metavar="CPF|CNPJ", callback=documento)
@json_option
def erase(who: Documento) -> None:
    """Delete what a person told of himself, the consents remembered and the choices kept. What the law obliges to keep
    stays for its term (docs/retention.md); of the audit: idp audit erase."""
    with reading("person.erase", {"pessoa": str(who)}) as (settings, store, ring):
        done = forget_person(store, whose(settings, store, ring, who))
        event = AuditEvent("person.erased", SystemClock().now(), {"actor": actor(), "pessoa": str(who), "rows": done})
        store.record(event)
    show({"erased": done}, [("erased", ", ".join(f"{name}: {count}" for name, count in done.items()) or "nothing")])


def whose(settings: Settings, store: SqlStore, ring: KeyRing, documento: Documento) -> Whose:
    """The person by the subjects at every client that is registered, and at ourselves; of a company the whole root or
    the one establishment, as its certificate acts."""
    holder: Holder = PessoaFisica(documento, "") if isinstance(documento, CPF) else PessoaJuridica(documento, "")
    subs = {ring.subject(holder, client) for client in store.registry().list()}
    return Whose(documento, subs, {ring.subject(holder, OURSELVES)}, settings.escopo_certificado == "raiz")
