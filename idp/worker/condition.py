"""What the installation is like now, as far as the worker can see it: for readiness and for metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from idp.audit import LATE
from idp.certificate.revocation import DIRECTORY, CaCrl, CrlIndex
from idp.certificate.trust import TrustList
from idp.certificate.trust.issuers import FILE
from idp.errors import ConfigurationError, StoreUnavailable, TrustError
from idp.settings import Settings
from idp.storage.sql import SqlStore, schema
from idp.storage.sql.audit import SqlAuditLog
from idp.storage.sql.engine import answering
from idp.storage.sql.outbox import SqlOutbox

Problem = dict[str, str]
"""``check``: what was looked at (database, trust, crl, audit). ``detail``: what is not as it should be."""


class Condition:
    """Looks at files and database itself at each question: what a process holds in memory would hide that the next
    start fails. The trust list is read again only when its file is another one."""

    def __init__(self, settings: Settings, store: SqlStore) -> None:
        self._settings, self._reader = settings, store.reader
        self._path = settings.trust_dir / FILE
        self._held: tuple[object, CrlIndex] | None = None

    def trust(self) -> TrustList:
        """The list in the file. Raises TrustError."""
        return self._index().trust

    def crls(self, at: datetime) -> Iterator[CaCrl]:
        """The list of every CA that logins depend on. Raises TrustError."""
        return self._index().states(at)

    def unsealed(self) -> tuple[int, datetime | None]:
        """Audit rows that wait for the sealer, and the oldest's moment. Read without SQLite's write lock. Raises
        ConfigurationError for a database that is missing or another's, StoreUnavailable."""
        schema.check(self._reader, self._settings.realm)
        return SqlAuditLog(self._reader, self._reader).unsealed()

    def undelivered(self) -> tuple[int, datetime | None, int]:
        """Logout notices that wait, the oldest's moment, and how many were given up. Raises like ``unsealed``."""
        schema.check(self._reader, self._settings.realm)
        with answering(), self._reader.connect() as connection:
            return SqlOutbox(connection).backlog()

    def problems(self, at: datetime) -> list[Problem]:
        """What keeps people from logging in, or acts from being chained; empty when all is well."""
        return [*self._of_database(at), *self._of_lists(at)]

    def _of_database(self, at: datetime) -> Iterator[Problem]:
        try:
            count, oldest = self.unsealed()
        except ConfigurationError as error:
            yield {"check": "database", "detail": error.problem}
        except StoreUnavailable as error:
            yield {"check": "database", "detail": f"does not answer: {' '.join(str(error).split())}"}
        else:
            if oldest is not None and at - oldest > LATE:
                yield {"check": "audit", "detail": f"{count} rows are not sealed, the oldest of {oldest:%FT%TZ}"}

    def _of_lists(self, at: datetime) -> Iterator[Problem]:
        try:
            for crl in self.crls(at):
                if crl.next_update is None:
                    yield {"check": "crl", "detail": f"{crl.authority.name}: absent"}
                elif at >= crl.next_update + self._grace:
                    yield {"check": "crl", "detail": f"{crl.authority.name}: stale since {crl.next_update:%FT%TZ}"}
        except TrustError as error:
            yield {"check": "trust", "detail": str(error)}

    @property
    def _grace(self) -> timedelta:
        return timedelta(seconds=self._settings.crl_grace_seconds)

    def _index(self) -> CrlIndex:
        try:
            status = self._path.stat()
        except OSError as error:
            raise TrustError(f"{self._path}: {error.strerror}") from error
        identity = status.st_ino, status.st_mtime_ns, status.st_size
        held = self._held
        if held is None or held[0] != identity:
            trust = TrustList.load(self._path, self._settings.realm)
            held = self._held = identity, CrlIndex(self._settings.trust_dir / DIRECTORY, trust)
        return held[1]
