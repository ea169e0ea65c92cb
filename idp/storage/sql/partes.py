"""The cadastro as those who give and receive power need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select, tuple_, union

from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.inscricao import InscricaoId
from idp.ports.outorga import Parte
from idp.storage import codec
from idp.storage.sql import rows
from idp.storage.sql.tables import atos, cadastro_fetches, contribuintes, estabelecimentos, inscricoes, representantes

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_CONTRIBUINTES = select(contribuintes.c.id, contribuintes.c.nome).where(contribuintes.c.id.in_(_IDS)).order_by("id")
_REPRESENTANTES = (
    select(representantes.c.contribuinte, representantes.c.cpf, representantes.c.nome)
    .where(representantes.c.contribuinte.in_(_IDS))
    .order_by(representantes.c.contribuinte, representantes.c.cpf)
)
_KNOWN = select(estabelecimentos.c.documento).where(estabelecimentos.c.documento.in_(_IDS))
_FETCHED = select(cadastro_fetches.c.key, cadastro_fetches.c.fetched_at).where(
    cadastro_fetches.c.kind == "contribuinte", cadastro_fetches.c.key.in_(_IDS)
)
_EMPRESAS = (
    select(estabelecimentos.c.documento)
    .join_from(representantes, contribuintes, contribuintes.c.id == representantes.c.contribuinte)
    .join(estabelecimentos, estabelecimentos.c.contribuinte == contribuintes.c.id)
    .where(representantes.c.cpf == bindparam("key"), estabelecimentos.c.matriz)
    .order_by(contribuintes.c.nome, contribuintes.c.id)
)
_NOMES = union(
    select(representantes.c.nome).where(representantes.c.cpf == bindparam("key")),
    select(contribuintes.c.nome).where(contribuintes.c.id == bindparam("key")),
    select(atos.c.por_nome).where(atos.c.por == bindparam("key")),
)


class SqlPartes:
    """Implements :class:`idp.ports.outorga.Partes`. The locks are those of ``storage.sql.cadastro``, in its order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, documentos: Iterable[Documento], *, lock: bool) -> Mapping[Documento, Parte]:
        wanted = list(documentos)
        ids = {"ids": sorted({rows.contribuinte_id(one) for one in wanted})}
        nomes: dict[str, str] = dict(self._pairs(_CONTRIBUINTES, ids, lock))
        listed: dict[str, dict[CPF, str]] = {}
        for id, cpf, nome in self._rows(_REPRESENTANTES, ids, lock):
            listed.setdefault(id, {})[codec.cpf(cpf)] = nome
        known = {row[0] for row in self._rows(_KNOWN, {"ids": [one.numero for one in wanted]}, lock=False)}
        fetched = dict(self._pairs(_FETCHED, ids, lock=False))
        return {
            one: Parte(
                one,
                nomes.get(id := rows.contribuinte_id(one)),
                one.numero in known,
                listed.get(id, {}) if isinstance(one, CNPJ) else {},
                fetched.get(id),
            )
            for one in wanted
        }

    def empresas(self, cpf: CPF) -> Sequence[Parte]:
        found = [codec.cnpj(row[0]) for row in self._rows(_EMPRESAS, {"key": cpf.numero}, lock=False)]
        partes = self.of(found, lock=False) if found else {}
        return [partes[one] for one in found]

    def inscricoes(self, ids: Iterable[InscricaoId]) -> Mapping[InscricaoId, Documento]:
        named = [(one.uf, one.numero) for one in ids]
        key = tuple_(inscricoes.c.uf, inscricoes.c.numero)
        found = select(inscricoes.c.uf, inscricoes.c.numero, inscricoes.c.documento).where(key.in_(named))
        return {InscricaoId(uf, n): codec.documento(d) for uf, n, d in self._connection.execute(found)} if named else {}

    def nomes(self, cpf: CPF) -> Sequence[str]:
        return [row[0] for row in self._rows(_NOMES, {"key": cpf.numero}, lock=False)]

    def _pairs(self, statement: Any, parameters: Mapping[str, Any], lock: bool) -> Iterator[tuple[Any, Any]]:
        return ((one, other) for one, other in self._rows(statement, parameters, lock))

    def _rows(self, statement: Any, parameters: Mapping[str, Any], lock: bool) -> Sequence[Any]:
        return self._connection.execute(statement.with_for_update(read=True) if lock else statement, parameters).all()
