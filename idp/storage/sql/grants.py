"""Token families and the codes that open them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Update, and_, bindparam, or_, select, update

from idp.domain.certificado import Certificado
from idp.domain.claims import ClaimsAsked
from idp.domain.designacao import Designacao
from idp.domain.documents import Documento
from idp.domain.grant import CodeBinding, Grant
from idp.domain.inscricao import InscricaoId
from idp.domain.perfil import Perfil
from idp.domain.person import Holder
from idp.domain.representation import Fatos, Modo, RepresentationRef
from idp.domain.transaction import Wanted
from idp.errors import AlreadySpent
from idp.storage import codec
from idp.storage.sql import rows
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.statements import CADASTRO, Upsert, chain, designacao, fatos, procuracao
from idp.storage.sql.tables import designacoes, grants, inscricoes, perfis, procuracoes

_FAMILY = tuple(
    grants.c[name]
    for name in (
        *("id", "client_id", "sub", "sid", "session_id", "holder", "certificado", "uf", "numero", "modo"),
        *("procuracao", "scopes", "nonce", "auth_time", "created_at", "expires_at"),
        *("generation", "rotated_at", "revoked_at", "claims", "wanted"),
    )
)
_CODE = (grants.c.redirect_uri, grants.c.explicit_redirect_uri, grants.c.code_challenge, grants.c.code_expires_at)
_KEY: BindParameter[str] = bindparam("key")
_CLIENT: BindParameter[str] = bindparam("client")
_AT: BindParameter[datetime] = bindparam("at")
_IN_FORCE = grants.c.revoked_at.is_(None)

_ADD = Prepared(
    Upsert(
        lambda insert: (
            insert(grants).on_conflict_do_nothing(index_elements=[grants.c.transaction_id]).returning(grants.c.id)
        )
    )
)
_TAKE_CODE = Prepared(
    update(grants)
    .where(
        grants.c.code_digest == _KEY,
        grants.c.client_id == _CLIENT,
        grants.c.code_spent_at.is_(None),
        grants.c.code_expires_at > _AT,
        grants.c.expires_at > _AT,
        _IN_FORCE,
    )
    .values(code_spent_at=_AT)
    .returning(*_FAMILY, *_CODE)
)
_REPLAYED = select(grants.c.id).where(
    grants.c.code_digest == _KEY, grants.c.client_id == _CLIENT, grants.c.code_spent_at.is_not(None)
)
_ROTATE = Prepared(
    update(grants)
    .where(
        grants.c.id == _KEY,
        grants.c.client_id == _CLIENT,
        grants.c.generation == bindparam("expected"),
        grants.c.expires_at > _AT,
        _IN_FORCE,
    )
    .values(generation=grants.c.generation + 1, rotated_at=_AT)
    .returning(*_FAMILY)
)
_GET = select(*_FAMILY).where(grants.c.id == _KEY)
_GET_LOCKED = _GET.with_for_update()
_REVOKE = update(grants).where(grants.c.id == _KEY, _IN_FORCE).values(revoked_at=_AT)
_REVOKE_SESSION = (
    update(grants).where(grants.c.session_id == _KEY, _IN_FORCE).values(revoked_at=_AT).returning(*_FAMILY)
)
# Two ranges of one index: a session may have been at one client many times with the same choice.
_REVOKE_OTHERS = Prepared(
    update(grants)
    .where(
        grants.c.session_id == _KEY,
        grants.c.client_id == _CLIENT,
        grants.c.expires_at > _AT,
        _IN_FORCE,
        or_(grants.c.sid < bindparam("this"), grants.c.sid > bindparam("this")),
    )
    .values(revoked_at=_AT)
    .returning(*_FAMILY)
)
_REVOKE_SID = (
    update(grants)
    .where(grants.c.sid == _KEY, grants.c.client_id == _CLIENT, _IN_FORCE)
    .values(revoked_at=_AT)
    .returning(*_FAMILY)
)
# The caller holds the procuração for itself: a grant that another transaction holds at this moment is either being
# redeemed there, which waits for the procuração and will then refuse, or being revoked. Waiting for it here would be
# waiting in a circle.
_resting = select(procuracoes.c.id).where(procuracoes.c.id == _KEY).cte("apoiadas", recursive=True)
_resting = _resting.union(select(procuracoes.c.id).where(procuracoes.c.pai == _resting.c.id))


def _revoke_where(*where: ColumnElement[bool]) -> Update:
    free = select(grants.c.id).where(*where, _IN_FORCE).with_for_update(skip_locked=True)
    return update(grants).where(grants.c.id.in_(free)).values(revoked_at=_AT).returning(*_FAMILY)


_REVOKE_PROCURACAO = _revoke_where(grants.c.procuracao == _KEY)
_REVOKE_DESCENDANTS = _revoke_where(grants.c.procuracao.in_(select(_resting.c.id)))
_REVOKE_DESIGNACAO = _revoke_where(
    grants.c.titular == bindparam("pessoa"),
    grants.c.procuracao.in_(
        select(procuracoes.c.id).where(procuracoes.c.outorgado_contribuinte == bindparam("empresa"))
    ),
)
_LIVE = (
    select(*_FAMILY)
    .where(grants.c.titular == _KEY, grants.c.expires_at > _AT, _IN_FORCE)
    .order_by(grants.c.created_at.desc(), grants.c.id)
)
_BY_SID = (
    select(*_FAMILY)
    .where(grants.c.sid == _KEY, grants.c.client_id == _CLIENT)
    .order_by(grants.c.created_at.desc())
    .limit(1)
)

_chain = chain(grants.c.procuracao, grants.c.id == _KEY)
# Beside the first link of the chain, so that neither multiplies the other.
_naming = and_(
    _chain.c.elo == 0,
    designacoes.c.pessoa == grants.c.titular,
    designacoes.c.empresa_contribuinte == _chain.c.outorgado_contribuinte,
)
_IN_USE = Prepared(
    select(
        *(column.label(f"g_{column.name}") for column in _FAMILY),
        *fatos(grants.c.titular),
        perfis.c.dados,
        *procuracao(_chain),
        *designacao(),
        _chain.c.elo,
    )
    .select_from(
        grants.join(CADASTRO, (inscricoes.c.uf == grants.c.uf) & (inscricoes.c.numero == grants.c.numero))
        .outerjoin(perfis, perfis.c.titular == grants.c.titular)
        .outerjoin(_chain, _chain.c.id.is_not(None))
        .outerjoin(designacoes, _naming)
    )
    .where(grants.c.id == _KEY)
    .order_by(_chain.c.elo)
)


class SqlGrants:
    """Implements :class:`idp.ports.Grants`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, grant: Grant, code_digest: str, binding: CodeBinding, transaction_id: str) -> None:
        choice = grant.choice
        values = {
            "id": grant.id,
            "transaction_id": transaction_id,
            "client_id": grant.client_id,
            "sub": grant.sub,
            "sid": grant.sid,
            "session_id": grant.session_id,
            "titular": rows.contribuinte_id(grant.holder.documento),
            "holder": codec.dumps_as(Holder, grant.holder).decode(),
            "certificado": codec.dumps(grant.certificado).decode(),
            "uf": choice.inscricao.uf,
            "numero": choice.inscricao.numero,
            "modo": choice.modo.value,
            "procuracao": choice.procuracao,
            "scopes": " ".join(sorted(grant.scopes)),
            "nonce": grant.nonce,
            "auth_time": grant.auth_time,
            "created_at": grant.created_at,
            "expires_at": grant.expires_at,
            "code_digest": code_digest,
            "code_expires_at": binding.expires_at,
            "redirect_uri": binding.redirect_uri,
            "explicit_redirect_uri": binding.explicit_redirect_uri,
            "code_challenge": binding.code_challenge,
            "generation": grant.generation,
            "rotated_at": grant.rotated_at,
            "revoked_at": grant.revoked_at,
            "wanted": codec.dumps(grant.wanted).decode() if grant.wanted != Wanted() else None,
            "claims": codec.dumps(grant.claims).decode() if grant.claims != ClaimsAsked() else None,
        }
        if _ADD.first(self._connection, values) is None:
            raise AlreadySpent("this transaction has issued its code")

    def take_code(self, code_digest: str, client_id: str, at: datetime) -> tuple[Grant, CodeBinding] | None:
        row = _TAKE_CODE.first(self._connection, {"key": code_digest, "client": client_id, "at": at})
        return None if row is None else (_grant(row), CodeBinding(*row[len(_FAMILY) :]))

    def replayed(self, code_digest: str, client_id: str) -> str | None:
        return self._connection.execute(_REPLAYED, {"key": code_digest, "client": client_id}).scalar()

    def rotate(self, grant_id: str, client_id: str, generation: int, at: datetime) -> Grant | None:
        key = {"key": grant_id, "client": client_id, "expected": generation, "at": at}
        row = _ROTATE.first(self._connection, key)
        return None if row is None else _grant(row)

    def get(self, grant_id: str, *, lock: bool = False) -> Grant | None:
        row = self._connection.execute(_GET_LOCKED if lock else _GET, {"key": grant_id}).first()
        return None if row is None else _grant(row)

    def in_use(self, grant_id: str) -> tuple[Grant, Fatos, Perfil | None] | None:
        found = _IN_USE.rows(self._connection, {"key": grant_id})
        if not found:
            return None
        family, end = len(_FAMILY), len(_FAMILY) + rows.FATOS_SIZE
        dados, procuracao, designacao = found[0][end], end + 1, end + 1 + rows.PROCURACAO_SIZE
        links = {row[-1]: rows.procuracao(row[procuracao:designacao]) for row in found if row[procuracao]}
        named = [rows.designacao(row[designacao:]) for row in found if row[designacao]]
        perfil = codec.loads(Perfil, dados) if dados else None
        return _grant(found[0][:family]), rows.fatos(found[0][family:end], tuple(links.values()), named), perfil

    def revoke(self, grant_id: str, at: datetime) -> bool:
        return self._connection.execute(_REVOKE, {"key": grant_id, "at": at}).rowcount == 1

    def revoke_session(self, session_id: str, at: datetime) -> Sequence[Grant]:
        return [_grant(row) for row in self._connection.execute(_REVOKE_SESSION, {"key": session_id, "at": at}).all()]

    def revoke_others(self, grant: Grant, at: datetime) -> Sequence[Grant]:
        key = {"key": grant.session_id, "client": grant.client_id, "this": grant.sid, "at": at}
        return [_grant(row) for row in _REVOKE_OTHERS.rows(self._connection, key)]

    def revoke_sid(self, sid: str, client_id: str, at: datetime) -> Sequence[Grant]:
        key = {"key": sid, "client": client_id, "at": at}
        return [_grant(row) for row in self._connection.execute(_REVOKE_SID, key).all()]

    def revoke_by_procuracao(self, id: str, at: datetime, *, descendants: bool = True) -> Sequence[Grant]:
        statement = _REVOKE_DESCENDANTS if descendants else _REVOKE_PROCURACAO
        return [_grant(row) for row in self._connection.execute(statement, {"key": id, "at": at}).all()]

    def revoke_by_designacao(self, designacao: Designacao, at: datetime) -> Sequence[Grant]:
        key = {"pessoa": designacao.pessoa.numero, "empresa": designacao.empresa.raiz, "at": at}
        return [_grant(row) for row in self._connection.execute(_REVOKE_DESIGNACAO, key).all()]

    def live(self, titular: Documento, at: datetime) -> Sequence[Grant]:
        key = {"key": rows.contribuinte_id(titular), "at": at}
        return [_grant(row) for row in self._connection.execute(_LIVE, key)]

    def by_sid(self, sid: str, client_id: str) -> Grant | None:
        row = self._connection.execute(_BY_SID, {"key": sid, "client": client_id}).first()
        return None if row is None else _grant(row)


