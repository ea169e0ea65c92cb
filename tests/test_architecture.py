"""Who may import whom, and which calls belong to one place only.

The table is data, read from the top: change it with a reason in docs/decisions. The checks read the sources (``ast``),
so they hold for imports and calls that no test happens to execute.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

IDP = Path(__file__).parents[1] / "idp"


@dataclass(frozen=True)
class May:
    """What a module may import besides its own package and the standard library.

    ``idp``: our modules and packages, with everything under them. ``outside``: top-level modules of others. ``*`` is
    everything but ``never``; ``but`` is what may be imported of that nevertheless.
    """

    idp: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()


def may(idp: str = "", outside: str = "", never: str = "", but: str = "") -> May:
    return May(*(frozenset(words.split()) for words in (idp, outside, never, but)))


# The longest matching name rules. A module that no line names is a failure: decide where it belongs.
TABLE = {
    "idp": may(),
    "idp.paths": may(),
    "idp.errors": may(),
    "idp.clock": may(),
    "idp.logs": may("domain", "structlog"),  # hides documents, whoever writes the line
    "idp.settings": may("paths errors", "pydantic pydantic_settings"),
    "idp.politica": may("domain errors"),  # reads the authority's file into the domain's table
    "idp.domain": may("errors"),
    "idp.domain.documents": may("errors", "stdnum"),
    "idp.ports": may("domain errors"),
    "idp.flow": may("domain ports errors"),
    "idp.certificate": may("domain ports errors paths", "cryptography"),
    "idp.certificate.handshake": may("errors", "http_sf"),
    "idp.certificate.trust": may("domain ports errors paths", "cryptography asn1crypto pyhanko_certvalidator"),
    "idp.cadastro": may("domain ports errors"),
    "idp.storage": may("domain ports errors paths", "sqlalchemy alembic redis orjson"),
    "idp.storage.sql.audit": may(
        "domain ports errors paths audit", "sqlalchemy orjson"
    ),  # writes the chain audit defines
    "idp.storage.sql.cases": may("domain ports errors audit", "sqlalchemy orjson"),  # and those of one procuração
    "idp.storage.sql.retention": may("domain ports errors audit", "sqlalchemy orjson"),  # what an erasure depends on
    "idp.storage.sql.personal": may("domain ports errors audit", "sqlalchemy orjson"),  # and what names a person
    "idp.storage.sql.trail": may("domain ports errors audit", "sqlalchemy orjson"),  # finds rows by subject
    "idp.storage.sql.staging": may("domain ports errors cadastro", "sqlalchemy"),  # gathers what cadastro reads
    "idp.storage.sql.fetched": may("domain ports errors cadastro", "sqlalchemy"),  # keeps what cadastro fetches
    "idp.migrations": may("domain ports errors storage", "sqlalchemy alembic"),
    "idp.keyring": may("domain ports errors", "cryptography orjson pkcs11"),
    "idp.audit": may("domain ports errors", "cryptography orjson"),
    "idp.audit.bundle": may("domain ports errors keyring.verifier", "cryptography orjson"),  # checks a JWS by its JWK
    "idp.oidc": may(
        "domain flow ports errors web.outcome web.browser",
        "authlib joserfc flask werkzeug cryptography orjson",
    ),
    "idp.web": may(
        "domain flow ports errors paths certificate.handshake",
        "flask werkzeug jinja2 markupsafe structlog",
    ),
    "idp.fetch": may("domain errors ports certificate"),
    # These join or serve the rest. Who serves people fetches nothing: that is the worker's and the operator's. Only the
    # composition root hands over the one guarded client of what relying parties publish (docs/decisions/0014).
    "idp.app": may("*", "*", never="authlib joserfc idp.fetch idp.worker"),
    "idp.parts": may("*", "*", never="authlib joserfc flask idp.fetch idp.worker", but="idp.fetch.documents"),
    "idp.cadastro_source": may("cadastro flow ports settings storage", "structlog"),  # hosts, worker and commands
    "idp.cli": may("*", "*", never="authlib joserfc"),
    "idp.doctor": may("settings ports errors certificate.revocation certificate.trust", "cryptography OpenSSL"),
    "idp.__main__": may("cli"),
    "idp.wsgi": may("app settings"),
    "idp.worker": may("*", "*", never="authlib joserfc"),
    "idp.server": may("*", "*", never="authlib joserfc idp.fetch idp.worker"),
    "idp.listeners": may("*", "*", never="authlib joserfc idp.fetch idp.worker"),
    # Its fake ICP-Brasil shares no code with the parser it feeds; its relying party is Authlib's client.
    "idp.sandbox": may("*", "*", never="idp.certificate"),
}

CLOCK_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}
NETWORK = ("http.client", "urllib.request", "requests", "urllib3", "smtplib", "ftplib")
REQUEST_GLOBALS = {"request", "g", "session", "current_app"}

CLOCK_MODULES = ("idp.clock",)
ENVIRONMENT_MODULES = ("idp.settings",)
REQUEST_MODULES = ("idp.oidc", "idp.web", "idp.sandbox")  # sandbox: the relying party's own Flask
NETWORK_MODULES = ("idp.fetch", "idp.doctor", "idp.sandbox", "idp.cli.sandbox", "idp.cadastro.https")
"""Who serves people asks one other machine, the authority's cadastro, where it is told to (decision 0016).
The doctor probes the deployment it is pointed at; the sandbox plays relying party and visitor."""
MADE_ONLY_IN = {"Representation": "idp.domain.representation"}
LONGEST_FILE = 350


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, whether it is a package's ``__init__``, and its text."""

    name: str
    text: str
    is_package: bool = False

    def tree(self) -> ast.Module:
        return ast.parse(self.text)


