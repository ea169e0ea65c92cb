"""The list of "Em nome de quem?", one page of it, in groups and blocks as it is read."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby

from idp.domain.documents import CNPJ, Documento
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.person import Holder
from idp.domain.representation import Modo, Representation, RepresentationRef
from idp.flow.choices import COUNTED, Choices
from idp.web.text import legivel, ultimo_dia
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
    """One radio button. ``inscricao``: UF:NUMERO. ``nome``: the whole of it in words, for whoever hears the page."""

    id: str
    value: str
    inscricao: str
    numero: str
    detalhe: str
    nome: str
    pinned: bool


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
    """One page of the list. ``only``: the one choice there is, which then is a card and no list. ``contagem``: how many
    there are, in words. ``pinnable``: the list is long enough that something may be kept on top of it."""

    groups: list[GroupView]
    q: str
    contagem: str
    page: int
    last: bool
    only: Block | None
    searchable: bool

    @property
    def empty(self) -> bool:
        return not self.groups

    @property
    def pinnable(self) -> bool:
        return self.searchable

    @property
    def first_option(self) -> str:
        """Id of the first radio button, to jump to; the list itself when it is empty."""
        return self.groups[0].blocks[0].options[0].id if self.groups else "escolhas"


_PINNED = ("Fixadas por você", "Ficam no começo da lista em todos os serviços.")
_RECENT = ("Usadas recentemente", "As últimas que você autorizou neste serviço.")
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
            groups.append(GroupView(titulo, explicacao, _blocks(holder, name, members, kept)))
            above |= {one.ref for one in members}
    listed = [one for one in choices.available if one.ref not in above]
    for group, found in groupby(listed, key=lambda representation: _group(holder, representation)):
        title, hint = _TITLES[group]
        groups.append(GroupView(title, hint, _blocks(holder, "escolha", found, kept)))
    alone = choices.complete and len(choices.available) == 1
    return ChoicesView(
        groups,
        choices.look.q,
        _counted(choices),
        choices.look.page,
        choices.last,
        groups[0].blocks[0] if alone else None,
        searchable,
    )


def _counted(choices: Choices) -> str:
    many = f"mais de {COUNTED}" if choices.found > COUNTED else f"{choices.found}"
    noun = "inscrição" if choices.found == 1 else "inscrições"
    found = " encontradas" if choices.found != 1 else " encontrada"
    return f"{many} {noun}{found if choices.look.q else ''}".capitalize()


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
        if key != last:
            blocks.append(_block(representation))
            last = key
        option = _option(_group(holder, representation), name, representation, representation.ref in kept)
        blocks[-1].options.append(option)
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
    if representation.designacao:
        prazo += f", por designação de {legivel(representation.designacao.empresa_nome, 60)}"
    titulo, documento = legivel(procuracao.outorgante_nome), _shown(procuracao.outorgante)
    return Block(titulo, documento, todos_em_palavras(representation.poderes), prazo)


def _option(group: Group, name: str, representation: Representation, pinned: bool) -> Option:
    inscricao, ref = representation.inscricao, str(representation.ref)
    detalhe = [legivel(inscricao.municipio, 60)]
    if inscricao.situacao is not SituacaoCadastral.ATIVA:
        detalhe.append(f"situação {inscricao.situacao.value}")
    if group in (Group.PROCURACOES, Group.DESIGNACOES) and isinstance(inscricao.contribuinte, CNPJ):
        detalhe.insert(0, _described(representation))
    return Option(
        id=f"{name}-" + "".join(c if c.isalnum() else "-" for c in ref),
        value=ref,
        inscricao=str(inscricao.id),
        numero=f"{inscricao.id.numero} ({inscricao.id.uf})",
        detalhe=", ".join(filter(None, detalhe)),
        nome=f"{inscricao.id.numero}, {legivel(inscricao.razao_social, 60)}",
        pinned=pinned,
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
