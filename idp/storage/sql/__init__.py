"""Durable facts on SQLite or PostgreSQL, in SQLAlchemy Core. ``store.open_store`` is the way in.

Owns tables, statements and locks. What is spent once is spent here, in the transaction of what it produces.

A class here that implements a port has no words of its own for the methods which the port describes.
"""

from idp.storage.sql.store import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