def under(name: str, roots: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether a dotted name is one of ``roots`` or inside one."""
    return any(name == root or name.startswith(root + ".") for root in roots)


def sources() -> list[Source]:
    found = []
    for path in sorted(IDP.rglob("*.py")):
        parts = path.relative_to(IDP.parent).with_suffix("").parts
        package = parts[-1] == "__init__"
        found.append(Source(".".join(parts[:-1] if package else parts), path.read_text(), package))
    return found


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything a module imports; ``from a import b`` is ``a.b``."""
    base = source.name.split(".") if source.is_package else source.name.split(".")[:-1]
    for node in ast.walk(source.tree()):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = base[: len(base) - node.level + 1] if node.level else []
            prefix = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{prefix}.{alias.name}") for alias in node.names)


def forbidden_imports(source: Source) -> Iterator[str]:
    """Imports that the table does not allow."""
    rules = [name for name in TABLE if under(source.name, (name,)) and (name != "idp" or source.name == "idp")]
    if not rules:
        yield f"{source.name}: the table has no line for it"
        return
    rule = max(rules, key=len)
    allowed = TABLE[rule]
    own = ".".join(rule.split(".")[:2])
    ours = frozenset(f"idp.{name}" for name in allowed.idp) | ({own} if own != "idp" else set())
    for line, name in imports(source):
        top = name.split(".")[0]
        if under(name, allowed.never) and not under(name, allowed.but):
            yield f"{source.name}:{line}: {rule} must never import {name}"
        elif top == "idp":
            if "*" not in allowed.idp and not under(name, ours):
                yield f"{source.name}:{line}: {rule} may not import {name}"
        elif top not in sys.stdlib_module_names and "*" not in allowed.outside and top not in allowed.outside:
            yield f"{source.name}:{line}: {rule} may not import {top}"


def names_used(source: Source) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each attribute or imported name, with import aliases resolved to what they stand for."""
    aliases: dict[str, str] = {}
    tree = source.tree()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute):
            parts = [node.attr]
            inner = node.value
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                parts += reversed(aliases.get(inner.id, inner.id).split("."))
                yield node.lineno, ".".join(reversed(parts))


def ends_in(name: str, endings: set[str]) -> bool:
    return any(name == ending or name.endswith("." + ending) for ending in endings)


def forbidden_names(source: Source) -> Iterator[str]:
    """Time, environment and Flask's globals where they do not belong."""
    for line, name in names_used(source):
        where = f"{source.name}:{line}"
        if ends_in(name, CLOCK_CALLS) and not under(source.name, CLOCK_MODULES):
            yield f"{where}: {name}: time comes from the Clock port"
        if under(name, frozenset(ENVIRONMENT)) and not under(source.name, ENVIRONMENT_MODULES):
            yield f"{where}: {name}: the environment is read by idp.settings alone"
        if name in {f"flask.{one}" for one in REQUEST_GLOBALS} and not under(source.name, REQUEST_MODULES):
            yield f"{where}: {name}: only oidc and web know of a request"
        if ends_in(name, {"request.values"}):
            yield f"{where}: {name}: query and form are different places"


def forbidden_network(source: Source) -> Iterator[str]:
    """Clients of the network anywhere but where lists are fetched."""
    for line, name in imports(source):
        if under(name, NETWORK) and not under(source.name, NETWORK_MODULES):
            yield f"{source.name}:{line}: {name}: who serves people opens no connections to other machines"


def forbidden_makers(source: Source) -> Iterator[str]:
    """Calls of a class that only its own module may make."""
    aliases: dict[str, str] = {}
    for node in ast.walk(source.tree()):
        if isinstance(node, ast.ImportFrom):
            aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
    for node in ast.walk(source.tree()):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            name = aliases.get(called, called)
            if source.name != MADE_ONLY_IN.get(name, source.name):
                yield f"{source.name}:{node.lineno}: {name} is made in {MADE_ONLY_IN[name]} only"


class Executed(ast.NodeTransformer):
    """Drops what stands under ``if TYPE_CHECKING:``."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        return node.orelse if ast.unparse(node.test).endswith("TYPE_CHECKING") else self.generic_visit(node)


def cycle(modules: list[Source]) -> list[str]:
    """The first cycle of imports, empty if there is none.

    Imports inside functions count: they may make a start lighter, but not hide a cycle. Those under TYPE_CHECKING
    do not: they are annotations, never executed.
    """
    known = {source.name for source in modules}
    graph: dict[str, set[str]] = {}
    for source in modules:
        executed = Source(source.name, ast.unparse(Executed().visit(source.tree())), source.is_package)
        named = {name if name in known else name.rpartition(".")[0] for _, name in imports(executed)}
        graph[source.name] = (named & known) - {source.name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def too_long(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{source.name}: {lines} lines; over {LONGEST_FILE} it wants to be two"


Rule = Callable[[Source], Iterator[str]]
RULES: tuple[Rule, ...] = (forbidden_imports, forbidden_names, forbidden_network, forbidden_makers, too_long)


@pytest.mark.parametrize("rule", RULES)
def test_the_sources_keep_the_rule(rule: Rule) -> None:
    broken = [problem for source in sources() for problem in rule(source)]
    assert not broken, "\n".join(broken)


def test_who_serves_people_has_one_thing_that_fetches_in_memory() -> None:
    """Not by way of another module either (ATK-034)."""
    code = "import sys, idp.app, idp.wsgi, idp.server, idp.cli.serve; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "idp.app" in loaded
    assert [name for name in loaded if under(name, ("idp.fetch", "idp.worker", "idp.doctor", "urllib.request"))] == [
        "idp.fetch",
        *(f"idp.fetch.{part}" for part in ("addresses", "connection", "documents")),
    ]
    # Each process would hold 8 MiB of either: migrations are `idp db upgrade`'s, Redis is for who chose it.
    assert not [name for name in loaded if under(name, ("alembic", "redis"))]


def test_imports_form_no_cycle() -> None:
    assert not cycle(sources())


# --- The checks catch what they are for ----------------------------------------------------------------------------

VIOLATIONS = [
    (forbidden_imports, "idp.domain.person", "import sqlalchemy"),
    (forbidden_imports, "idp.domain.person", "from stdnum.br import cpf"),
    (forbidden_imports, "idp.domain.person", "from idp.ports import Clock"),
    (forbidden_imports, "idp.domain.person", "from ..flow import steps"),
    (forbidden_imports, "idp.ports", "from idp.storage.sql import clients"),
    (forbidden_imports, "idp.flow.authorize", "from idp.settings import Settings"),
    (forbidden_imports, "idp.flow.authorize", "import flask"),
    (forbidden_imports, "idp.errors", "import click"),
    (forbidden_imports, "idp.certificate.leaf", "import pyhanko_certvalidator"),
    (forbidden_imports, "idp.storage.sql.clients", "import flask"),
    (forbidden_imports, "idp.oidc.endpoints", "from idp.web.pages import render"),
    (forbidden_imports, "idp.oidc.endpoints", "from idp.storage.sql import clients"),
    (forbidden_imports, "idp.web.login", "from idp.certificate.trust import load"),
    (forbidden_imports, "idp.web.login", "from authlib.oauth2 import OAuth2Request"),
    (forbidden_imports, "idp.web.login", "import joserfc.jwt"),
    (forbidden_imports, "idp.paths", "from idp.errors import IdpError"),
    (forbidden_imports, "idp.app", "from authlib.integrations.flask_oauth2 import AuthorizationServer"),
    (forbidden_imports, "idp.cli.keys", "def f():\n    import joserfc"),
    (forbidden_imports, "idp.sandbox.pki", "from idp.certificate.san import parse"),
    (forbidden_imports, "idp.sandbox.pki", "from idp import certificate"),
    (forbidden_imports, "idp.novelty", "import os"),
    (forbidden_names, "idp.flow.steps", "from datetime import datetime\ndatetime.now()"),
    (forbidden_names, "idp.flow.steps", "import datetime as dt\ndt.datetime.now(dt.UTC)"),
    (forbidden_names, "idp.flow.steps", "from datetime import date as d\nd.today()"),
    (forbidden_names, "idp.storage.sql.x", "import time\nnow = time.time"),
    (forbidden_names, "idp.storage.sql.x", "from time import time"),
    (forbidden_names, "idp.server", "import os\nos.environ['X']"),
    (forbidden_names, "idp.server", "from os import environ"),
    (forbidden_names, "idp.server", "import os as system\nsystem.getenv('X')"),
    (forbidden_names, "idp.app", "from flask import request"),
    (forbidden_names, "idp.app", "import flask\nflask.g.user"),
    (forbidden_names, "idp.listeners.issuer", "from flask import Flask, current_app as app"),
    (forbidden_names, "idp.oidc.endpoints", "from flask import request\nrequest.values['scope']"),
    (forbidden_names, "idp.web.login", "import flask\nflask.request.values"),
    (forbidden_imports, "idp.app", "from idp.fetch.http import download"),
    (forbidden_imports, "idp.app", "from idp import fetch"),
    (forbidden_imports, "idp.oidc.client_keys", "from idp.fetch.documents import ClientDocuments"),
    (forbidden_imports, "idp.server", "from idp.fetch.documents import ClientDocuments"),
    (forbidden_imports, "idp.app", "from idp import worker"),
    (forbidden_imports, "idp.server", "import idp.fetch.crls"),
    (forbidden_imports, "idp.web.login", "from idp.fetch import crls"),
    (forbidden_imports, "idp.certificate.revocation", "from idp.fetch import crls"),
    (forbidden_imports, "idp.fetch.http", "import requests"),
    (forbidden_network, "idp.certificate.revocation", "import http.client"),
    (forbidden_network, "idp.cli.trust", "from urllib.request import urlopen"),
    (forbidden_makers, "idp.flow.choices", "from idp.domain.representation import Representation\nRepresentation(1)"),
    (forbidden_makers, "idp.flow.choices", "from idp.domain.representation import Representation as R\nR(1)"),
    (forbidden_makers, "idp.storage.sql.x", "from idp.domain import representation\nrepresentation.Representation(1)"),
    (too_long, "idp.web.login", "x = 1\n" * 351),
]

PERMITTED = [
    ("idp.domain.documents", "from stdnum.br import cpf\nfrom idp.errors import InvalidDocument"),
    ("idp.domain.representation", "Representation(1)"),
    ("idp.flow.choices", "from idp.domain.representation import represent\nrepresent(1)"),
    ("idp.clock", "from datetime import UTC, datetime\ndatetime.now(UTC)"),
    ("idp.settings", "import os\nos.environ.get('IDP_CONFIG')"),
    ("idp.web.login", "from flask import request\nrequest.form['csrf']\nfrom idp.certificate import handshake"),
    ("idp.oidc.endpoints", "from authlib import oauth2\nfrom idp.web.outcome import render\nfrom . import claims"),
    ("idp.sandbox.relying_party", "from authlib.integrations.requests_client import OAuth2Session"),
    ("idp.cli.sandbox", "from idp.sandbox import journey\nimport click\nimport time\ntime.monotonic()"),
    ("idp.parts", "from idp.fetch.documents import ClientDocuments"),
    ("idp.flow.steps", "import sys\nsys.exit\nself = None\nself.clock.now()"),
    ("idp.web.login", "x = 1\n" * 350),
]


@pytest.mark.parametrize(("rule", "name", "text"), VIOLATIONS)
def test_a_violation_is_caught(rule: Rule, name: str, text: str) -> None:
    assert list(rule(Source(name, text + "\n")))


@pytest.mark.parametrize(("name", "text"), PERMITTED)
def test_what_the_table_permits_passes(name: str, text: str) -> None:
    assert not [problem for rule in RULES for problem in rule(Source(name, text))]


def test_a_cycle_is_caught_even_where_a_function_hides_it() -> None:
    one = Source("idp.flow.one", "def f():\n    from idp.flow.two import g\n    return g")
    two = Source("idp.flow.two", "from . import one")
    assert set(cycle([one, two])) == {"idp.flow.one", "idp.flow.two"}
    assert not cycle([one, Source("idp.flow.two", "import os")])
    annotated = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from idp.flow import one"
    assert not cycle([one, Source("idp.flow.two", annotated)])
    assert cycle([one, Source("idp.flow.two", f"{annotated}\nelse:\n    from idp.flow import one")])


def test_a_relative_import_in_a_package_is_resolved_from_the_package() -> None:
    assert list(imports(Source("idp.flow", "from . import steps", is_package=True))) == [(1, "idp.flow.steps")]
    assert list(imports(Source("idp.flow.steps", "from .outcome import Ask"))) == [(1, "idp.flow.outcome.Ask")]
