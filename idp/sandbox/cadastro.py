"""The demonstration cadastro: cadastro.csv beside this file, in the import format, with days instead of dates."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

SOURCE = Path(__file__).with_name("cadastro.csv")
_DAYS = ("inicio", "fim")


def write(destination: Path, today: date) -> None:
    """Write the CSV that ``idp cadastro import`` reads. Procurações' ``inicio`` and ``fim``, which the source gives as
    days from today, become midnights in Amazonas, so that a sandbox made on any day shows the same ones in force."""
    with SOURCE.open(newline="", encoding="utf-8") as source, destination.open("w", newline="", encoding="utf-8") as to:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(to, reader.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        for row in reader:
            writer.writerow(row | {name: _moment(row[name], today) for name in _DAYS})


def _moment(days: str, today: date) -> str:
    # With its offset: a machine without a time zone database reads it too.
    return f"{today + timedelta(days=int(days))}T00:00:00-04:00" if days else ""
