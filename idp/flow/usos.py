"""Who acted for somebody: the uses of the rights one gave or has, read from the audit by whom they concern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.domain.documents import Documento, parse_documento
from idp.domain.inscricao import InscricaoId
from idp.domain.representation import Modo, RepresentationRef, same_person
from idp.domain.session import Session
from idp.errors import IdpError, InvalidDocument, NotFound
from idp.flow.outorga import EmNomeDe, Outorga, Vista
from idp.ports import Act, AuditTrail, Narrow

POR_PAGINA = 30
RECENT = 200
"""Among so many of the newest uses are the persons and applications that one may narrow a list to."""
ISSUED, REFUSED = "code.issued", "code.refused"


@dataclass(frozen=True, slots=True)
class Uso:
    """One time that somebody acted, or (``motivo``) tried to. ``politica``: the certificate's policy OID. ``poder``:
    the one that the application demanded; without it ``poderes`` is what stood behind it, if a procuração did."""

    id: int
    at: datetime
    titular: Documento
    nome: str
    responsavel: Documento | None
    politica: str
    client_id: str
    inscricao: InscricaoId
    modo: Modo
    procuracao: str | None
    poder: str = ""
    poderes: tuple[str, ...] = ()
    motivo: str = ""


@dataclass(frozen=True, slots=True)
class Filtro:
    """``parte``: for whom, out of ``Usos.partes``. ``procuracao``: only by this one. ``pessoa``: only by who did the
    use with this id, so that no address holds a document. ``ate``: before this moment."""

    parte: Documento
    procuracao: str = ""
    pessoa: int | None = None
    aplicacao: str = ""
    desde: datetime | None = None
    ate: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pagina:
    """``seguinte``: the use after which the older ones come, None at the end. ``revogaveis``: those of the
    procurações named that this person may revoke now."""

    usos: tuple[Uso, ...]
    seguinte: int | None
    revogaveis: frozenset[str]


class Usos:
    def __init__(self, *, trail: AuditTrail, outorga: Outorga) -> None:
        self.trail = trail
        self.outorga = outorga

    def partes(self, quem: Session) -> Sequence[EmNomeDe]:
        """For whom they may ask. Raises what :meth:`Outorga.acompanha` raises."""
        return self.outorga.acompanha(quem)

    def pagina(self, quem: Session, filtro: Filtro, antes: int | None = None) -> Pagina:
        """One page, the newest first, of those older than the use ``antes``. ``filtro.parte`` is one of ``partes``.
        Raises NotFound for a procuração, a person or a use that is no business of theirs."""
        if filtro.procuracao and self.outorga.ver(quem, filtro.procuracao).alheia:
            raise NotFound("procuracao")
        titular = (
            parse_documento(self._use(filtro, filtro.pessoa).payload["titular"]) if filtro.pessoa is not None else None
        )
        after = self._use(filtro, antes) if antes is not None else None
        narrow = Narrow(filtro.desde, filtro.aplicacao or None, titular)
        before = min(
            filter(None, ((after.at, after.id) if after else None, (filtro.ate, 0) if filtro.ate else None)),
            default=None,
        )
        if filtro.procuracao:
            acts = self.trail.uses_of([filtro.procuracao], before=before, limit=POR_PAGINA + 1, narrow=narrow)
        else:
            acts = self.trail.on_behalf_of(filtro.parte, before=before, limit=POR_PAGINA + 1, narrow=narrow)
        shown = acts[:POR_PAGINA]
        usos = self._read(shown, filtro)
        seguinte = shown[-1].id if len(acts) > POR_PAGINA else None
        return Pagina(usos, seguinte, self._revocable(quem, usos))

    def recentes(self, parte: Documento) -> Sequence[Uso]:
        """The newest, for choosing from."""
        return self._read(self.trail.on_behalf_of(parte, limit=RECENT), Filtro(parte))

    def ultimos(self, partes: Iterable[EmNomeDe], limit: int) -> Sequence[Uso]:
        """The newest for any of these."""
        found = [uso for one in partes for uso in self._read(self._newest(one, limit), Filtro(one.documento))]
        return sorted(found, key=lambda uso: (uso.at, uso.id), reverse=True)[:limit]

    def da_procuracao(self, quem: Session, vista: Vista, limit: int) -> Sequence[Uso]:
        """The newest by one procuração, or by one that was made of it; where those of others are none of this person's
        business, only his own."""
        narrow = Narrow(titular=quem.holder.documento if vista.alheia else None)
        return uses(self.trail.uses_of([vista.procuracao.id], limit=limit, narrow=narrow))

    def _newest(self, parte: EmNomeDe, limit: int) -> Sequence[Act]:
        return self.trail.on_behalf_of(parte.documento, limit=limit)

    def _use(self, filtro: Filtro, id: int) -> Act:
        """The use with this id, if it is one that ``filtro`` may show."""
        act = self.trail.act(id)
        if act is None or act.kind not in (ISSUED, REFUSED) or not self._concerns(act.payload, filtro):
            raise NotFound("uso")
        return act

    def _concerns(self, payload: Mapping[str, Any], filtro: Filtro) -> bool:
        """Whether it was done for ``filtro.parte`` (of a CNPJ root found, maybe for another establishment), or by the
        procuração asked for, which whoever sees it may follow."""
        if filtro.procuracao:
            return filtro.procuracao in (payload.get("choice", "").rpartition("/")[2], *payload.get("cadeia", ()))
        try:
            represented = parse_documento(payload.get("representado", ""))
        except InvalidDocument:  # a refusal names only the procuração that it was tried with
            return False
        return same_person(filtro.parte, represented, self.outorga.regras)

    def _read(self, acts: Sequence[Act], filtro: Filtro) -> tuple[Uso, ...]:
        return uses([act for act in acts if self._concerns(act.payload, filtro)])

    def _revocable(self, quem: Session, usos: Sequence[Uso]) -> frozenset[str]:
        named = {uso.procuracao for uso in usos if uso.procuracao}
        return frozenset(id for id in named if self._may_revoke(quem, id))

    def _may_revoke(self, quem: Session, id: str) -> bool:
        try:
            return "revogar" in self.outorga.ver(quem, id).eventos
        except NotFound:  # it was kept for its term, and is gone
            return False


def uses(acts: Iterable[Act]) -> tuple[Uso, ...]:
    """What acts say, as far as they can be read: a row of another version is evidence, and no use."""
    return tuple(filter(None, map(_use, acts)))


def _use(act: Act) -> Uso | None:
    payload = act.payload
    try:
        ref = RepresentationRef.parse(payload["choice"])
        responsavel = payload.get("responsavel")
        return Uso(
            act.id,
            act.at,
            parse_documento(payload["titular"]),
            payload.get("nome", ""),
            parse_documento(responsavel) if responsavel else None,
            payload.get("certificado", {}).get("politica", ""),
            payload.get("client", ""),
            ref.inscricao,
            ref.modo,
            ref.procuracao,
            payload.get("poder", ""),
            tuple(payload.get("poderes", ())),
            payload.get("motivo", "") if act.kind == REFUSED else "",
        )
    except (KeyError, ValueError, IdpError):
        return None
