"""``idp audit search`` and ``idp audit export``: reading the audit, which is itself an act that it records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from idp.audit import KINDS, Row, seal
from idp.audit import subjects as about
from idp.audit.bundle import TYPE, proofs, write
from idp.cli.installation import actor, installation
from idp.cli.moments import Moment
from idp.cli.output import as_json, json_option, show
from idp.clock import SystemClock
from idp.domain.documents import Documento, parse_documento
from idp.domain.inscricao import InscricaoId
from idp.domain.procuracao import Procuracao
from idp.keyring import KeyRing
from idp.ports import AuditEvent
from idp.settings import Settings
from idp.storage import codec
from idp.storage.sql import SqlStore
from idp.storage.sql.cases import case, case_rows

Subject = TypeVar("Subject")


def _subject(of: Callable[[str], Subject]) -> Callable[[click.Context, click.Parameter, str | None], Subject | None]:
    def read(_: click.Context, param: click.Parameter, value: str | None) -> Subject | None:
        try:
            return of(value) if value is not None else None
        except ValueError as error:
            raise click.BadParameter(str(error), param=param) from error

    return read


documento = _subject(parse_documento)
"""Callback of a parameter that is a CPF or CNPJ."""


@click.command()
@click.option("--person", callback=documento, help="CPF or CNPJ (of a CNPJ, its root), in any part.")
@click.option("--inscricao", callback=_subject(InscricaoId.parse), help="UF:NUMERO.")
@click.option("--procuracao", help="Its id.")
@click.option("--client", help="A client_id.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(sorted(KINDS)), help="May be repeated.")
@click.option("--since", type=Moment(), help="From this moment on.")
@click.option("--until", type=Moment(), help="Before this moment.")
@json_option
def search(
    person: Documento | None,
    inscricao: InscricaoId | None,
    procuracao: str | None,
    client: str | None,
    kinds: Sequence[str],
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Print the sealed rows that agree with everything asked, in the chain's order; with --json one document a line.
    This is itself recorded, with what was asked. Payloads name people: guard the output."""
    groups: list[Sequence[str]] = []
    asked: dict[str, Any] = {}
    if person is not None:
        groups.append(about.person(person))
        asked["pessoa"] = str(person)
    named = {"inscricao": str(inscricao) if inscricao else None, "procuracao": procuracao, "client": client}
    for name, value in named.items():
        if value is not None:
            groups.append(tuple(about.subjects({name: value})))
            asked[name] = value
    asked |= {"kinds": list(kinds)} if kinds else {}
    asked |= {name: at.isoformat() for name, at in (("since", since), ("until", until)) if at}
    with reading("search", asked) as (_, store, _):
        for row in store.trail().search(groups, kinds=kinds, since=since, until=until):
            click.echo(line(row) if as_json() else _plain(row))


@click.command()
@click.option("--procuracao", help="Only this case, as a signed file that verifies by itself.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to; else standard output.")
@json_option
def export(procuracao: str | None, output: Path | None) -> None:
    """Print every row, one JSON document a line; or one case: a procuracao, every act of its life and of those above
    and below it, and every use. This is itself recorded. Payloads name people: guard the output."""
    if procuracao is None:
        if output is not None:
            raise click.UsageError("--output needs --procuracao; rows go to standard output")
        with reading("export", {}) as (_, store, _):
            for row in store.audit_log().rows():
                click.echo(line(row))
        return
    with reading("export", {"procuracao": procuracao}) as (settings, store, ring):
        content, count = bundle(settings, store, ring, procuracao)
    if output is None:
        click.echo(content, nl=False)
        return
    output.touch(mode=0o600)
    output.write_bytes(content)
    show({"file": str(output), "rows": count})


def bundle(settings: Settings, store: SqlStore, ring: KeyRing, id: str) -> tuple[bytes, int]:
    """The signed file of one case, and how many rows it has. Raises NotFound."""
    found = case(store.reader, id)
    log = store.audit_log()
    entries, checkpoints = proofs(log, case_rows(store.trail(), found), ring.check_checkpoint, settings.checkpoint_file)
    document = {
        "type": TYPE,
        "issuer": settings.issuer,
        "made_at": SystemClock().now().isoformat(timespec="seconds"),
        "procuracao": _procuracao(found.procuracao),
        "ancestors": [_procuracao(one) for one in found.ancestors],
        "descendants": [_procuracao(one) for one in found.descendants],
        "acts": [{**act, "em": act["em"].isoformat()} for act in found.acts],
        "rows": entries,
        "checkpoints": [one.document() for one in checkpoints],
        "checkpoint_key": ring.checkpoint_jwk,
        "keys": orjson.loads(ring.jwks()[0])["keys"],
    }
    return write(document, ring.sign_jwt), len(entries)


@contextmanager
def reading(what: str, asked: dict[str, Any]) -> Iterator[tuple[Settings, SqlStore, KeyRing]]:
    """The audit with the reading recorded before anything is read, and everything until then sealed and found."""
    with installation() as (settings, store):
        ring = KeyRing.open(settings.signing_dir, settings.realm)
        at = SystemClock().now()
        store.record(AuditEvent("audit.read", at, {"actor": actor(), "what": what, **asked}))
        log = store.audit_log()
        seal(log, ring.sign_checkpoint, at, settings.checkpoint_file)
        log.index()
        yield settings, store, ring


def line(row: Row) -> str:
    payload = orjson.loads(row.payload) if row.payload is not None else None
    document = {
        "id": row.id,
        "sequence": row.sequence,
        "kind": row.kind,
        "at": row.at.isoformat(),
        "payload": payload,
        "salt": row.salt,
        "commitment": row.commitment,
        "hash": row.hash,
    }
    return orjson.dumps(document).decode()


def _plain(row: Row) -> str:
    return f"{row.sequence}  {row.at.isoformat(timespec='seconds')}  {row.kind}  {row.payload or 'erased'}"


def _procuracao(value: Procuracao) -> Any:
    return orjson.loads(codec.dumps(value))
