"""The list of "Em nome de quem?": grouped, searched and cut into pages, made only for the page that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from typing import Any

from idp.domain.documents import CNPJ, Documento
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.person import Holder
from idp.domain.representation import Modo, Representation
from idp.domain.busca import busca, compacto
from idp.web.text import legivel, ultimo_dia
from idp.web.views.poderes import todos_em_palavras

PER_PAGE = 100


class Group(IntEnum):
    """The order of the page."""

    PROPRIAS = 0
    ESTABELECIMENTOS = 1
    REPRESENTANTE = 2
    PROCURACOES = 3


@dataclass(frozen=True, slots=True)
class Option:
    """One radio button. ``inscricao``: UF:NUMERO."""

    id: str
    value: str
    inscricao: str
    numero: str
    detalhe: str
    checked: bool


@dataclass(slots=True)
class Block:
    """An establishment, a company or a procuração, with its inscrições."""

    titulo: str
    documento: str
    poderes: list[str]
    prazo: str
    options: list[Option] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupView:
    titulo: str
    explicacao: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """One page of the list. ``total`` counts all, ``found`` what the search left, ``first``..``last`` what is shown."""

    groups: list[GroupView]
    q: str
    total: int
    found: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1 if self.found else 0

    @property
    def last(self) -> int:
        return min(self.page * PER_PAGE, self.found)

    @property
    def first_option(self) -> str:
        """Id of the first radio button, to jump to; the list itself when it is empty."""
        return self.groups[0].blocks[0].options[0].id if self.groups else "escolhas"

    @property
    def searchable(self) -> bool:
        return self.total > 5 or bool(self.q)


_TITLES = {
    Group.PROPRIAS: ("Suas inscrições", "São do CPF ou CNPJ do próprio certificado."),
    Group.ESTABELECIMENTOS: ("Outros estabelecimentos da sua empresa", "Têm a mesma raiz de CNPJ do seu certificado."),
    Group.REPRESENTANTE: ("Empresas que você representa", "Você consta como representante legal no cadastro."),
    Group.PROCURACOES: ("Procurações que você recebeu", "Quem deu a procuração pode revogá-la a qualquer momento."),
}


def choices_view(
    holder: Holder, available: Sequence[Representation], *, q: str = "", page: int = 1, chosen: str = ""
) -> ChoicesView:
    """``page`` beyond the end is the last one. The only choice there is comes chosen."""
    wanted = [representation for representation in available if _matches(representation, q)] if q else list(available)
    wanted.sort(key=lambda representation: _order(holder, representation))
    pages = max(1, -(-len(wanted) // PER_PAGE))
    page = min(max(1, page), pages)
    shown = wanted[(page - 1) * PER_PAGE : page * PER_PAGE]
    if len(available) == 1:
        chosen = str(available[0].ref)
    groups = []
    for group, members in groupby(shown, key=lambda representation: _group(holder, representation)):
        title, hint = _TITLES[group]
        groups.append(GroupView(title, hint, _blocks(group, members, chosen)))
    return ChoicesView(groups, q, len(available), len(wanted), page, pages)


def _group(holder: Holder, representation: Representation) -> Group:
    if representation.modo is Modo.PROCURACAO:
        return Group.PROCURACOES
    if representation.modo is Modo.REPRESENTANTE_LEGAL:
        return Group.REPRESENTANTE
    own = holder.documento == representation.inscricao.contribuinte
    return Group.PROPRIAS if own else Group.ESTABELECIMENTOS


def _order(holder: Holder, representation: Representation) -> tuple[Any, ...]:
    group, inscricao, procuracao = _group(holder, representation), representation.inscricao, representation.procuracao
    given = (busca(procuracao.outorgante_nome), procuracao.id) if procuracao else (busca(inscricao.razao_social), "")
    return (group, given, not inscricao.matriz, str(inscricao.contribuinte), inscricao.id)


def _blocks(group: Group, members: Iterable[Representation], chosen: str) -> list[Block]:
    blocks: list[Block] = []
    last: str | None = None
    for representation in members:
        key = _block_key(representation)
        if key != last:
            blocks.append(_block(representation))
            last = key
        blocks[-1].options.append(_option(group, representation, chosen))
    return blocks


def _block_key(representation: Representation) -> str:
    return representation.procuracao.id if representation.procuracao else str(representation.inscricao.contribuinte)


def _block(representation: Representation) -> Block:
    inscricao, procuracao = representation.inscricao, representation.procuracao
    if procuracao is None:
        return Block(legivel(inscricao.razao_social), _described(representation), [], "")
    prazo = f"até {ultimo_dia(representation.ate)}" if representation.ate else ""
    if representation.cadeia:
        prazo += ", por substabelecimento"
    titulo, documento = legivel(procuracao.outorgante_nome), _shown(procuracao.outorgante)
    return Block(titulo, documento, todos_em_palavras(procuracao.poderes), prazo)


def _option(group: Group, representation: Representation, chosen: str) -> Option:
    inscricao, ref = representation.inscricao, str(representation.ref)
    detalhe = [legivel(inscricao.municipio, 60)]
    if inscricao.situacao is not SituacaoCadastral.ATIVA:
        detalhe.append(f"situação {inscricao.situacao.value}")
    if group is Group.PROCURACOES and isinstance(inscricao.contribuinte, CNPJ):
        detalhe.insert(0, _described(representation))
    return Option(
        id="escolha-" + "".join(c if c.isalnum() else "-" for c in ref),
        value=ref,
        inscricao=str(inscricao.id),
        numero=f"{inscricao.id.numero} ({inscricao.id.uf})",
        detalhe=", ".join(filter(None, detalhe)),
        checked=ref == chosen,
    )


def _described(representation: Representation) -> str:
    """``Filial 99.990.001/0002-79``, or a natural person's masked CPF."""
    inscricao = representation.inscricao
    if not isinstance(inscricao.contribuinte, CNPJ):
        return _shown(inscricao.contribuinte)
    return f"{'Matriz' if inscricao.matriz else 'Filial'}, {_shown(inscricao.contribuinte)}"


def _shown(documento: Documento) -> str:
    """A company's number is public; a person's is not, not even to whom they gave a procuração."""
    if isinstance(documento, CNPJ):
        return f"CNPJ {documento.formatado}"
    return f"CPF {documento.mascarado}"


def _matches(representation: Representation, q: str) -> bool:
    """Every word typed is found in a name or place, or is part of a number, however it was masked."""
    inscricao, procuracao = representation.inscricao, representation.procuracao
    names = [inscricao.razao_social, inscricao.municipio, inscricao.id.uf]
    if procuracao:
        names.append(procuracao.outorgante_nome)
    text = busca(" ".join(names))
    numbers = [inscricao.id.numero]
    if isinstance(inscricao.contribuinte, CNPJ):
        numbers.append(inscricao.contribuinte.numero)
    return all(_word_matches(word, text, numbers, inscricao.contribuinte) for word in busca(q).split())


def _word_matches(word: str, text: str, numbers: Sequence[str], contribuinte: Documento) -> bool:
    number = compacto(word)
    if word in text or number == str(contribuinte):
        return True
    return len(number) >= 3 and any(number in one for one in numbers)
