"""Facts about inscrições, read so that they cannot change before our commit.

On SQLite a transaction holds the only write lock from its beginning. On PostgreSQL ``facts(lock=True)`` takes row locks
(FOR SHARE) in a fixed order, which writers keep too, so that nobody waits in a circle: contribuintes by id, inscrição,
procuração, the procurações above it, designações by id, representantes. The representantes are read by a later
statement, whose snapshot is taken once the contribuinte is locked: whoever changes a company's representantes locks its
contribuinte first, so neither a removal nor an addition can slip in between.
"""

from __future__ import annotations

from sqlalchemy import BindParameter, Connection, bindparam, cast, null, or_, select, union_all

from idp.domain.documents import CNPJ, CPF
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Fatos, RepresentationRef
from idp.storage.codec import cpf
from idp.storage.sql import rows
from idp.storage.sql.prepared import Prepared, Rows
from idp.storage.sql.statements import CADASTRO, INSCRICAO, chain, designacao, fatos, holder_fetched, procuracao
from idp.storage.sql.tables import contribuintes, designacoes, estabelecimentos, inscricoes, procuracoes, representantes

_CONTRIBUINTE = [column.name for column in INSCRICAO].index("contribuinte")
_HOLDER: BindParameter[str] = bindparam("holder")
_ONE = (inscricoes.c.uf == bindparam("uf"), inscricoes.c.numero == bindparam("numero"))
_FACTS = Prepared(select(*fatos(_HOLDER)).select_from(CADASTRO).where(*_ONE))
_FACTS_PROCURACAO = Prepared(
    select(*fatos(_HOLDER), *procuracao())
    .select_from(CADASTRO.join(procuracoes, procuracoes.c.id == bindparam("procuracao")))
    .where(*_ONE)
)
_chain = chain(bindparam("procuracao"))
_ANCESTORS = Prepared(select(*procuracao(_chain)).order_by(_chain.c.elo))

# Locked. The inscrição's contribuinte and, where the cadastro has it, the holder's own company: one row each.
_BOTH = inscricoes.join(estabelecimentos, estabelecimentos.c.documento == inscricoes.c.documento).join(
    contribuintes, or_(contribuintes.c.id == inscricoes.c.contribuinte, contribuintes.c.id == _HOLDER)
)
_OWN = (*INSCRICAO, contribuintes.c.id.label("locked"), contribuintes.c.fetched_at, holder_fetched(_HOLDER))
_LOCKED = Prepared(
    select(*_OWN)
    .select_from(_BOTH)
    .where(*_ONE)
    .order_by(contribuintes.c.id)
    .with_for_update(read=True, of=[contribuintes, inscricoes])
)
_LOCKED_CHAIN = Prepared(
    select(*_OWN, *procuracao())
    .select_from(_BOTH.join(procuracoes, procuracoes.c.id == bindparam("procuracao")))
    .where(*_ONE)
    .order_by(contribuintes.c.id)
    .with_for_update(read=True, of=[contribuintes, inscricoes, procuracoes])
)
_LOCKED_ANCESTORS = Prepared(
    select(*procuracao())
    .join_from(procuracoes, _chain, _chain.c.id == procuracoes.c.id)
    .order_by(_chain.c.elo)
    .with_for_update(read=True, of=procuracoes)
)
_naming = (
    select(*designacao())
    .where(designacoes.c.pessoa == _HOLDER, designacoes.c.empresa_contribuinte == bindparam("empresa"))
    .order_by(designacoes.c.id)
)
_NAMING = Prepared(_naming)
_listed = (
    select(representantes.c.contribuinte, representantes.c.cpf)
    .where(or_(representantes.c.contribuinte == bindparam("contribuinte"), representantes.c.contribuinte == _HOLDER))
    .order_by(representantes.c.contribuinte, representantes.c.cpf)
    .with_for_update(read=True)
)
_LOCKED_REPRESENTANTES = Prepared(_listed)
# One after the other in one statement: the columns of a designação, or at the end those of a representante.
_first, _then = _naming.with_for_update(read=True).cte("designadas"), _listed.cte("listados")
_LOCKED_NAMING_AND_REPRESENTANTES = Prepared(
    union_all(
        select(*_first.c, *(cast(null(), column.type).label(column.name) for column in _then.c)),
        select(*(cast(null(), column.type) for column in _first.c), *_then.c),
    )
)


