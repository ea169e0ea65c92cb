"""Forms on their way: what was typed is kept on the server between one page and the next, so that neither the back
button nor a reload, nor a session that ran out meanwhile, loses it.

A form belongs to the browser and to the person that began it. Nothing in it is believed: it is typed text, and whoever
sends it has it judged anew.
"""

from __future__ import annotations

import hmac
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

from idp.domain.person import PessoaJuridica
from idp.domain.session import Session
from idp.flow.secret import digest, new_id
from idp.ports import Ephemeral
from idp.web.portal.planilha import csv_text

LIFETIME = timedelta(hours=1)
_MOST = 60_000
"""Bytes; the store takes 64 KiB."""


@dataclass(frozen=True, slots=True)
class Preenchimento:
    """``tipo`` is the form it belongs to. ``navegador``, ``pessoa`` and ``sessao``: whose it is. ``problemas``: what
    was wrong with ``campos`` when they were last sent, each (campo, motivo, detail). ``rascunho``: the draft made of
    it. ``resultado``: the address of what came of it; then it is spent. ``extra``: what it began with, not typed."""

    id: str
    tipo: str
    navegador: str
    pessoa: str
    sessao: str
    campos: dict[str, list[str]] = field(default_factory=dict)
    problemas: list[list[str]] = field(default_factory=list)
    rascunho: str = ""
    resultado: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def um(self, campo: str) -> str:
        """The one value of ``campo``, "" where there is none."""
        return (self.campos.get(campo) or [""])[0]

    def de(self, session: Session, navegador: str) -> bool:
        """Whether it was begun by this person in this browser."""
        same = hmac.compare_digest(self.pessoa.encode(), pessoa(session).encode())
        return same and hmac.compare_digest(self.navegador.encode(), navegador.encode())


def pessoa(session: Session) -> str:
    """The same for every session of one person; of a company's certificate also by whom it names as responsável."""
    holder = session.holder
    responsavel = holder.responsavel if isinstance(holder, PessoaJuridica) else None
    return digest(f"pessoa\x00{holder.documento}\x00{responsavel.cpf if responsavel else ''}")


class Preenchimentos:
    """Kept in the ephemeral store, an hour from the last change. Raises StoreUnavailable."""

    def __init__(self, store: Ephemeral) -> None:
        self._store = store

    def begin(self, tipo: str, session: Session, navegador: str, **extra: str) -> Preenchimento:
        """A new form of this person in the browser with that digest."""
        begun = Preenchimento(new_id(), tipo, navegador, pessoa(session), session.id, extra=extra)
        self.put(begun)
        return begun

    def put(self, one: Preenchimento) -> None:
        """Keep it as it is now."""
        data = json.dumps(asdict(one), ensure_ascii=False).encode()
        if len(data) <= _MOST:  # what is longer was not typed into a form of ours
            self._store.put(_key(one.id), data, LIFETIME)

    def get(self, id: str, tipo: str) -> Preenchimento | None:
        """The form of that kind; None where it is gone."""
        data = self._store.get(_key(id))
        if data is None:
            return None
        found = Preenchimento(**json.loads(data))
        return found if found.id == id and found.tipo == tipo else None

    def attach(self, one: Preenchimento, rows: Sequence[Sequence[str]]) -> None:
        """Keep a file made of it; what is too long even when pressed together is not kept."""
        data = zlib.compress(csv_text(rows).encode())
        if len(data) <= _MOST:
            self._store.put(_file(one.id), data, LIFETIME)

    def attached(self, one: Preenchimento) -> str | None:
        """The text of that file; None where there is none."""
        data = self._store.get(_file(one.id))
        return None if data is None else zlib.decompress(data).decode()

    def send(
        self, one: Preenchimento, campos: Mapping[str, Sequence[str]], problemas: Sequence[Sequence[str]] = ()
    ) -> Preenchimento:
        """Keep what was just typed and what is wrong with it; a draft made of something else is forgotten."""
        kept = {name: list(values) for name, values in campos.items()}
        sent = replace(one, campos=kept, problemas=[list(p) for p in problemas], rascunho="")
        self.put(sent)
        return sent


def _key(id: str) -> str:
    return f"portal-form:{id}"


def _file(id: str) -> str:
    return f"portal-file:{id}"
