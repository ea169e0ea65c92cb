"""The text of a mandate, as it is read before power is given and kept afterwards. One function makes it: what was shown
can be made again from the same procuração and compared."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, Documento
from idp.domain.person import PessoaFisica
from idp.domain.politica import Politica, Qualidade
from idp.domain.procuracao import TODOS, Escopo, Poder, Procuracao, TipoEscopo, Vigencia
from idp.domain.session import Session

VERSAO = "1"
"""Counted up whenever a word below changes: a kept text says by which version it was made."""


def da_procuracao(
    procuracao: Procuracao,
    pai: Procuracao | None,
    quem: Session,
    qualidade: Qualidade,
    politica: Politica,
    tz: ZoneInfo,
) -> str:
    """The mandate in plain Portuguese, by paragraphs. Documents stand in full: the parties are named for good."""
    p = procuracao
    aceite = (
        "Só passa a valer quando o outorgado aceitar."
        if p.estado.value == "PENDENTE"
        else "Passa a valer agora: o aceite não é necessário ou já foi dado no pedido."
    )
    parts = [
        "SUBSTABELECIMENTO DE PROCURAÇÃO ELETRÔNICA" if pai else "PROCURAÇÃO ELETRÔNICA",
        f"Outorgante: {_pessoa(p.outorgante_nome, p.outorgante)}.",
        *([f"Quem substabelece: {_pessoa(pai.outorgado_nome, pai.outorgado)}. {_reserva(p)}"] if pai else []),
        f"Outorgado: {_pessoa(p.outorgado_nome, p.outorgado)}.",
        f"Ato praticado por {_ator(quem, qualidade)}.",
        f"O outorgado pode, em nome do outorgante:\n{_poderes(p.poderes, politica)}",
        f"Alcance: {_escopo(p.escopo, p.outorgante)}",
        f"Vigência: {_vigencia(p.vigencia, tz)} {aceite}",
        _substabelecer(p),
        *([f"Nível mínimo do certificado de quem usa: {p.nivel_minimo.value}."] if p.nivel_minimo else []),
        *(
            ["O outorgado é uma pessoa jurídica: age com o próprio e-CNPJ ou por empregados que designar pelo nome."]
            if isinstance(p.outorgado, CNPJ)
            else []
        ),
        "Como termina: no fim da vigência; quando o outorgante revogar ou o outorgado renunciar, a qualquer momento, "
        "sem precisar de motivo; por ato da autoridade; e nos demais casos da lei (Código Civil, art. 682). "
        "Quando termina, terminam também os substabelecimentos. O outorgante vê quem usou cada poder, onde e quando.",
        f"Texto na versão {VERSAO}.",
    ]
    return "\n\n".join(parts)


def da_designacao(designacao: Designacao, quem: Session, qualidade: Qualidade, politica: Politica, tz: ZoneInfo) -> str:
    """The exact text of naming somebody, as :func:`da_procuracao` is of giving."""
    d = designacao
    clientes = (
        "as procurações dos seguintes outorgantes: " + ", ".join(map(_contribuinte, sorted(d.clientes)))
        if d.clientes
        else "todas as procurações dadas à empresa, as atuais e as futuras"
    )
    parts = [
        "DESIGNAÇÃO DE EMPREGADO",
        f"Empresa: {_pessoa(d.empresa_nome, d.empresa)}.",
        f"Pessoa designada: {_pessoa(d.pessoa_nome, d.pessoa)}.",
        f"Ato praticado por {_ator(quem, qualidade)}.",
        f"A pessoa designada age pela empresa, com o próprio e-CPF, usando {clientes}.",
        f"No máximo com estes poderes, dentro do que cada procuração dá:\n{_poderes(d.poderes, politica)}",
        f"Vigência: {_vigencia(d.vigencia, tz)}",
        "A pessoa designada não passa nada adiante. Cada outorgante vê o nome dela em cada uso.",
        "Como termina: no fim da vigência; quando a empresa encerrar ou a pessoa renunciar, a qualquer momento; e com "
        "as próprias procurações.",
        f"Texto na versão {VERSAO}.",
    ]
    return "\n\n".join(parts)


def ultimo_dia(fim: datetime, tz: ZoneInfo) -> str:
    """The last day on which something that ends at ``fim`` is in force, or the very moment inside a day."""
    local = fim.astimezone(tz)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{local - timedelta(days=1):%d/%m/%Y}"
    return f"{local:%d/%m/%Y} às {local:%H:%M}"


def _vigencia(vigencia: Vigencia, tz: ZoneInfo) -> str:
    return f"de {vigencia.inicio.astimezone(tz):%d/%m/%Y} até {ultimo_dia(vigencia.fim, tz)}, inclusive."


def _pessoa(nome: str, documento: Documento) -> str:
    return f"{nome}, {'CNPJ' if isinstance(documento, CNPJ) else 'CPF'} {documento.formatado}"


def _contribuinte(id: str) -> str:
    return f"CNPJ de raiz {id[:2]}.{id[2:5]}.{id[5:]}" if len(id) == 8 else f"CPF {id[:3]}.{id[3:6]}.{id[6:9]}-{id[9:]}"


def _ator(quem: Session, qualidade: Qualidade) -> str:
    holder = quem.holder
    if isinstance(holder, PessoaFisica):
        como = "representante legal no cadastro" if qualidade is Qualidade.REPRESENTANTE_LEGAL else "em nome próprio"
        return f"{_pessoa(holder.nome, holder.cpf)}, {como}, com e-CPF"
    assert holder.responsavel is not None  # no quality without one
    return f"{_pessoa(holder.responsavel.nome, holder.responsavel.cpf)}, responsável pelo e-CNPJ usado"


def _poderes(poderes: Iterable[Poder], politica: Politica) -> str:
    named = set(poderes)
    if TODOS in named:
        return "– tudo: todos os poderes, os atuais e os que forem criados."
    lines = []
    for codigo in sorted(named):
        poder = politica.catalogo.get(codigo)
        lines.append(f"– {poder.titulo}. {poder.descricao} ({codigo})" if poder else f"– {codigo}")
    return "\n".join(lines)


def _escopo(escopo: Escopo, outorgante: Documento) -> str:
    if escopo.tipo is TipoEscopo.RAIZ and isinstance(outorgante, CNPJ):
        raiz = f"{outorgante.raiz[:2]}.{outorgante.raiz[2:5]}.{outorgante.raiz[5:]}"
        return f"todos os estabelecimentos e inscrições da empresa (raiz {raiz}), os atuais e os futuros."
    if escopo.tipo is TipoEscopo.INSCRICOES:
        return (
            "só estas inscrições estaduais: "
            + ", ".join(sorted(f"{i.numero} ({i.uf})" for i in escopo.inscricoes))
            + "."
        )
    if isinstance(outorgante, CNPJ):
        return f"só o estabelecimento {outorgante.formatado} e as suas inscrições."
    return "as inscrições da própria pessoa."


def _substabelecer(p: Procuracao) -> str:
    if p.substabelecivel:
        return "O outorgado pode substabelecer: passar estes poderes, ou parte deles, a outra pessoa."
    return "O outorgado não pode substabelecer: não pode passar estes poderes a outra pessoa."


def _reserva(p: Procuracao) -> str:
    if p.sem_reserva:
        return "Sem reserva: passa tudo adiante e deixa de poder agir por esta procuração."
    return "Com reserva: continua podendo agir por esta procuração."
