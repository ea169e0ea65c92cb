"""Text for people: dates as Brazil writes them, and strangers' text made fit to show."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from idp.domain.masking import sem_documentos

_CITIES = {"Sao_Paulo": "Brasília", "Belem": "Belém", "Cuiaba": "Cuiabá", "Maceio": "Maceió"}
"""Where the zone's own name is not what people call its time."""


class _Wall:
    """The clock on the wall: one a process, as the authority is one. :func:`use_timezone` sets it."""

    zone = ZoneInfo("America/Sao_Paulo")


def use_timezone(key: str) -> None:
    """Show dates and times in this zone from now on. ``key``: its IANA name; the default is America/Sao_Paulo."""
    _Wall.zone = ZoneInfo(key)


def data(at: datetime) -> str:
    """``05/03/2026``, the day where the authority is."""
    return at.astimezone(_Wall.zone).strftime("%d/%m/%Y")


def hora(at: datetime) -> str:
    """``14h35 (horário de Brasília)``."""
    return f"{at.astimezone(_Wall.zone).strftime('%Hh%M')} ({_horario()})"


def momento(at: datetime) -> str:
    """``05/03/2026 às 14h35 (horário de Brasília)``."""
    return f"{data(at)} às {hora(at)}"


def ultimo_dia(fim: datetime) -> str:
    """The last day of an interval that ends just before ``fim``."""
    return data(fim - timedelta(microseconds=1))


def legivel(text: str | None, limit: int = 120) -> str:
    """Text from a certificate or a form, to be shown: without control and direction characters (ATK-043), on one
    line, at most ``limit`` characters, CPF and CNPJ masked. Escaping is the template's."""
    if not text:
        return ""
    text = text[: limit * 8]  # a long one is cut before it is worked on
    visible = "".join(" " if c.isspace() else c for c in text if c.isspace() or c.isprintable())
    line = sem_documentos(" ".join(unicodedata.normalize("NFC", visible).split()))
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def lista(items: list[str]) -> str:
    """``a``, ``a e b``, ``a, b e c``."""
    return " e ".join(filter(None, (", ".join(items[:-1]), items[-1] if items else "")))


def _horario() -> str:
    """``horário de Brasília``, after the zone's city."""
    city = _Wall.zone.key.rpartition("/")[2]
    return f"horário de {_CITIES.get(city, city.replace('_', ' '))}"


def comeco(day: date) -> datetime:
    """The moment at which ``day`` begins where the authority is."""
    return datetime(day.year, day.month, day.day, tzinfo=_Wall.zone)


def dia(at: datetime) -> date:
    """The day where the authority is."""
    return at.astimezone(_Wall.zone).date()
