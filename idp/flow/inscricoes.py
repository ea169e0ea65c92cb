"""The inscrições of a party, for its own people to name some of them in a procuração."""

from __future__ import annotations

from collections.abc import Sequence

from idp.domain.documents import CNPJ, Documento
from idp.domain.inscricao import Inscricao, SituacaoCadastral
from idp.domain.procura import Procura
from idp.domain.representation import Demanda, Fatos, Modo, Regras
from idp.domain.session import Session
from idp.ports import Clock, Store

MOST = 60
"""More than anybody reads through: then one searches."""


class Inscricoes:
    """Shows; whoever names an inscrição in a procuração has it judged by ``flow.outorga``."""

    def __init__(self, *, clock: Clock, store: Store, regras: Regras) -> None:
        self.clock = clock
        self.store = store
        self.regras = regras

    def of(self, quem: Session, parte: Documento, q: str = "", *, pai: str | None = None) -> Sequence[Inscricao]:
        """The first ``MOST`` inscrições of ``parte`` (of a CNPJ, of its root) that ``quem`` holds by an own certificate
        or as its legal representative, whatever their situação; with ``pai``, those that this procuração reaches.
        ``q``: part of a name, place or number."""
        whose = parte.raiz if isinstance(parte, CNPJ) else parte.numero
        procura = Procura(
            Demanda(situacoes=frozenset(SituacaoCadastral)),
            quem.certificado.nivel,
            self.clock.now(),
            raiz=self.regras.raiz,
            q=q,
            contribuinte=whose,
        )
        with self.store.reading() as uow:
            found = uow.vinculos.page(quem.holder, procura, limit=MOST)
        own = {
            fatos.inscricao.id: fatos.inscricao
            for modo, fatos in found
            if _contribuinte(fatos.inscricao.contribuinte) == whose and _reached(modo, fatos, pai)
        }
        return tuple(own.values())


def _reached(modo: Modo, fatos: Fatos, pai: str | None) -> bool:
    if pai is None:
        return modo is not Modo.PROCURACAO
    return bool(fatos.cadeia) and fatos.cadeia[0].id == pai


def _contribuinte(documento: Documento) -> str:
    return documento.raiz if isinstance(documento, CNPJ) else documento.numero
