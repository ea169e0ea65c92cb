"""From what was typed to what the flow judges, with what is no date or choice at all told at once beside the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from idp.domain.busca import compacto
from idp.domain.certificado import Nivel
from idp.domain.documents import Documento, parse_documento
from idp.domain.inscricao import InscricaoId
from idp.domain.politica import Ato, Impedimento, NotEntitled, Pessoa, Politica, Qualidade
from idp.domain.procuracao import TipoEscopo
from idp.domain.session import Session
from idp.errors import InvalidDocument
from idp.flow.outorga import EmNomeDe, Problema
from idp.web.portal.parts import day, handle
from idp.web.portal.preenchimentos import Preenchimento

DATE, DOCUMENT, NAME = 20, 40, 120
CONCEDER = {
    "em_nome_de": (1, 24),
    "outorgado": (1, DOCUMENT),
    "outorgado_nome": (1, NAME),
    "sem_reserva": (1, 3),
    "poderes": (200, 64),
    "escopo_tipo": (1, 20),
    "inscricoes": (1000, 24),
    "procurar": (1, 60),
    "inicio": (1, DATE),
    "fim": (1, DATE),
    "substabelecivel": (1, 3),
    "nivel_minimo": (1, 4),
}
PEDIR = {
    "em_nome_de": (1, 24),
    "outorgante": (1, DOCUMENT),
    "rotulo": (1, NAME),
    "poderes": (200, 64),
    "escopo_tipo": (1, 20),
    "inscricoes": (1, 12_000),
    "inicio": (1, DATE),
    "fim": (1, DATE),
    "mensagem": (1, 500),
}
LOTE = {name: limit for name, limit in PEDIR.items() if name not in ("outorgante", "rotulo", "inscricoes")} | {
    "linhas": (1, 60_000)
}
DESIGNAR = {
    "em_nome_de": (1, 24),
    "pessoa": (1, DOCUMENT),
    "pessoa_nome": (1, NAME),
    "poderes": (200, 64),
    "quais": (1, 10),
    "clientes": (1, 12_000),
    "inicio": (1, DATE),
    "fim": (1, DATE),
}


@dataclass(slots=True)
class Leitura:
    """Reads the fields of one form. ``problemas``: what is wrong before the flow has seen any of it."""

    begun: Preenchimento
    today: date
    problemas: list[Problema] = field(default_factory=list)

    def um(self, campo: str) -> str:
        """The one value of ``campo``, "" without it."""
        return self.begun.um(campo)

    def dia(self, campo: str) -> date:
        """A day even where there is none, so that everything else is judged too."""
        text = self.um(campo)
        found = day(text)
        if found is None:
            self.problemas.append(Problema(campo, "invalido" if text else "vazio"))
        return found or self.today + timedelta(days=1 if campo == "fim" else 0)

    def escopo(self) -> TipoEscopo:
        """The scope's kind; the narrowest, noted as a problem, where none of ours was sent, so that the rest is
        judged too."""
        try:
            return TipoEscopo(self.um("escopo_tipo"))
        except ValueError:
            self.problemas.append(Problema("escopo_tipo", "vazio"))
            return TipoEscopo.ESTABELECIMENTO

    def nivel(self) -> Nivel | None:
        """The lowest level of certificate asked for, None for any; what is no level is noted as a problem."""
        text = self.um("nivel_minimo")
        try:
            return Nivel(text) if text else None
        except ValueError:
            self.problemas.append(Problema("nivel_minimo", "invalido"))
            return None

    def parte(self, quem: Session, options: Sequence[EmNomeDe]) -> Documento:
        """On whose behalf, out of those that may."""
        able = [one for one in options if one.qualidade is not None]
        given = self.um("em_nome_de")
        for one in able:
            if handle(quem, one.documento) == given:
                return one.documento
        self.problemas.append(Problema("em_nome_de", "invalido" if given else "vazio"))
        return able[0].documento

    def inscricoes(self, given: Iterable[str]) -> frozenset[str]:
        """Those of ``given`` (``AM:049000012``, or as in ``AM 04.900.001-2``), where some are meant; of another scope
        whatever stayed marked means nothing."""
        if self.um("escopo_tipo") != TipoEscopo.INSCRICOES:
            return frozenset()
        found = set()
        for text in filter(str.strip, given):
            plain = compacto(text)
            try:
                found.add(str(InscricaoId.parse(f"{plain[:2]}:{plain[2:]}")))
            except ValueError:
                self.problemas.append(Problema("inscricoes", "invalido", text))
        if not found:
            self.problemas.append(Problema("inscricoes", "vazio"))
        return frozenset(found)

    def missing(self, campo: str) -> None:
        """Where the flow was not asked because something else was wrong already: what is plainly missing, or no
        document, too."""
        told = {one.campo for one in self.problemas}
        if campo not in told and not self.um(campo):
            self.problemas.append(Problema(campo, "vazio"))
        if campo == "outorgante" and campo not in told and self.um(campo):
            try:
                parse_documento(self.um(campo))
            except InvalidDocument as error:
                self.problemas.append(Problema(campo, "invalido", error.reason))
        if "poderes" not in told and not self.begun.campos.get("poderes"):
            self.problemas.append(Problema("poderes", "vazio"))


def require(options: Sequence[EmNomeDe]) -> None:
    """Raises NotEntitled, for the first reason, where this certificate may give on nobody's behalf."""
    if not any(one.qualidade for one in options):
        raise NotEntitled(next((one.impedimento for one in options if one.impedimento), Impedimento.SEM_VINCULO))


def receiving(quem: Session, options: Sequence[EmNomeDe]) -> list[EmNomeDe]:
    """For what one does with power received. A company that the cadastro does not know has no representative in it, and
    still receives: whether this e-CNPJ will do is left to the flow, which knows which of the two it is."""
    unlisted = Impedimento.RESPONSAVEL_DIVERGENTE
    return [
        replace(one, qualidade=Qualidade.E_CNPJ, impedimento=None)
        if one.documento == quem.holder.documento and one.impedimento is unlisted
        else one
        for one in options
    ]


def longest(politica: Politica, ato: Ato, option: EmNomeDe | None) -> timedelta | None:
    """How long what ``option`` gives to a person may last."""
    if option is None or option.qualidade is None:
        return None
    rows = [one for one in politica.regras if one.ato is ato and one.por is option.qualidade and Pessoa.PF in one.a]
    return rows[0].prazo if rows else None


def date_types(begun: Preenchimento) -> dict[str, str]:
    """What kind of input shows each date: what is no date would not be seen in a field for dates."""
    return {
        name: "date" if not begun.um(name) or day(begun.um(name), written=False) else "text"
        for name in ("inicio", "fim")
    }


def a_year_from(today: date) -> date:
    """The last day of a year that begins today."""
    try:
        return today.replace(year=today.year + 1) - timedelta(days=1)
    except ValueError:  # 29 February
        return date(today.year + 1, 2, 28)
