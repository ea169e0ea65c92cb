"""What the portal's views share: the flow, the frame of every page, and how a form's text is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Response, abort, request

from idp.domain.documents import Documento
from idp.domain.politica import Politica
from idp.domain.session import Session
from idp.errors import IllegalTransition
from idp.flow.autorizacoes import Autorizacoes
from idp.flow.inscricoes import Inscricoes
from idp.flow.meus_dados import MeusDados
from idp.flow.outorga import Outorga
from idp.flow.secret import digest
from idp.flow.usos import Usos
from idp.ports import Clients, Clock
from idp.web.pages import Pages
from idp.web.parameters import once
from idp.web.portal.buscas import Buscas
from idp.web.portal.door import Door
from idp.web.text import legivel
from idp.web.views.portal import moldura
from idp.web.views.portal_avisos import mudou
from idp.web.views.portal_dados import Prazos

Q_LENGTH = 100
_PAGE = re.compile(r"[1-9][0-9]{0,4}\Z")
_WORD = re.compile(r"[a-z_]{1,30}\Z")


@dataclass(frozen=True, slots=True)
class Portal:
    """Everything a view of the portal needs. ``politica``: the authority's table and catalogue."""

    door: Door
    outorga: Outorga
    inscricoes: Inscricoes
    politica: Politica
    pages: Pages
    clock: Clock
    clients: Clients
    usos: Usos
    autorizacoes: Autorizacoes
    dados: MeusDados
    prazos: Prazos
    buscas: Buscas

    def nome(self, client_id: str) -> str:
        """Of an application, as people know it."""
        client = self.clients.get(client_id)
        return legivel(client.name, 80) if client else legivel(client_id, 80)

    def volta(self, tx_id: str | None) -> tuple[str, str] | None:
        """The way back to the list of an application's request that waits: its address and the application's name. The
        reference names a Transaction of this browser and nothing else; of any other there is no way back."""
        tx = self.door.waiting(tx_id) if tx_id else None
        return (f"/consentimento?tx={tx.id}", self.nome(tx.request.client_id)) if tx else None

    def render(self, quem: Session, aba: str, template: str, *, status: int = 200, **view: Any) -> Response:
        """A page of whoever is in; ``aba`` is where in the portal it stands."""
        return self.pages.render(
            f"portal/{template}",
            status=status,
            token=self.door.token(quem.id),
            **moldura(quem, aba),
            **view,
        )

    def changed(self, error: IllegalTransition, quem: Session, nome: str, link: tuple[str, str]) -> Response:
        """Somebody was faster, or the page was old. ``nome``: what it is about; ``link``: where that is seen."""
        return self.door.notice(mudou(error, nome, link), 409, quem)


def handle(quem: Session, documento: Documento) -> str:
    """Stands for a document in forms and addresses of this session: nobody else's page has the same, and no CPF is in
    either."""
    return digest(f"parte\x00{quem.id}\x00{documento}")[:24]


def page_number() -> int:
    """Of a list: a convenience, so what makes no sense is the first."""
    page = once(request.args, "pagina", _PAGE)
    return int(page) if page else 1


def searched() -> str:
    """What was typed into a list's search; "" for nothing."""
    return _plain(request.form.get("q", ""), Q_LENGTH)


def choice(name: str, known: Mapping[str, Any], default: str = "") -> str:
    """One of ``known`` as asked for in the address or by the list's form, else ``default``, else the first."""
    given = once(request.args if request.method == "GET" else request.form, name, _WORD)
    return given if given is not None and given in known else default or next(iter(known))


def word(name: str) -> str:
    """The one short word that a form's button or marker says, "" without it."""
    return once(request.args if request.method == "GET" else request.form, name, _WORD) or ""


def typed(limits: Mapping[str, tuple[int, int]]) -> dict[str, list[str]]:
    """What was typed. ``limits``: for each field how many values and how many characters of each. Answers 400 to a form
    with more values than the page that we sent can hold."""
    found = {}
    for name, (count, length) in limits.items():
        given = request.form.getlist(name)
        if len(given) > count:
            abort(400)
        found[name] = [_plain(value, length, lines=length > Q_LENGTH * 4) for value in given]
    return found


def day(text: str, *, written: bool = True) -> date | None:
    """A date field: ``2026-12-31`` as browsers send it or, where ``written``, ``31/12/2026`` as people write it."""
    for shape in ("%Y-%m-%d", "%d/%m/%Y")[: 1 + written]:
        try:
            return datetime.strptime(text.strip(), shape).date()  # noqa: DTZ007 (a day, no moment)
        except ValueError:
            continue
    return None


def _plain(text: str, length: int, *, lines: bool = False) -> str:
    """Without what cannot be seen; line ends are kept where a field has lines."""
    kept = "".join(c for c in text[: length * 2] if c.isprintable() or (lines and c in "\r\n\t"))
    return kept.strip()[:length]
