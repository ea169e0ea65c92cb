"""The list of "Em nome de quem?", one page of it, in groups and blocks as it is read."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby

from idp.domain.documents import CNPJ, Documento
from idp.domain.inscricao import Inscricao, SituacaoCadastral
from idp.domain.person import Holder
from idp.domain.representation import Modo, Representation, RepresentationRef
from idp.flow.choices import COUNTED, PER_PAGE, PER_PAGE_MISSING, Choices
from idp.web.text import legivel, ultimo_dia
from idp.web.views.destaque import Destaque
from idp.web.views.poderes import todos_em_palavras

_FEW = 5
"""So many are seen at a glance: no search, nothing kept on top."""


class Group(IntEnum):
    """The order of the page."""

    PROPRIAS = 0
    ESTABELECIMENTOS = 1
    REPRESENTANTE = 2
    PROCURACOES = 3
    DESIGNACOES = 4


@dataclass(frozen=True, slots=True)
class Option:
    """One radio button."""

    id: str
    value: str
    inscricao: str
    """UF:NUMERO."""
    numero: str
    uf: str
    tipo: str
    """Of whose it is: ``Matriz, CNPJ``, ``CPF``."""
    documento: str
    """The number that ``tipo`` names."""
    lugar: str
    """Where, and what is unusual about it."""
    nome: str
    """The whole of it in words, for whoever hears the page."""
    pinned: bool


@dataclass(slots=True)
class Block:
    """An establishment, a company or a procuração, with its inscrições."""

    titulo: str
    tipo: str
    documento: str
    base: str
    """By what right, in a few words."""
    poderes: list[str]
    prazo: str
    """Until when, of a procuração, and how it came to the person."""
    options: list[Option] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupView:
    """What is read under one heading."""

    titulo: str
    explicacao: str
    blocks: list[Block]
    mixed: bool = False
    """Its blocks say by what right, because its title does not."""

    @property
    def poderes(self) -> list[str]:
        """Those of each of its procurações, where they are the same."""
        first = self.blocks[0].poderes
        return first if len(self.blocks) > 1 and all(one.poderes == first for one in self.blocks) else []


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """One page of the list."""

    groups: list[GroupView]
    q: str
    contagem: str
    """How many there are, in words."""
    pagina: str
    page: int
    last: bool
    only: Block | None
    """The one choice there is, which then is a card and no list."""
    searchable: bool
    destaque: Destaque
    """Marks what was searched for."""

    @property
    def empty(self) -> bool:
        return not self.groups

    @property
    def pinnable(self) -> bool:
        """The list is long enough that something may be kept on top of it."""
        return self.searchable

    @property
    def first_option(self) -> str:
        """Id of the first radio button, to jump to; the list itself when it is empty."""
        return self.groups[0].blocks[0].options[0].id if self.groups else "escolhas"


_PINNED = ("Fixadas por você", "Ficam no começo da lista em todos os serviços.")
_RECENT = ("Usadas recentemente", "As últimas que você autorizou neste serviço.")
_FOUND = (
    "Encontradas",
    "Primeiro as que começam com o que você digitou; depois aquelas em que cada palavra começa assim; por fim o resto.",
)
_BASES = {
    Group.PROPRIAS: "Do seu certificado",
    Group.ESTABELECIMENTOS: "Outro estabelecimento da sua empresa",
    Group.REPRESENTANTE: "Você é representante legal",
}
_TITLES = {
    Group.PROPRIAS: ("Suas inscrições", "São do CPF ou CNPJ do próprio certificado."),
    Group.ESTABELECIMENTOS: ("Outros estabelecimentos da sua empresa", "Têm a mesma raiz de CNPJ do seu certificado."),
    Group.REPRESENTANTE: ("Empresas que você representa", "Você consta como representante legal no cadastro."),
    Group.DESIGNACOES: ("Procurações da empresa em que você atua", "A empresa designou você para atuar por ela."),
    Group.PROCURACOES: ("Procurações que você recebeu", "Quem deu a procuração pode revogá-la a qualquer momento."),
}


def choices_view(holder: Holder, choices: Choices) -> ChoicesView:
    """The page as it is read: what is kept on top, what was used last, then the list without those."""
    kept = choices.kept
    searchable = not choices.complete or len(choices.available) > _FEW
    groups: list[GroupView] = []
    above: set[RepresentationRef] = set()
    for name, (titulo, explicacao), members in (
        ("fixada", _PINNED, choices.pinned if searchable else ()),
        ("recente", _RECENT, choices.recent),
    ):
        if members:
            groups.append(GroupView(titulo, explicacao, _blocks(holder, name, members, kept), mixed=True))
            above |= {one.ref for one in members}
    listed = [one for one in choices.available if one.ref not in above]
    if listed and choices.look.q:  # the best first, whatever group it is of
        groups.append(GroupView(*_FOUND, _blocks(holder, "escolha", listed, kept), mixed=True))
    else:
        for group, found in groupby(listed, key=lambda representation: _group(holder, representation)):
            groups.append(GroupView(*_TITLES[group], _blocks(holder, "escolha", found, kept)))
    alone = choices.complete and len(choices.available) == 1
    return ChoicesView(
        groups,
        choices.look.q,
        _counted(choices),
        _page(choices, PER_PAGE),
        choices.look.page,
        choices.last,
        groups[0].blocks[0] if alone else None,
        searchable,
        Destaque(choices.look.q),
    )


@dataclass(frozen=True, slots=True)
class MissingPage:
    """One page of what may not be chosen, as the search above it needs it."""

    q: str
    contagem: str
    pagina: str
    page: int
    last: bool
    empty: bool


def missing_page(choices: Choices) -> MissingPage:
    said = f"{_counted(choices)} que você não pode escolher agora"
    empty = not choices.missing
    return MissingPage(choices.look.q, said, _page(choices, PER_PAGE_MISSING), choices.look.page, choices.last, empty)


def _counted(choices: Choices) -> str:
    many = f"mais de {COUNTED}" if choices.found > COUNTED else f"{choices.found}"
    noun = "inscrição" if choices.found == 1 else "inscrições"
    found = " encontradas" if choices.found != 1 else " encontrada"
    return f"{many} {noun}{found if choices.look.q else ''}".capitalize()


def _page(choices: Choices, size: int) -> str:
    """``Página 2 de 5``; of how many is not said where nobody counted them."""
    of = f" de {-(-choices.found // size)}" if choices.found <= COUNTED else ""
    return f"Página {choices.look.page}{of}"


def _group(holder: Holder, representation: Representation) -> Group:
    if representation.modo is Modo.PROCURACAO:
        return Group.DESIGNACOES if representation.designacao else Group.PROCURACOES
    if representation.modo is Modo.REPRESENTANTE_LEGAL:
        return Group.REPRESENTANTE
    own = holder.documento == representation.inscricao.contribuinte
    return Group.PROPRIAS if own else Group.ESTABELECIMENTOS


def _blocks(
    holder: Holder, name: str, members: Iterable[Representation], kept: Container[RepresentationRef]
) -> list[Block]:
    blocks: list[Block] = []
    last: str | None = None
    for representation in members:
        key = _block_key(representation)
        group = _group(holder, representation)
        if key != last:
            blocks.append(_block(group, representation))
            last = key
        blocks[-1].options.append(_option(name, representation, representation.ref in kept))
    return blocks


def _block_key(representation: Representation) -> str:
    return representation.procuracao.id if representation.procuracao else str(representation.inscricao.contribuinte)


def _block(group: Group, representation: Representation) -> Block:
    inscricao, procuracao = representation.inscricao, representation.procuracao
    if procuracao is None:
        base = _BASES[group]
        return Block(legivel(inscricao.razao_social), *_described(inscricao), base, [], "")
    prazo = f"até {ultimo_dia(representation.ate)}" if representation.ate else ""
    if representation.cadeia:
        prazo += ", por substabelecimento"
    if representation.designacao:
        prazo += f", por designação de {legivel(representation.designacao.empresa_nome, 60)}"
    titulo, poderes = legivel(procuracao.outorgante_nome), todos_em_palavras(representation.poderes)
    return Block(titulo, *_shown(procuracao.outorgante), f"Procuração {prazo}", poderes, prazo)


def _option(name: str, representation: Representation, pinned: bool) -> Option:
    inscricao, ref = representation.inscricao, str(representation.ref)
    lugar = [legivel(inscricao.municipio, 60)]
    if inscricao.situacao is not SituacaoCadastral.ATIVA:
        lugar.append(f"situação {inscricao.situacao.value}")
    return Option(
        f"{name}-" + "".join(c if c.isalnum() else "-" for c in ref),
        ref,
        str(inscricao.id),
        inscricao.id.numero,
        inscricao.id.uf,
        *_described(inscricao),
        ", ".join(filter(None, lugar)),
        f"{inscricao.id.numero}, {legivel(inscricao.razao_social, 60)}",
        pinned,
    )


def _described(inscricao: Inscricao) -> tuple[str, str]:
    """``Filial, CNPJ`` and its number, or ``CPF`` and a natural person's masked one."""
    tipo, documento = _shown(inscricao.contribuinte)
    if not isinstance(inscricao.contribuinte, CNPJ):
        return tipo, documento
    return f"{'Matriz' if inscricao.matriz else 'Filial'}, {tipo}", documento


def _shown(documento: Documento) -> tuple[str, str]:
    """A company's number is public; a person's is not, not even to whom they gave a procuração."""
    return ("CNPJ", documento.formatado) if isinstance(documento, CNPJ) else ("CPF", documento.mascarado)
