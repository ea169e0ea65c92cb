"""The ports that only the life of a procuração needs; ``idp.ports`` has the others, and the UnitOfWork of them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from idp.domain.ato import AtoRegistrado
from idp.domain.designacao import Designacao
from idp.domain.documents import CPF, Documento
from idp.domain.inscricao import InscricaoId
from idp.domain.pedido import Pedido
from idp.domain.procuracao import Procuracao
from idp.domain.proposta import Rascunho


@dataclass(frozen=True, slots=True)
class Parte:
    """What the cadastro says of a possible party of a procuração. ``nome`` is None where it knows no such contribuinte;
    ``conhecido``: whether it has this very establishment. ``representantes``: CPF and name of each.
    ``fetched_at``: when a remote cadastro last said so."""

    documento: Documento
    nome: str | None = None
    conhecido: bool = False
    representantes: Mapping[CPF, str] = field(default_factory=dict)
    fetched_at: datetime | None = None


class Partes(Protocol):
    """The cadastro as those who give and receive power need it."""

    def of(self, documentos: Iterable[Documento], *, lock: bool) -> Mapping[Documento, Parte]:
        """One Parte for each document. ``lock`` holds contribuintes and representantes against change until this
        transaction ends; to be called before any procuração is locked."""
        ...

    def empresas(self, cpf: CPF) -> Sequence[Parte]:
        """The companies that list ``cpf`` as a legal representative, by the CNPJ of their matriz, ordered by name."""
        ...

    def inscricoes(self, ids: Iterable[InscricaoId]) -> Mapping[InscricaoId, Documento]:
        """To whom those of ``ids`` that exist belong."""
        ...

    def nomes(self, cpf: CPF) -> Sequence[str]:
        """Every name by which the cadastro or the person's own earlier acts know ``cpf``. Never to be shown."""
        ...


@dataclass(frozen=True, slots=True)
class Alvo:
    """Whose rows are meant: those of a contribuinte id, or of one establishment of it only (``documento``)."""

    contribuinte: str
    documento: str | None = None


VENCENDO = timedelta(days=30)
"""How long before its end a procuração is pointed out to its parties."""


@dataclass(frozen=True, slots=True)
class Consulta:
    """A page of a long list. ``situacao``: vigentes, vencendo (those of them that end within ``VENCENDO``), pendentes,
    abertas (all of these; of procurações only), encerradas or todas, at the moment ``at``. ``q``: part of a party's
    name, the beginning of a CNPJ or a whole CPF. ``limit`` rows from ``offset`` on. ``raiz``: a company that named
    somebody is meant by its CNPJ root. ``ordem``: by nome (of the other party) or fim (what ends first comes first);
    requests have an order of their own."""

    at: datetime
    situacao: str = "todas"
    q: str = ""
    limit: int = 50
    offset: int = 0
    raiz: bool = True
    ordem: str = "nome"


class Procuracoes(Protocol):
    """Procurações, whatever became of them. ``lock`` holds a row against change until this transaction ends."""

    def get(self, id: str, *, lock: bool) -> Procuracao | None: ...
    def add(self, procuracao: Procuracao) -> None:
        """Raises AlreadySpent where one of that id exists."""
        ...

    def update(self, procuracao: Procuracao) -> None:
        """Replace state, its moment and ``cedida_a`` of an existing one. Raises NotFound."""
        ...

    def above(self, id: str, *, lock: bool) -> Sequence[Procuracao]:
        """Those that ``id`` descends from, the nearest first."""
        ...

    def children(self, id: str) -> Sequence[Procuracao]:
        """Those passed on from ``id`` itself."""
        ...

    def given(self, by: Sequence[Alvo], consulta: Consulta) -> tuple[Sequence[Procuracao], int]:
        """Those that one of ``by`` gave or passed on, ordered by outorgado; and how many there are in all."""
        ...

    def received(
        self, by: Sequence[Alvo], designacoes: Sequence[Designacao], consulta: Consulta
    ) -> tuple[Sequence[Procuracao], int]:
        """Those that one of ``by`` received, or a company that named the holder, ordered by outorgante; and how many
        there are in all."""
        ...

    def outorgantes(self, by: Alvo) -> frozenset[str]:
        """Contribuinte ids of those whose procuração ``by`` has, in force or not yet ended."""
        ...

    def due(self, at: datetime, accepted_since: datetime, limit: int) -> Sequence[Procuracao]:
        """Up to ``limit`` that time has ended by ``at``, or that have waited for acceptance since before
        ``accepted_since``; held against change, and nobody else's that are being changed now."""
        ...


class Designacoes(Protocol):
    """Whom companies named to act by what they received. ``lock`` as in :class:`Procuracoes`."""

    def get(self, id: str, *, lock: bool) -> Designacao | None: ...
    def add(self, designacao: Designacao) -> None:
        """Raises AlreadySpent where one of that id exists."""
        ...

    def update(self, designacao: Designacao) -> None:
        """Replace state and its moment. Raises NotFound."""
        ...

    def by_company(self, empresa: Alvo) -> Sequence[Designacao]:
        """All of a company's, whatever their state, ordered by name."""
        ...

    def of_person(self, cpf: CPF) -> Sequence[Designacao]:
        """Those that name him, whatever their state."""
        ...


class Pedidos(Protocol):
    """Requests for a procuração, open or answered. ``lock`` as in :class:`Procuracoes`."""

    def get(self, id: str, *, lock: bool) -> Pedido | None: ...
    def add(self, pedido: Pedido) -> None:
        """Store a new one."""
        ...

    def update(self, pedido: Pedido) -> None:
        """Replace state, its moment and the procuração made of it. Raises NotFound."""
        ...

    def made(self, by: Sequence[Alvo], consulta: Consulta) -> tuple[Sequence[Pedido], int]:
        """``vigentes`` are the open ones. The newest first; and how many there are in all."""
        ...

    def received(self, by: Sequence[Alvo], consulta: Consulta) -> tuple[Sequence[Pedido], int]:
        """As ``made``: those in which one of ``by`` is asked."""
        ...

    def open_with(self, outorgado: Alvo, at: datetime) -> Sequence[str]:
        """The outorgantes' contribuinte ids of a person's open requests, one for each request."""
        ...

    def denied(self, outorgado: Alvo, since: datetime) -> Mapping[str, datetime]:
        """The outorgantes (contribuinte ids) that denied a request of a person after ``since``, and when last."""
        ...

    def of_lote(self, outorgado: Alvo, lote: str) -> frozenset[str]:
        """Of whom one file's requests were made so far (contribuinte ids)."""
        ...

    def due(self, at: datetime, limit: int) -> Sequence[Pedido]:
        """Up to ``limit`` open ones whose time is over by ``at``; held against change."""
        ...


class Atos(Protocol):
    """What was done to procurações and designações. Nothing in it is ever changed."""

    def add(self, ato: AtoRegistrado) -> None: ...
    def of_procuracao(self, id: str) -> Sequence[AtoRegistrado]:
        """The oldest first."""
        ...


class Rascunhos(Protocol):
    """Drafts of power to be given, over Ephemeral."""

    def put(self, rascunho: Rascunho) -> None: ...
    def get(self, id: str) -> Rascunho | None: ...
    def delete(self, id: str) -> None: ...
    def attempt(self, quem: str, most: int, lifetime: timedelta) -> bool:
        """Count one more attempt of ``quem``, a digest; False once there were ``most`` within ``lifetime``."""
        ...
