"""Values that may be used once: the winner is whoever's UPDATE or INSERT finds the row unspent."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, update

from idp.domain.certificado import Verdict
from idp.ports import Returned
from idp.storage import codec
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import assertions, return_codes

_ADD = insert(return_codes)
_TAKE = (
    update(return_codes)
    .where(
        return_codes.c.digest == bindparam("key"),
        return_codes.c.spent_at.is_(None),
        return_codes.c.expires_at > bindparam("at"),
    )
    .values(spent_at=bindparam("at"))
    .returning(return_codes.c.ticket, return_codes.c.transaction_id, return_codes.c.verdict)
)
PURGE = tuple(delete(table).where(table.c.expires_at <= bindparam("at")) for table in (return_codes, assertions))
_SPEND = Upsert(lambda insert: insert(assertions).on_conflict_do_nothing().returning(assertions.c.jti))


class SqlReturnCodes:
    """Implements :class:`idp.ports.ReturnCodes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, digest: str, returned: Returned, expires_at: datetime) -> None:
        self._connection.execute(
            _ADD,
            {
                "digest": digest,
                "ticket": returned.ticket,
                "transaction_id": returned.transaction_id,
                "verdict": codec.dumps_as(Verdict, returned.verdict).decode(),
                "expires_at": expires_at,
            },
        )

    def take(self, digest: str, at: datetime) -> Returned | None:
        row = self._connection.execute(_TAKE, {"key": digest, "at": at}).first()
        if row is None:
            return None
        try:
            return Returned(row.ticket, row.transaction_id, codec.loads(Verdict, row.verdict))
        except codec.Unreadable:  # written by another version within the last minute: start over
            return None


class SqlAssertions:
    """Implements :class:`idp.ports.Assertions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def spend(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        # A digest, since a jti may be of any length and contain what a database's text may not.
        key = {"client_id": client_id, "jti": hashlib.sha256(jti.encode()).hexdigest(), "expires_at": expires_at}
        return self._connection.execute(_SPEND.on(self._connection), key).first() is not None