class SqlCadastro:
    """Implements :class:`idp.ports.Cadastro`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def facts(self, holder: Holder, ref: RepresentationRef, *, lock: bool) -> Fatos | None:
        keys = {
            "uf": ref.inscricao.uf,
            "numero": ref.inscricao.numero,
            "holder": rows.contribuinte_id(holder.documento),
        }
        if ref.procuracao is not None:
            keys["procuracao"] = ref.procuracao
        if lock and self._connection.dialect.name == "postgresql":
            return self._locked_facts(holder, keys)
        row = (_FACTS if ref.procuracao is None else _FACTS_PROCURACAO).first(self._connection, keys)
        if row is None:
            return None
        if ref.procuracao is None:
            return rows.fatos(row)
        cadeia = self._chain(rows.procuracao(row[rows.FATOS_SIZE :]), _ANCESTORS)
        empresa = _naming_company(holder, cadeia)
        named = _NAMING.rows(self._connection, {"holder": keys["holder"], "empresa": empresa}) if empresa else ()
        return rows.fatos(row, cadeia, [rows.designacao(one) for one in named])

    def _chain(self, first: Procuracao, ancestors: Prepared) -> tuple[Procuracao, ...]:
        if first.pai is None:
            return (first,)
        return first, *map(rows.procuracao, ancestors.rows(self._connection, {"procuracao": first.pai}))

    def _locked_facts(self, holder: Holder, keys: dict[str, str]) -> Fatos | None:
        with_procuracao = "procuracao" in keys
        locked = (_LOCKED_CHAIN if with_procuracao else _LOCKED).rows(self._connection, keys)
        row = next((row for row in locked if row[rows.INSCRICAO_SIZE] == row[_CONTRIBUINTE]), None)
        if row is None:
            return None
        contribuinte = row[_CONTRIBUINTE]
        cadeia = self._chain(rows.procuracao(row[len(_OWN) :]), _LOCKED_ANCESTORS) if with_procuracao else ()
        inscricao = rows.inscricao(row[: rows.INSCRICAO_SIZE])
        who = {"contribuinte": contribuinte, "holder": keys["holder"]}
        named: Rows = []
        listed: Rows = []
        if empresa := _naming_company(holder, cadeia):
            both = _LOCKED_NAMING_AND_REPRESENTANTES.rows(self._connection, {**who, "empresa": empresa})
            named, listed = [one for one in both if one[-1] is None], [one[-2:] for one in both if one[-1] is not None]
        elif isinstance(inscricao.contribuinte, CNPJ) or isinstance(holder, PessoaJuridica):
            listed = _LOCKED_REPRESENTANTES.rows(self._connection, who)
        listed_for: dict[str, set[CPF]] = {}
        for company, number in listed:
            listed_for.setdefault(company, set()).add(cpf(number))
        return Fatos(
            inscricao,
            frozenset(listed_for.get(contribuinte, ())),
            frozenset(listed_for.get(keys["holder"], ())),
            cadeia,
            tuple(rows.designacao(one[:-2]) for one in named),
            fetched_at=row[rows.INSCRICAO_SIZE + 1],
            holder_fetched_at=row[rows.INSCRICAO_SIZE + 2],
        )


def _naming_company(holder: Holder, cadeia: tuple[Procuracao, ...]) -> str | None:
    """The root of the outorgado where that is a company and the holder a person, whom it may have named."""
    if not cadeia or isinstance(holder, PessoaJuridica) or not isinstance(cadeia[0].outorgado, CNPJ):
        return None
    return cadeia[0].outorgado.raiz
