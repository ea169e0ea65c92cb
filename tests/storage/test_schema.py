"""Migrations make what the metadata says; a database of another realm or version is refused with its remedy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from idp.errors import ConfigurationError
from idp.storage.sql import open_store, schema
from idp.storage.sql.engine import transactional
from idp.storage.sql.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/er/new.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_upgrading_an_empty_database_makes_the_metadata(empty: str) -> None:
    assert schema.upgrade(empty, "sandbox") == schema.head()
    engine = transactional(empty)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        # What the comparison does not look at: names and columns of checks, and of partial indexes.
        checks = inspect(connection).get_check_constraints("procuracoes")
        assert [check["name"] for check in checks] == ["ck_procuracoes_parties"]
        unsealed = next(i for i in inspect(connection).get_indexes("audit") if i["name"] == "ix_audit_unsealed")
        if engine.dialect.name == "postgresql":
            unlogged = "SELECT relpersistence FROM pg_class WHERE relname = 'ephemeral'"
            assert connection.exec_driver_sql(unlogged).scalar() in ("u", b"u")
        assert any("sequence IS NULL" in str(value) for value in unsealed["dialect_options"].values())
    engine.dispose()


def test_upgrading_again_changes_nothing_and_two_at_once_agree(empty: str) -> None:
    schema.upgrade(empty, "sandbox")
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: schema.upgrade(empty, "sandbox"), range(4))) == {schema.head()}


def test_two_first_upgrades_at_once(empty: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: schema.upgrade(empty, "sandbox"), range(3))) == {schema.head()}


def test_a_ready_database_passes(empty: str) -> None:
    schema.upgrade(empty, "sandbox")
    store = open_store(empty)
    schema.check(store.engine, "sandbox")
    assert schema.current(store.engine) == schema.head()
    store.close()


def test_the_realm_is_written_once(empty: str) -> None:
    schema.upgrade(empty, "sandbox")
    store = open_store(empty)
    with pytest.raises(ConfigurationError, match="belongs to the realm sandbox"):
        schema.check(store.engine, "icp-brasil")
    with pytest.raises(ConfigurationError, match="belongs to the realm sandbox"):
        schema.upgrade(empty, "icp-brasil")
    schema.check(store.engine, "sandbox")
    store.close()


def test_an_empty_or_older_schema_names_the_command(empty: str) -> None:
    store = open_store(empty)
    with pytest.raises(ConfigurationError) as refused:
        schema.check(store.engine, "sandbox")
    assert refused.value.remedy == "run: idp db upgrade"
    schema.upgrade(empty, "sandbox")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(ConfigurationError, match="0000") as refused:
        schema.check(store.engine, "sandbox")
    assert refused.value.remedy == "run: idp db upgrade"
    store.close()


def test_a_checked_sqlite_file_is_not_made_by_the_check(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/absent.sqlite")
    with pytest.raises(ConfigurationError, match="no database"):
        schema.check(store.engine, "sandbox")
    assert list(tmp_path.iterdir()) == []
    store.close()


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "postgresql://h/d", "no url"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_store(url)
    assert "postgresql+psycopg" in refused.value.remedy


def test_the_refusal_shows_no_password() -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_store("mysql://user:s3cret@localhost/x")
    assert "s3cret" not in str(refused.value)


def test_a_new_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    schema.upgrade(f"sqlite:///{tmp_path}/new.sqlite", "sandbox")
    assert (tmp_path / "new.sqlite").stat().st_mode & 0o777 == 0o600
