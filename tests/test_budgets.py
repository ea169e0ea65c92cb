"""What each protocol route may ask of the stores, counted on the whole application: SQL at the driver, the ephemeral
store at its five verbs. More than the budget fails; docs/performance.md has the figures and their reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

import idp.app
import idp.parts
from benchmarks.installation import ISSUER, Visitor, install
from benchmarks.relying_party import AUTHORIZATION, REDEEM, authorize_path
from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, CPF
from idp.storage.ephemeral import open_ephemeral
from idp.storage.sql import SqlStore, open_store

FORM = "application/x-www-form-urlencoded"
OFFICE = CNPJ("99990001000198")


@dataclass
class Trips:
    """``alone``: statements that stand by themselves. ``inside``: those of transactions, of which ``transactions``
    ended."""

    alone: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    transactions: int = 0
    ephemeral: list[str] = field(default_factory=list)


class Counted:
    """An ephemeral store whose every verb is noted: each is one command or one statement of its own."""

    def __init__(self, store: Any, trips: Trips) -> None:
        self._store, self._trips = store, trips

    def __getattr__(self, verb: str) -> Any:
        self._trips.ephemeral.append(verb)
        return getattr(self._store, verb)


@dataclass
class Installed:
    """One application under count. ``trips`` is of the last request alone. ``database``: its URL."""

    http: FlaskClient
    visitor: Visitor
    trips: Trips
    database: str

    def request(self, path: str, body: str | None = None, **headers: str) -> Any:
        for noted in (self.trips.alone, self.trips.inside, self.trips.ephemeral):
            noted.clear()
        self.trips.transactions = 0
        method = "GET" if body is None else "POST"
        return self.http.open(path, method=method, data=body, base_url=ISSUER, headers=headers, content_type=FORM)

    def authorize(self, more: str = "", *, signed_in: bool = True) -> Any:
        cookies = {"Cookie": self.visitor.cookies} if signed_in else {}
        answer = self.request(authorize_path("nonce") + more, **cookies)
        assert answer.status_code == 303, answer.text
        return answer

    def code(self) -> str:
        location: str = self.authorize().headers["Location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    def token(self, body: str) -> dict[str, Any]:
        answer = self.request("/token", body, Authorization=AUTHORIZATION)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.get_json()
        return document


@pytest.fixture(params=["sqlite", "postgresql and redis"])
def installed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    if request.param == "sqlite":
        database, ephemeral = f"sqlite:///{tmp_path}/portaria.sqlite", "sql"
    else:
        database, ephemeral = request.getfixturevalue("postgres_url"), request.getfixturevalue("redis_url")
    ready = install(tmp_path, database, ephemeral, visitors=1)
    trips, opened = Trips(), []

    def counted_store(url: str) -> SqlStore:
        store = open_store(url)
        opened.append(store)
        event.listen(store.reader, "before_cursor_execute", lambda _c, _cursor, sql, *_: trips.alone.append(sql))
        event.listen(store.engine, "before_cursor_execute", lambda _c, _cursor, sql, *_: trips.inside.append(sql))
        for end in ("commit", "rollback"):
            event.listen(store.engine, end, lambda _: setattr(trips, "transactions", trips.transactions + 1))
        return store

    def counted_ephemeral(*arguments: Any) -> Counted:
        store = open_ephemeral(*arguments)
        opened.append(store)  # type: ignore[arg-type]
        return Counted(store, trips)

    monkeypatch.setattr(idp.parts, "open_store", counted_store)
    monkeypatch.setattr(idp.parts, "open_ephemeral", counted_ephemeral)
    # Whether a client has changed is asked once in this many seconds, whatever is served meanwhile.
    app = idp.app.create_issuer(ready.settings.model_copy(update={"cache_seconds": 60.0}))
    here = Installed(app.test_client(use_cookies=False), ready.visitors[0], trips, database)
    here.authorize(signed_in=False)
    yield here
    for store in opened:
        store.close()


def test_an_authorize_that_asks_for_a_login(installed: Installed) -> None:
    """One write: there is no session to read, and nothing else is known yet."""
    answer = installed.authorize(signed_in=False)
    assert answer.headers["Location"].startswith("/login?")
    assert installed.trips == Trips(ephemeral=["put"])


@pytest.mark.parametrize("prompt", ["consent", "select_account"])
def test_an_authorize_that_asks_for_consent(installed: Installed, prompt: str) -> None:
    answer = installed.authorize(f"&prompt={prompt}")
    assert answer.headers["Location"].startswith("/consentimento?")
    assert installed.trips.ephemeral == ["get", "put"]
    assert installed.trips.transactions == 0
    assert len(installed.trips.alone) <= 2, installed.trips.alone


def test_a_silent_refusal_asks_for_nothing(installed: Installed) -> None:
    answer = installed.authorize("&prompt=none", signed_in=False)
    assert "error=login_required" in answer.headers["Location"]
    assert installed.trips == Trips()


def test_an_authorize_that_issues(installed: Installed) -> None:
    """The choices and the remembered consent are read first, so that the write transaction is short; what it rests on
    is read again within, under lock."""
    assert "code=" in installed.authorize().headers["Location"]
    assert installed.trips.ephemeral == ["get"]
    assert len(installed.trips.alone) <= 3, installed.trips.alone
    assert all(_is_read(sql) for sql in installed.trips.alone)
    assert installed.trips.transactions == 1
    assert 0 < len(installed.trips.inside) <= 7, installed.trips.inside


@pytest.mark.parametrize("employed", [False, True], ids=["himself", "employee of an office"])
def test_an_authorize_that_issues_after_consent_by_a_chain(installed: Installed, employed: bool) -> None:
    """The longest way: the procuração is a substabelecimento, perhaps to an office that named the visitor, the company
    has representantes, the choice may end another, and the consent is fresh. On PostgreSQL each kind of row that is
    locked is a statement of its own, but for the last two."""
    _substabelecer(installed.database, "prc-0", "abaixo", to_office=employed)
    cookies = {"Cookie": installed.visitor.cookies}
    page = installed.request(installed.authorize("&prompt=consent").headers["Location"], **cookies).text
    fields = dict(re.findall(r'name="(tx|csrf)" value="([^"]+)"', page))
    (choice,) = [found for found in re.findall(r'value="([^"]+)"', page) if found.endswith("abaixo")]
    body = urlencode({**fields, "escolha": choice, "decisao": "autorizar"})
    answer = installed.request("/consentimento", body, **cookies, Origin=ISSUER)
    assert "code=" in answer.headers["Location"], answer.headers
    assert installed.trips.transactions == 1
    written = " ".join(installed.trips.inside)
    for table in ("procuracoes", "INSERT INTO grants", "INSERT INTO consents", "INSERT INTO audit"):
        assert table in written
    assert ("designacoes" in written) == employed
    assert len(installed.trips.inside) <= 7, installed.trips.inside


def _substabelecer(database: str, id: str, to: str, *, to_office: bool) -> None:
    """Beside the procuração ``id``, one that somebody else passed on: to the same holder, or to an office whose
    employee that is."""
    store = open_store(database)
    try:
        with store.begin() as uow:
            given = uow.procuracoes.get(id, lock=True)
            assert given is not None
            uow.procuracoes.add(replace(given, id="acima", outorgado=CPF("90000101281"), substabelecivel=True))
            if to_office:
                employee = given.outorgado
                assert isinstance(employee, CPF)
                named = ("d", OFFICE, "ESCRITORIO", employee, given.outorgado_nome, given.poderes, given.vigencia)
                uow.designacoes.add(Designacao(*named))
                given = replace(given, outorgado=OFFICE)
            uow.procuracoes.add(replace(given, id=to, pai="acima"))
    finally:
        store.close()


def test_code_and_refresh_are_one_transaction_each(installed: Installed) -> None:
    body = REDEEM + installed.code()
    for _ in ("code", "refresh", "refresh"):
        tokens = installed.token(body)
        assert "id_token" in tokens
        assert installed.trips.transactions == 1
        assert 0 < len(installed.trips.inside) <= 7, installed.trips.inside
        assert (installed.trips.alone, installed.trips.ephemeral) == ([], [])
        body = f"grant_type=refresh_token&refresh_token={tokens['refresh_token']}"


def test_userinfo_is_one_read(installed: Installed) -> None:
    token = installed.token(REDEEM + installed.code())["access_token"]
    for _ in range(2):  # the second as much as the first: nothing of the representation is kept
        assert installed.request("/userinfo", Authorization=f"Bearer {token}").status_code == 200
        assert (len(installed.trips.alone), installed.trips.transactions, installed.trips.ephemeral) == (1, 0, [])
        assert _is_read(installed.trips.alone[0])


def test_client_credentials_is_one_audit_append_and_no_read(installed: Installed) -> None:
    installed.token("grant_type=client_credentials")
    assert [sql.split("(")[0].strip() for sql in installed.trips.alone] == ["INSERT INTO audit"]
    assert (installed.trips.inside, installed.trips.transactions, installed.trips.ephemeral) == ([], 0, [])


def _is_read(sql: str) -> bool:
    return sql.startswith(("SELECT", "WITH"))


def test_introspection_is_one_read(installed: Installed) -> None:
    token = installed.token(REDEEM + installed.code())["access_token"]
    for _ in range(2):
        assert installed.request("/introspect", f"token={token}", Authorization=AUTHORIZATION).get_json()["active"]
        assert (len(installed.trips.alone), installed.trips.transactions, installed.trips.ephemeral) == (1, 0, [])
        assert _is_read(installed.trips.alone[0])


def test_revocation_is_one_transaction(installed: Installed) -> None:
    token = installed.token(REDEEM + installed.code())["access_token"]
    assert installed.request("/revoke", f"token={token}", Authorization=AUTHORIZATION).status_code == 200
    assert (installed.trips.alone, installed.trips.transactions, installed.trips.ephemeral) == ([], 1, [])
    assert len(installed.trips.inside) <= 3, installed.trips.inside
