"""Facts about inscrições, read so that they cannot change before our commit.

On SQLite a transaction holds the only write lock from its beginning. On PostgreSQL ``facts(lock=True)`` takes row locks
(FOR SHARE) in a fixed order, which writers keep too, so that nobody waits in a circle: contribuintes by id, inscrição,
procuração, the procurações above it, designações by id, representantes. The representantes are read by a second
statement, whose snapshot is taken once the contribuinte is locked: whoever changes a company's representantes locks its
contribuinte first, so neither a removal nor an addition can slip in between.
"""

from __future__ import annotations

from sqlalchemy import BindParameter, Connection, bindparam, or_, select

from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, CPF
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Fatos, RepresentationRef
from idp.storage.codec import cpf
from idp.storage.sql import rows
from idp.storage.sql.prepared import Prepared
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
_NAMING, _LOCKED_NAMING = Prepared(_naming), Prepared(_naming.with_for_update(read=True))
_LOCKED_REPRESENTANTES = Prepared(
    select(representantes.c.contribuinte, representantes.c.cpf)
    .where(or_(representantes.c.contribuinte == bindparam("contribuinte"), representantes.c.contribuinte == _HOLDER))
    .order_by(representantes.c.contribuinte, representantes.c.cpf)
    .with_for_update(read=True)
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
        return rows.fatos(row, cadeia, self._naming(holder, cadeia, _NAMING))

    def _chain(self, first: Procuracao, ancestors: Prepared) -> tuple[Procuracao, ...]:
        if first.pai is None:
            return (first,)
        return first, *map(rows.procuracao, ancestors.rows(self._connection, {"procuracao": first.pai}))

    def _naming(self, holder: Holder, cadeia: tuple[Procuracao, ...], naming: Prepared) -> tuple[Designacao, ...]:
        """By which the outorgado, a company, named this person."""
        if not cadeia or not isinstance(cadeia[0].outorgado, CNPJ) or isinstance(holder, PessoaJuridica):
            return ()
        keys = {"holder": holder.cpf.numero, "empresa": cadeia[0].outorgado.raiz}
        return tuple(map(rows.designacao, naming.rows(self._connection, keys)))

    def _locked_facts(self, holder: Holder, keys: dict[str, str]) -> Fatos | None:
        with_procuracao = "procuracao" in keys
        locked = (_LOCKED_CHAIN if with_procuracao else _LOCKED).rows(self._connection, keys)
        row = next((row for row in locked if row[rows.INSCRICAO_SIZE] == row[_CONTRIBUINTE]), None)
        if row is None:
            return None
        contribuinte = row[_CONTRIBUINTE]
        cadeia = self._chain(rows.procuracao(row[len(_OWN) :]), _LOCKED_ANCESTORS) if with_procuracao else ()
        designacoes = self._naming(holder, cadeia, _LOCKED_NAMING)
        inscricao = rows.inscricao(row[: rows.INSCRICAO_SIZE])
        listed_for: dict[str, set[CPF]] = {}
        if isinstance(inscricao.contribuinte, CNPJ) or isinstance(holder, PessoaJuridica):
            who = {"contribuinte": contribuinte, "holder": keys["holder"]}
            for company, number in _LOCKED_REPRESENTANTES.rows(self._connection, who):
                listed_for.setdefault(company, set()).add(cpf(number))
        return Fatos(
            inscricao,
            frozenset(listed_for.get(contribuinte, ())),
            frozenset(listed_for.get(keys["holder"], ())),
            cadeia,
            designacoes,
            fetched_at=row[rows.INSCRICAO_SIZE + 1],
            holder_fetched_at=row[rows.INSCRICAO_SIZE + 2],
        )
