"""What every test may ask for: real services, started at first use and shared by one test process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.support import corpora, npm
from tests.support.chromium import Chromium
from tests.support.postgres import Postgres
from tests.support.redis import RedisServer
from tests.support.xvfb import Display

# A gate repeats itself: in CI the same examples each time, elsewhere new ones, so that somebody meets them.
# No verdict depends on how busy the machine is.
_ANY_MACHINE = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("default", _ANY_MACHINE, derandomize=bool(os.environ.get("CI")))
hypothesis_settings.register_profile("deep", _ANY_MACHINE, max_examples=2000)


def _configure(configure: Callable[..., None], **options: object) -> None:
    configure(**options | {"cache_logger_on_first_use": False})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="also run tests marked deep, with full counts")


def pytest_configure(config: pytest.Config) -> None:
    # A logger that keeps its first processors would hide its lines from every later file of the same process.
    structlog.configure = partial(_configure, structlog.configure)
    hypothesis_settings.load_profile("deep" if config.getoption("--deep") else "default")


# Files go to whoever is free, in this order: those of many seconds first, or one of them would be left for the end and
# a processor with nothing to do. Neighbours share servers that a process starts once.
_LONG = (
    "tests/journeys/",
    "tests/conformance/",
    "tests/contracts/test_vinculos.py",
    "tests/doctor/",
    "tests/sandbox/test_sandbox.py",
    "tests/server/test_serve.py",
    "tests/examples/",
    "tests/worker/",
    "tests/test_support.py",
    "tests/test_budgets.py",
    "tests/deploy/",
    "tests/test_architecture.py",
    "tests/hostile/",
    "tests/attacks/test_running.py",
    "tests/cadastro/",
    "tests/fetch/",
    "tests/model/",
    "tests/web/test_in_chromium.py",
    "tests/web/test_axe.py",
    "tests/cli/",
)


def _seconds_first(item: pytest.Item) -> int:
    return next((at for at, part in enumerate(_LONG) if item.nodeid.startswith(part)), len(_LONG))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_seconds_first)
    if config.getoption("--deep"):
        return
    deep = [item for item in items if item.get_closest_marker("deep")]
    config.hook.pytest_deselected(items=deep)
    items[:] = [item for item in items if not item.get_closest_marker("deep")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in corpora.missing():
        path = corpora.DATA / corpora.CORPORA[name]
        terminalreporter.write_line(f"corpus skipped: {name} (not at {path}; IDP_TEST_DATA says where)")
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if "deep" in report.keywords and report.when == "call":  # fit to be pasted: when, what, what it counted
                counted = "".join(f": {said}" for name, said in report.user_properties if name == "deep")
                seconds = f"{outcome} in {report.duration:.0f} s"
                terminalreporter.write_line(f"{date.today().isoformat()} {report.nodeid} {seconds}{counted}")
    for name in npm.missing():
        terminalreporter.write_line(f"skipped: what needs the packages of {name} (not installed: make npm)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running cluster; ``postgres.new_database()`` gives the URL of a database of one's own."""
    cluster = Postgres()
    yield cluster
    cluster.remove()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """SQLAlchemy URL of an empty PostgreSQL database."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running Redis. Prefer ``redis_url``, which starts empty."""
    server = RedisServer()
    yield server
    server.remove()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """URL of a Redis that holds nothing."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver; ``chromium.launch(playwright.chromium)`` starts a browser under it. It keeps an event loop
    running in this thread, so no longer than one file needs it."""
    expect.set_options(timeout=60_000)  # five seconds are too few for a busy machine
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def chromium() -> Iterator[Chromium]:
    """A fresh browser installation; import certificates, choose, then ``launch`` it."""
    installation = Chromium()
    yield installation
    installation.remove()


@pytest.fixture(scope="session")
def display() -> Iterator[Display]:
    """A display with a window manager."""
    xvfb = Display()
    yield xvfb
    xvfb.remove()
