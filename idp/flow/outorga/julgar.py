"""Whether what was typed may be given, and the procuração it would make. Finds everything that is wrong, not the first
thing only. Reads nothing: what it judges by is handed to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from idp.domain.busca import busca
from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, Documento, parse_documento
from idp.domain.inscricao import InscricaoId
from idp.domain.politica import Ato, Pessoa, Politica, Qualidade, Regra
from idp.domain.procuracao import TODOS, Escopo, EstadoProcuracao, Poder, Procuracao, TipoEscopo, Vigencia
from idp.domain.representation import Regras, same_person, suffices
from idp.errors import InvalidDocument
from idp.flow.outorga.tipos import Problema

LONGEST_NAME, LONGEST_REASON, MOST_INSCRICOES = 200, 500, 200


@dataclass
class Achados:
    """Problems found so far, and tokens of what deserves a word beside the text."""

    problemas: list[Problema] = field(default_factory=list)
    avisos: list[str] = field(default_factory=list)

    def problem(self, campo: str, motivo: str, detail: str = "") -> None:
        """Note one; the words are in :class:`Problema`."""
        self.problemas.append(Problema(campo, motivo, detail))


def documento(achados: Achados, campo: str, typed: str) -> Documento | None:
    """The CPF or CNPJ typed."""
    if not typed.strip():
        achados.problem(campo, "vazio")
        return None
    try:
        return parse_documento(typed.strip())
    except InvalidDocument as error:
        achados.problem(campo, "invalido", error.reason)
        return None


def nome(achados: Achados, campo: str, typed: str) -> str:
    """A name fit to be kept and shown."""
    name = " ".join(typed.split())
    if not name:
        achados.problem(campo, "vazio")
    elif len(name) > LONGEST_NAME:
        achados.problem(campo, "longo", str(LONGEST_NAME))
    elif not name.isprintable():
        achados.problem(campo, "invalido", "charset")
    return name


def same_name(typed: str, known: Iterable[str]) -> bool:
    """Whether first and last word are those of one of the ``known`` names; accents and case do not count."""
    words = busca(typed).split()
    return len(words) > 1 and any(
        (other := busca(name).split()) and (words[0], words[-1]) == (other[0], other[-1]) for name in known
    )


def poderes(
    achados: Achados, typed: frozenset[Poder], politica: Politica, a: Documento | None, pai: Procuracao | None
) -> frozenset[Poder]:
    """The powers to give: TODOS stands alone. Those of ``pai`` may be passed on whatever the catalogue has now."""
    if not typed:
        achados.problem("poderes", "vazio")
        return typed
    wanted = frozenset({TODOS}) if TODOS in typed else typed
    if TODOS in wanted and not politica.todos and pai is None:
        achados.problem("poderes", "todos_nao_permitido")
    if pai is not None and TODOS not in pai.poderes:
        for codigo in sorted(wanted - pai.poderes):
            achados.problem("poderes", "fora_da_procuracao", codigo)
    for codigo in sorted(politica.catalogo if TODOS in wanted else wanted):
        poder = politica.catalogo.get(codigo)
        if poder is None:
            if pai is None or codigo not in pai.poderes:
                achados.problem("poderes", "desconhecido", codigo)
            continue
        if a is not None and Pessoa.of(a) not in poder.a:
            achados.problem("poderes", "destinatario", codigo)
        if pai is not None and not poder.substabelecivel:
            achados.problem("poderes", "nao_substabelecivel", codigo)
    return wanted


def nivel_minimo(achados: Achados, typed: Nivel | None, given: frozenset[Poder], politica: Politica) -> Nivel | None:
    """The level asked for, or that one of the powers needs, whichever is higher."""
    if typed is not None and typed.selo:
        achados.problem("nivel_minimo", "selo")
        return None
    codes = politica.catalogo if TODOS in given else given
    highest = typed
    for codigo in sorted(codes):
        poder = politica.catalogo.get(codigo)
        if poder and poder.nivel_minimo and (highest is None or not suffices(highest, poder.nivel_minimo)):
            highest = poder.nivel_minimo
    if highest is not typed:
        achados.avisos.append("nivel")
    return highest


def escopo(
    achados: Achados, tipo: TipoEscopo, typed: frozenset[str], de: Documento, regras: Regras | None
) -> Escopo | None:
    """The scope typed, of an outorgante ``de``. ``regras`` None: nothing is known of him yet (a request)."""
    if tipo is TipoEscopo.INSCRICOES:
        named = set()
        for text in sorted(typed):
            try:
                named.add(InscricaoId.parse(text.strip()))
            except ValueError:
                achados.problem("inscricoes", "nao_pertence", text[:40])
        if not typed:
            achados.problem("inscricoes", "vazio")
        elif len(typed) > MOST_INSCRICOES:
            achados.problem("inscricoes", "muitos", str(MOST_INSCRICOES))
        return Escopo(tipo, frozenset(named)) if named else None
    if tipo is TipoEscopo.RAIZ:
        if not isinstance(de, CNPJ):
            achados.problem("escopo_tipo", "so_empresa")
            return None
        if regras is not None and not regras.raiz:
            achados.problem("escopo_tipo", "so_estabelecimento")
            return None
    return Escopo(tipo)


def inscricoes_of(
    achados: Achados, scope: Escopo, de: Documento, known: Mapping[InscricaoId, Documento], regras: Regras
) -> None:
    """Every inscrição named belongs to ``de``; of others it is not said whether they exist."""
    for one in sorted(scope.inscricoes):
        if one not in known or not same_person(de, known[one], regras):
            achados.problem("inscricoes", "nao_pertence", str(one))


def vigencia(
    achados: Achados, inicio: date, fim: date, at: datetime, tz: ZoneInfo, prazo: timedelta | None
) -> Vigencia | None:
    """From the beginning of ``inicio`` (from ``at``, where that is today) to the end of ``fim``. ``prazo`` counts from
    today, so that no procuração is made now for a far future."""
    today = at.astimezone(tz).date()
    if inicio < today:
        achados.problem("inicio", "passado")
    if fim < inicio:
        achados.problem("fim", "antes_do_inicio")
    if prazo is not None and fim >= today + prazo:
        achados.problem("fim", "prazo", (today + prazo - timedelta(days=1)).isoformat())
    if inicio < today or fim < inicio or fim.year > 9000:
        return None
    begins = at if inicio == today else midnight(inicio, tz)
    return Vigencia(begins, midnight(fim + timedelta(days=1), tz))


def midnight(day: date, tz: ZoneInfo) -> datetime:
    """The first moment of ``day`` in ``tz``, in UTC."""
    return datetime.combine(day, time(), tz).astimezone(UTC)


def rule(
    achados: Achados, politica: Politica, ato: Ato, por: Qualidade, a: Documento | None, nivel: Nivel
) -> Regra | None:
    """The row of the table that allows it, by this certificate."""
    if a is None:
        return next((r for r in politica.regras if r.ato is ato and r.por is por), None)
    regra = politica.regra(ato, por, a)
    if regra is None:
        achados.problem("outorgado", "nao_permitido", Pessoa.of(a).value)
    elif not suffices(nivel, regra.nivel):
        achados.problem("certificado", "nivel", regra.nivel.value)
    return regra


def passing_on(
    achados: Achados, pai: Procuracao, above: Sequence[Procuracao], politica: Politica, nivel: Nivel, at: datetime
) -> None:
    """Whether ``pai`` may be passed on at all, by a certificate of level ``nivel``."""
    if not pai.substabelecivel:
        achados.problem("pai", "nao_substabelecivel")
    if len(above) + 1 > politica.profundidade:
        achados.problem("pai", "profundidade", str(politica.profundidade))
    for link in (pai, *above):
        ended = link.estado is not EstadoProcuracao.ATIVA or at >= link.vigencia.fim
        if ended:
            achados.problem("pai", "encerrada", link.estado.value)
            break
    if pai.cedida_a is not None:
        achados.problem("pai", "cedida")
    if not suffices(nivel, pai.nivel_minimo):
        assert pai.nivel_minimo is not None
        achados.problem("certificado", "nivel", pai.nivel_minimo.value)


def within(achados: Achados, wanted: Vigencia, pai: Procuracao, tz: ZoneInfo) -> Vigencia:
    """``wanted`` inside the time of ``pai``: cut to it on its first and last day, refused beyond them."""
    inicio, fim = wanted.inicio, wanted.fim
    if inicio < pai.vigencia.inicio:
        if inicio.astimezone(tz).date() != pai.vigencia.inicio.astimezone(tz).date():
            achados.problem("inicio", "fora_da_procuracao", pai.vigencia.inicio.astimezone(tz).date().isoformat())
        inicio = pai.vigencia.inicio
    if fim > pai.vigencia.fim:
        last = (pai.vigencia.fim - timedelta(microseconds=1)).astimezone(tz).date()
        if (fim - timedelta(microseconds=1)).astimezone(tz).date() != last:
            achados.problem("fim", "fora_da_procuracao", last.isoformat())
        fim = pai.vigencia.fim
    return Vigencia(inicio, fim) if inicio < fim else wanted