def _grant(values: Sequence[Any]) -> Grant:
    """Of the columns ``_FAMILY``."""
    (id, client_id, sub, sid, session_id, holder, certificado, uf, numero, modo) = values[:10]
    (procuracao, scopes, nonce, auth_time, created_at, expires_at, generation, rotated_at, revoked_at) = values[10:19]
    claims, wanted = values[19:21]
    return Grant(
        id=id,
        client_id=client_id,
        sub=sub,
        sid=sid,
        session_id=session_id,
        holder=_holder(holder),
        certificado=_certificado(certificado),
        choice=RepresentationRef(InscricaoId(uf, numero), Modo(modo), procuracao),
        scopes=frozenset(scopes.split()),
        nonce=nonce,
        auth_time=auth_time,
        created_at=created_at,
        expires_at=expires_at,
        generation=generation,
        rotated_at=rotated_at,
        revoked_at=revoked_at,
        claims=codec.loads(ClaimsAsked, claims) if claims else ClaimsAsked(),
        wanted=codec.loads(Wanted, wanted) if wanted else Wanted(),
    )


# One person's code, refresh and userinfo follow each other: what was read a moment ago is not read anew.
@lru_cache(maxsize=1024)
def _holder(text: str) -> Holder:
    holder: Holder = codec.loads(Holder, text)
    return holder


@lru_cache(maxsize=1024)
def _certificado(text: str) -> Certificado:
    certificado: Certificado = codec.loads(Certificado, text)
    return certificado
