"""``idp cadastro status`` and ``fetch``: where the cadastro's facts come from, and one of them asked for now."""

from __future__ import annotations

from typing import Any

import click

from idp.cadastro.https import Failed
from idp.cadastro.remoto import CONTRIBUINTE, REPRESENTANTE, RemoteCadastro
from idp.cadastro_source import cadastro_source
from idp.cli.installation import installation
from idp.cli.output import fail, json_option, show
from idp.clock import SystemClock
from idp.domain.documents import CPF, parse_documento
from idp.errors import CadastroUnavailable, ConfigurationError, InvalidDocument
from idp.settings import Settings
from idp.storage.sql import SqlStore

PROBE = "00000000"
"""The CNPJ root of a bank that everybody knows: whether the service knows it or not, it answers."""


@click.command()
@json_option
def status() -> None:
    """Say where the cadastro comes from, how much there is of it, and whether its service answers.

    Exits with 1 if the authority's service does not answer.
    """
    with installation() as (settings, store):
        document: dict[str, Any] = {"source": settings.cadastro_source, "rows": store.fetched().counts()}
        if settings.cadastro_source == "https":
            document |= {"url": settings.cadastro_url, "age_seconds": settings.cadastro_age_seconds}
            document["oldest"] = store.fetched().oldest()
            try:
                document["service"] = probe(settings, store)
            except ConfigurationError as error:
                document["service"] = error.problem
    lines = [(name, value) for name, value in document.items() if name != "rows"]
    show(document, [*lines, *document["rows"].items()])
    if document.get("service", "answers") != "answers":
        raise SystemExit(1)


@click.command()
@click.argument("document")
@json_option
def fetch(document: str) -> None:
    """Ask the authority's service for DOCUMENT (a CPF, a CNPJ or its root) now, and keep what it says.

    Exits with 1 if it does not answer, with nothing changed.
    """
    keys = [(CONTRIBUINTE, _id(document))]
    if len(keys[0][1]) == 11:
        keys.append((REPRESENTANTE, keys[0][1]))
    with installation() as (settings, store):
        source = cadastro_source(settings, store, SystemClock(), _said_once)
        if not isinstance(source, RemoteCadastro):
            fail(2, "the cadastro is our own tables (cadastro_source local)", "use idp cadastro import")
        try:
            for key in keys:
                source.fetch(key)
        except CadastroUnavailable as error:
            fail(1, str(error), "nothing was changed; see docs/cadastro.md")
        show(store.fetched().summary(keys[0][1]))


def probe(settings: Settings, store: SqlStore) -> str:
    """``answers``; nothing of the answer is kept. Raises ConfigurationError where the service does not answer."""
    source = cadastro_source(settings, store, SystemClock(), _said_once)
    if isinstance(source, RemoteCadastro):
        try:
            source.probe(PROBE)
        except Failed as error:
            raise ConfigurationError(str(error), "see docs/cadastro.md, what can go wrong") from error
    return "answers"


def _said_once(token: str) -> None:
    """The command itself says what failed."""


def _id(text: str) -> str:
    bare = text.strip().upper()
    if len(bare) == 8 and bare.isascii() and bare.isalnum():
        return bare
    try:
        found = parse_documento(text)
    except InvalidDocument as error:
        fail(2, f"DOCUMENT: {error.reason}", "a CPF, a CNPJ or the eight characters of its root")
    return found.numero if isinstance(found, CPF) else found.raiz
