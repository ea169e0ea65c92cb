"""Answers of a remote cadastro, kept as rows: one company or person per transaction, its contribuinte locked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Executable,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from idp.cadastro.remoto import CONTRIBUINTE, REPRESENTANTE, Key, Known
from idp.cadastro.respostas import Resposta
from idp.domain.busca import busca
from idp.domain.procuracao import EstadoProcuracao
from idp.ports import AuditEvent
from idp.storage.sql.audit import SqlAudit
from idp.storage.sql.engine import answering
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import (
    Moment,
    cadastro_fetches,
    contribuintes,
    estabelecimentos,
    inscricoes,
    procuracoes,
    representantes,
)

_OPEN = [EstadoProcuracao.PENDENTE.value, EstadoProcuracao.ATIVA.value, EstadoProcuracao.SUSPENSA.value]
_AT: BindParameter[datetime] = bindparam("at", type_=Moment())
_ASKED = cadastro_fetches.c


def _newer(statement: Any, table_column: Any) -> Any:
    return or_(table_column.is_(None), table_column <= statement.excluded.fetched_at)


def _put(statement: Any, key: list[str], where: Any = None) -> Executable:
    values = {column.name: column for column in statement.excluded if column.name not in key}
    done: Executable = statement.on_conflict_do_update(index_elements=key, set_=values, where=where)
    return done


def _contribuinte(insert: Any) -> Executable:
    statement = insert(contribuintes).values(
        id=bindparam("id"), nome=bindparam("nome"), busca=bindparam("busca"), fetched_at=_AT
    )
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["id"],
        set_={
            "nome": statement.excluded.nome,
            "busca": statement.excluded.busca,
            "fetched_at": statement.excluded.fetched_at,
        },
        where=_newer(statement, contribuintes.c.fetched_at),
    ).returning(contribuintes.c.id)


def _fetch(insert: Any) -> Executable:
    statement = insert(cadastro_fetches)
    return _put(statement, ["kind", "key"], _newer(statement, _ASKED.fetched_at))


_CONTRIBUINTE = Upsert(_contribuinte)
_FETCH = Upsert(_fetch)
_ESTABELECIMENTO = Upsert(lambda insert: _put(insert(estabelecimentos), ["documento"]))
_INSCRICAO = Upsert(lambda insert: _put(insert(inscricoes), ["uf", "numero"]))
_REPRESENTANTE = Upsert(lambda insert: _put(insert(representantes), ["contribuinte", "cpf"]))

_HELD = {
    "inscricoes": (inscricoes, ("uf", "numero")),
    "representantes": (representantes, ("cpf",)),
    "estabelecimentos": (estabelecimentos, ("documento",)),
}
_OUTORGANTES = (
    select(procuracoes.c.outorgante_contribuinte)
    .outerjoin(
        cadastro_fetches,
        and_(_ASKED.kind == CONTRIBUINTE, _ASKED.key == procuracoes.c.outorgante_contribuinte),
    )
    .where(procuracoes.c.estado.in_(_OPEN))
    .group_by(procuracoes.c.outorgante_contribuinte)
)
_NEVER = (
    _OUTORGANTES.where(procuracoes.c.outorgado_contribuinte == bindparam("holder"), _ASKED.key.is_(None))
    .order_by(procuracoes.c.outorgante_contribuinte)
    .limit(bindparam("most"))
)
_last = func.max(_ASKED.fetched_at)
_DUE = (
    _OUTORGANTES.where(or_(_ASKED.fetched_at.is_(None), _ASKED.fetched_at < bindparam("before", type_=Moment())))
    .order_by(case((_last.is_(None), 0), else_=1), _last, procuracoes.c.outorgante_contribuinte)
    .limit(bindparam("most"))
)
_LISTING = select(representantes.c.contribuinte).where(representantes.c.cpf == bindparam("cpf"))


class SqlFetched:
    """Implements :class:`idp.cadastro.remoto.Rows`."""

    def __init__(self, engine: Engine, reader: Engine) -> None:
        self._engine, self._reader = engine, reader

    def known(self, keys: Sequence[Key]) -> Mapping[Key, Known]:
        wanted = select(cadastro_fetches).where(tuple_(_ASKED.kind, _ASKED.key).in_(keys))
        with answering(), self._reader.connect() as connection:
            found = connection.execute(wanted).all()
        return {(row.kind, row.key): Known(row.fetched_at, row.etag) for row in found}

    def keep(self, id: str, said: Resposta | None, etag: str, at: datetime) -> None:
        with answering(), self._engine.begin() as connection:
            if _locked(connection, id, at) is not False:
                if said is None:
                    _forget(connection, id, at)
                else:
                    _write(connection, said, at)
            _asked(connection, (CONTRIBUINTE, id), etag, at)

    def keep_empresas(self, cpf: str, said: Sequence[Resposta], etag: str, at: datetime) -> None:
        # One transaction for each company: nobody waits for the locks of four hundred.
        for company in said:
            with answering(), self._engine.begin() as connection:
                if _locked(connection, company.id, at) is not False:
                    _write(connection, company, at)
                    _asked(connection, (CONTRIBUINTE, company.id), "", at)
        with answering(), self._reader.connect() as connection:
            listing = set(connection.execute(_LISTING, {"cpf": cpf}).scalars())
        for id in sorted(listing - {company.id for company in said}):
            with answering(), self._engine.begin() as connection:
                if _locked(connection, id, at) is not False:
                    gone = delete(representantes).where(
                        representantes.c.contribuinte == id, representantes.c.cpf == cpf
                    )
                    connection.execute(gone)
                    _audited(connection, id, at, {"representantes": {"removed": [cpf]}})
        with answering(), self._engine.begin() as connection:
            _asked(connection, (REPRESENTANTE, cpf), etag, at)

    def confirm(self, key: Key, at: datetime) -> None:
        kind, document = key
        with answering(), self._engine.begin() as connection:
            ids = [document]
            if kind == REPRESENTANTE:
                ids = sorted(connection.execute(_LISTING, {"cpf": document}).scalars())
            for id in ids:
                still = update(contribuintes).where(
                    contribuintes.c.id == id,
                    or_(contribuintes.c.fetched_at.is_(None), contribuintes.c.fetched_at < at),
                )
                connection.execute(still.values(fetched_at=at))
            for known in {key, *((CONTRIBUINTE, id) for id in ids)}:
                touched = update(cadastro_fetches).where(
                    _ASKED.kind == known[0], _ASKED.key == known[1], _ASKED.fetched_at < at
                )
                connection.execute(touched.values(fetched_at=at))

    def counts(self) -> dict[str, int]:
        """Rows of each table of the cadastro, for an operator."""
        tables = (contribuintes, estabelecimentos, inscricoes, representantes, procuracoes)
        with answering(), self._reader.connect() as connection:
            return {str(t.name): connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}

    def oldest(self) -> datetime | None:
        """When the contribuinte was fetched that was fetched the longest ago."""
        with answering(), self._reader.connect() as connection:
            return connection.execute(select(func.min(contribuintes.c.fetched_at))).scalar()

    def summary(self, id: str) -> dict[str, Any]:
        """What is known of one contribuinte, for an operator."""
        whose = select(contribuintes).where(contribuintes.c.id == id)
        with answering(), self._reader.connect() as connection:
            row = connection.execute(whose).first()
            found = {name: len(_held(connection, name, id)) for name in _HELD}
        asked = self.known([(CONTRIBUINTE, id)]).get((CONTRIBUINTE, id))
        return {"contribuinte": id, "nome": row and row.nome, "fetched_at": asked and asked.fetched_at, **found}

    def outorgantes(self, holder: str, limit: int) -> Sequence[str]:
        with answering(), self._reader.connect() as connection:
            return connection.execute(_NEVER, {"holder": holder, "most": limit}).scalars().all()

    def due(self, before: datetime, limit: int) -> Sequence[str]:
        with answering(), self._reader.connect() as connection:
            return connection.execute(_DUE, {"before": before, "most": limit}).scalars().all()


def _locked(connection: Connection, id: str, at: datetime) -> bool | None:
    """Hold the contribuinte against journeys and other answers. None: there is none yet. False: what is known of it is
    newer than ``at``."""
    held = select(contribuintes.c.fetched_at).where(contribuintes.c.id == id).with_for_update(key_share=True)
    row = connection.execute(held).first()
    return None if row is None else row.fetched_at is None or row.fetched_at <= at


def _write(connection: Connection, said: Resposta, at: datetime) -> None:
    wrote = connection.execute(
        _CONTRIBUINTE.on(connection), {"id": said.id, "nome": said.nome, "busca": busca(said.nome), "at": at}
    )
    if wrote.first() is None:  # another's newer answer made the contribuinte meanwhile
        return
    places = [(one.documento.numero, one.matriz) for one in said.estabelecimentos] or [(said.id, True)]
    wanted: dict[str, list[dict[str, Any]]] = {
        "estabelecimentos": [
            {"documento": documento, "contribuinte": said.id, "matriz": matriz} for documento, matriz in places
        ],
        "inscricoes": [
            {
                "uf": one.id.uf,
                "numero": one.id.numero,
                "documento": one.documento.numero,
                "contribuinte": said.id,
                "situacao": one.situacao.value,
                "municipio": one.municipio,
                "busca": busca(f"{one.municipio} {one.id.uf}"),
            }
            for one in said.inscricoes
        ],
        "representantes": [
            {"contribuinte": said.id, "cpf": one.cpf.numero, "nome": one.nome} for one in said.representantes
        ],
    }
    changes: dict[str, dict[str, list[str]]] = {}
    gone: dict[str, list[tuple[Any, ...]]] = {}
    for name, put in (
        ("estabelecimentos", _ESTABELECIMENTO),
        ("inscricoes", _INSCRICAO),
        ("representantes", _REPRESENTANTE),
    ):
        held = _held(connection, name, said.id)
        _, key = _HELD[name]
        now = {tuple(row[column] for column in key): row for row in wanted[name]}
        differing = [row for at_key, row in now.items() if held.get(at_key) != row]
        if differing:
            connection.execute(put.on(connection), differing)
        gone[name] = [at_key for at_key in held if at_key not in now]
        told = {
            "written": [":".join(str(row[column]) for column in key) for row in differing],
            "removed": [":".join(at_key) for at_key in gone[name]],
        }
        if any(told.values()):
            changes[name] = {what: names for what, names in told.items() if names}
    for name, keys in (
        ("inscricoes", gone["inscricoes"]),
        ("representantes", gone["representantes"]),
        ("estabelecimentos", gone["estabelecimentos"]),
    ):
        _delete(connection, name, said.id, keys)
    if changes:
        _audited(connection, said.id, at, changes)


def _forget(connection: Connection, id: str, at: datetime) -> None:
    """The service knows of no such contribuinte: what rights rest on goes."""
    gone = {name: list(_held(connection, name, id)) for name in ("inscricoes", "representantes")}
    for name, keys in gone.items():
        _delete(connection, name, id, keys)
    told = {name: {"removed": [":".join(key) for key in keys]} for name, keys in gone.items() if keys}
    connection.execute(update(contribuintes).where(contribuintes.c.id == id).values(fetched_at=at))
    if told:
        _audited(connection, id, at, told)


def _held(connection: Connection, name: str, id: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    table, key = _HELD[name]
    found = connection.execute(select(table).where(table.c.contribuinte == id)).mappings().all()
    return {tuple(row[column] for column in key): dict(row) for row in found}


def _delete(connection: Connection, name: str, id: str, keys: Sequence[tuple[Any, ...]]) -> None:
    table, key = _HELD[name]
    if keys:
        columns = tuple_(*(table.c[column] for column in key))
        connection.execute(delete(table).where(table.c.contribuinte == id, columns.in_(keys)))


def _asked(connection: Connection, key: Key, etag: str, at: datetime) -> None:
    row = {"kind": key[0], "key": key[1], "fetched_at": at, "etag": etag}
    connection.execute(_FETCH.on(connection), row)


def _audited(connection: Connection, id: str, at: datetime, changes: Mapping[str, Any]) -> None:
    SqlAudit(connection).append(AuditEvent("cadastro.fetched", at, {"contribuinte": id, "changes": changes}))
