"""The portal's long forms: their choices with what was typed before, and what is wrong in words beside each field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, Documento
from idp.domain.inscricao import Inscricao
from idp.domain.politica import PoderDoCatalogo, Politica
from idp.domain.procuracao import TODOS, Poder
from idp.flow.outorga import EmNomeDe
from idp.web.text import legivel
from idp.web.views.person import publico
from idp.web.views.poderes import em_palavras
from idp.web.views.portal import rotulado
from idp.web.views.portal_avisos import impedido


@dataclass(frozen=True, slots=True)
class Opcao:
    """One radio button, checkbox or entry of a list."""

    id: str
    value: str
    rotulo: str
    detalhe: str
    marcado: bool


@dataclass(frozen=True, slots=True)
class Servico:
    titulo: str
    opcoes: tuple[Opcao, ...]


@dataclass(frozen=True, slots=True)
class Erros:
    """``resumo``: (href, sentence) for each, in the order of the form. ``campo``: the sentences of one field."""

    resumo: tuple[tuple[str, str], ...] = ()
    campos: Mapping[str, str] | None = None

    def de(self, campo: str) -> str:
        return (self.campos or {}).get(campo, "")


ORDEM = (
    "certificado",
    "em_nome_de",
    "linhas",
    "outorgante",
    "rotulo",
    "outorgado",
    "outorgado_nome",
    "pessoa",
    "pessoa_nome",
    "pai",
    "poderes",
    "escopo_tipo",
    "inscricoes",
    "clientes",
    "inicio",
    "fim",
    "sem_reserva",
    "substabelecivel",
    "nivel_minimo",
    "mensagem",
)
"""The order of fields on every form."""

_DIGITADO = {
    "length": "Confira o número: um CPF tem 11 dígitos e um CNPJ tem 14 caracteres.",
    "charset": "Confira o número: há nele um sinal que CPF e CNPJ não têm.",
    "repeated": "Este número não é um CPF nem um CNPJ.",
    "check_digits": "Os dígitos verificadores não conferem: confira a digitação.",
}
_Words = Callable[[str], str]
_WORDS: dict[str, _Words] = {
    "proprio": lambda d: "As duas partes são a mesma pessoa. Digite o CPF ou CNPJ de outra.",
    "nome_nao_confere": lambda d: (
        "O nome não confere com este CPF. Confira o número e escreva o nome como no "
        "documento, pelo menos o primeiro e o último."
    ),
    "tentativas": lambda d: "Foram muitas tentativas com nomes que não conferem. Espere alguns minutos.",
    "desconhecido": lambda d: f"{_poder(d)} não está entre os que podem ser escolhidos.",
    "todos_nao_permitido": lambda d: "A Secretaria não permite dar todos os poderes de uma vez: marque um a um.",
    "destinatario": lambda d: f"{_poder(d)} não pode ser dado a este tipo de pessoa.",
    "nao_substabelecivel": lambda d: (
        f"{_poder(d)} não pode ser passado adiante."
        if d
        else "Quem deu esta procuração não permitiu que ela fosse passada adiante."
    ),
    "fora_da_procuracao": lambda d: (
        "Isto vai além do que a procuração recebida dá" + (f": {_detalhe(d)}." if d else ".")
    ),
    "so_empresa": lambda d: "Só uma empresa tem matriz e filiais: escolha outro alcance.",
    "so_estabelecimento": lambda d: "Aqui um e-CNPJ só age pelo seu próprio estabelecimento: escolha-o.",
    "nao_pertence": lambda d: f"{_detalhe(d)} não é inscrição de quem dá a procuração.",
    "passado": lambda d: "Esta data já passou.",
    "antes_do_inicio": lambda d: "O fim vem antes do início.",
    "prazo": lambda d: "O prazo é longo demais" + (f": o último dia permitido é {_dia(d)}." if d else "."),
    "selo": lambda d: "Um Selo Eletrônico não serve de nível mínimo.",
    "nivel": lambda d: f"O certificado usado é de nível baixo demais: use um {d} ou superior.",
    "nao_permitido": lambda d: (
        "A Secretaria não permite dar esta procuração a este tipo de pessoa com este certificado."
    ),
    "profundidade": lambda d: "Esta procuração já foi passada adiante tantas vezes quanto a Secretaria permite.",
    "encerrada": lambda d: "A procuração que seria passada adiante não está em vigor.",
    "cedida": lambda d: "Esta procuração já foi passada adiante por inteiro.",
    "cadastro": lambda d: "Este CNPJ não consta entre os estabelecimentos da empresa no cadastro.",
    "longo": lambda d: "O texto é longo demais" + (f": no máximo {d} caracteres." if d else "."),
    "muitos": lambda d: "São mais do que o permitido" + (f": no máximo {d}." if d else "."),
    "ja_pedido": lambda d: "Já há um pedido seu a esta pessoa esperando resposta.",
    "negado": lambda d: f"Esta pessoa negou um pedido seu há pouco. Você pode pedir de novo a partir de {_dia(d)}.",
    "nao_pode": lambda d: "Com este certificado você não pode pedir em nome de quem a recebeu.",
    "repetido": lambda d: f"Este número já está na linha {d}.",
    "mudou": lambda d: "Algo mudou desde que o texto foi mostrado. Leia-o de novo antes de confirmar.",
    "colunas": lambda d: f"O arquivo não tem a coluna “{d}”. Baixe o modelo e confira a primeira linha.",
}
_VAZIO = {
    "em_nome_de": "Escolha em nome de quem.",
    "outorgado": "Digite o CPF ou CNPJ de quem vai receber.",
    "outorgado_nome": "Digite o nome de quem vai receber.",
    "outorgante": "Digite o CPF ou CNPJ de quem você quer representar.",
    "pessoa": "Digite o CPF da pessoa.",
    "pessoa_nome": "Digite o nome da pessoa.",
    "poderes": "Marque pelo menos um poder.",
    "inscricoes": "Marque pelo menos uma inscrição, ou escolha outro alcance.",
    "clientes": "Digite o CPF ou CNPJ de pelo menos um cliente, ou escolha todos.",
    "linhas": "Cole a lista ou escolha o arquivo.",
    "inicio": "Preencha a data de início.",
    "fim": "Preencha a data de fim.",
    "escopo_tipo": "Escolha o alcance.",
}


def palavras(campo: str, motivo: str, detail: str) -> str:
    """The sentence for one problem."""
    if motivo == "vazio":
        return _VAZIO.get(campo, "Preencha este campo.")
    if motivo == "invalido":
        if campo in ("inicio", "fim"):
            return "Escreva a data como dia/mês/ano, por exemplo 31/12/2026."
        if campo == "rotulo":
            return "Há no nome um sinal que não se vê. Escreva-o de novo."
        if campo == "inscricoes":
            return f"{legivel(detail, 40)} não é uma inscrição estadual."
        if campo in ("em_nome_de", "escopo_tipo", "nivel_minimo"):
            return "Escolha uma das opções."
        return _DIGITADO.get(detail, "Confira o número: não é um CPF nem um CNPJ.")
    if campo == "clientes" and motivo == "desconhecido":
        return f"{legivel(detail, 40)} não é de quem deu procuração a esta empresa."
    words = _WORDS.get(motivo)
    return words(legivel(detail, 80)) if words else "Confira este campo."


def erros(problemas: Sequence[Sequence[str]]) -> Erros:
    """``problemas``: (campo, motivo, detail) of each."""
    known = sorted(
        (
            (campo if campo in ORDEM else "certificado", palavras(campo, motivo, detail))
            for campo, motivo, detail in problemas
        ),
        key=lambda one: ORDEM.index(one[0]),
    )
    said = {
        campo: " ".join(dict.fromkeys(text for _, text in some)) for campo, some in groupby(known, lambda one: one[0])
    }
    return Erros(tuple((f"#campo-{campo}", text) for campo, text in said.items()), said)


def em_nome_de(options: Sequence[EmNomeDe], handles: Sequence[str], chosen: str) -> tuple[Opcao, ...]:
    """Those that may give; the first is chosen where nothing is yet."""
    able = [(one, handle) for one, handle in zip(options, handles, strict=True) if one.qualidade is not None]
    wanted = chosen if chosen in {handle for _, handle in able} else (able[0][1] if able else "")
    return tuple(
        Opcao(campo_id("em_nome_de", at), handle, legivel(one.nome, 80), rotulado(one.documento), handle == wanted)
        for at, (one, handle) in enumerate(able)
    )


def impedidos(options: Sequence[EmNomeDe]) -> tuple[tuple[str, str], ...]:
    """Those that may not, and why: (name, sentence)."""
    return tuple(
        (legivel(one.nome, 80), impedido(one.impedimento).causa[0])
        for one in options
        if one.qualidade is None and one.impedimento is not None
    )


def servicos(politica: Politica, chosen: Sequence[str], only: frozenset[Poder] | None = None) -> tuple[Servico, ...]:
    """The catalogue by service; ``only``: what may be passed on (None or TODOS: everything)."""
    shown = [poder for codigo, poder in politica.catalogo.items() if only is None or TODOS in only or codigo in only]
    at = {poder.codigo: position for position, poder in enumerate(shown)}
    by_service: dict[str, list[PoderDoCatalogo]] = {}
    for poder in shown:
        by_service.setdefault(poder.servico or "Outros serviços", []).append(poder)
    return tuple(
        Servico(
            titulo,
            tuple(
                Opcao(
                    campo_id("poderes", at[poder.codigo]),
                    poder.codigo,
                    poder.titulo[:1].upper() + poder.titulo[1:],
                    _detalhado(poder),
                    poder.codigo in chosen,
                )
                for poder in some
            ),
        )
        for titulo, some in by_service.items()
    )


def alcances(
    partes: Sequence[Documento],
    chosen: str,
    *,
    only: Sequence[str] = ("raiz", "estabelecimento", "inscricoes"),
) -> tuple[Opcao, ...]:
    """What of who gives, which is one of ``partes``: the first is chosen now. Of a company nothing is marked at first:
    the widest is not given by not choosing."""
    first, companies = partes[0], [one for one in partes if isinstance(one, CNPJ)]
    if len(partes) > 1:
        own = ("Só este CNPJ ou CPF", "Todas as inscrições dele, as atuais e as futuras.")
    elif companies:
        own = (f"Só o estabelecimento de CNPJ {publico(first)}", "Todas as inscrições dele, as atuais e as futuras.")
    else:
        own = ("Todas as inscrições deste CPF", "As atuais e as futuras.")
    texts = {
        "raiz": ("Toda a empresa", "A matriz e todas as filiais, as atuais e as futuras."),
        "estabelecimento": own,
        "inscricoes": ("Só algumas inscrições estaduais", "As que você marcar abaixo, e nenhuma outra."),
    }
    values = [value for value in texts if value in only and (companies or value != "raiz")]
    if len(values) == 1 or (chosen not in values and not isinstance(first, CNPJ)):
        chosen = values[0] if len(values) == 1 else "estabelecimento"  # the rest of what a company has is for it to say
    return tuple(
        Opcao(campo_id("escopo_tipo", at), value, *texts[value], value == chosen) for at, value in enumerate(values)
    )


def escolher_inscricoes(found: Sequence[Inscricao], chosen: Sequence[str]) -> tuple[Opcao, ...]:
    """Those marked before come first, whatever is searched for now."""
    known = {str(one.id): one for one in found}
    values = [*chosen, *(value for value in known if value not in chosen)]
    return tuple(
        Opcao(
            campo_id("inscricoes", at),
            value,
            f"Inscrição {value.partition(':')[2]} ({value.partition(':')[0]})",
            _lugar(known[value]) if value in known else "Marcada antes",
            value in chosen,
        )
        for at, value in enumerate(values)
    )


def niveis(chosen: str) -> tuple[Opcao, ...]:
    options = (
        ("", "Qualquer certificado aceito na entrada"),
        (Nivel.A3.value, "A3 ou superior (cartão, token ou nuvem)"),
        (Nivel.A4.value, "Só A4"),
    )
    return tuple(
        Opcao(campo_id("nivel_minimo", at), value, label, "", value == chosen)
        for at, (value, label) in enumerate(options)
    )


def campo_id(campo: str, at: int = 0) -> str:
    """The first of a group is where the error summary leads."""
    return f"campo-{campo}-{at}" if at else f"campo-{campo}"


def _detalhado(poder: PoderDoCatalogo) -> str:
    return poder.descricao + (
        f" Exige certificado {poder.nivel_minimo.value} ou superior." if poder.nivel_minimo else ""
    )


def _lugar(inscricao: Inscricao) -> str:
    tipo = ("Matriz" if inscricao.matriz else "Filial") if isinstance(inscricao.contribuinte, CNPJ) else ""
    partes = [tipo, rotulado(inscricao.contribuinte), legivel(inscricao.municipio, 60)]
    return ", ".join(filter(None, partes))


def _poder(codigo: str) -> str:
    if not codigo:
        return "Este poder"
    return "O poder de " + em_palavras(codigo)


def _detalhe(detail: str) -> str:
    return (
        _dia(detail)
        if _iso(detail)
        else f"Inscrição {detail.partition(':')[2]}"
        if ":" in detail
        else em_palavras(detail)
    )


def _dia(detail: str) -> str:
    day = _iso(detail)
    return day.strftime("%d/%m/%Y") if day else detail


def _iso(detail: str) -> date | None:
    try:
        return date.fromisoformat(detail)
    except ValueError:
        return None
