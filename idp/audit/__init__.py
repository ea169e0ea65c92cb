"""The audit chain: its vocabulary, what is hashed, how it is sealed and how it is verified. Why an act happened is the
flow's to say, rows are storage's.

An act's row is written in the act's transaction with a *commitment*, SHA-256(salt ‖ canonical JSON of kind, moment and
payload). Within a second a sealer, one at a time, gives each row the next *sequence* and a hash over the hash before
it, in the order in which acts became durable: on PostgreSQL a row with a lower id may be committed later, so the id
says nothing about order. The head is signed into a file outside the database (a *checkpoint*). Erasing a person drops
payload and salt: the commitment no longer tells anything, and the chain still verifies.

What it cannot show: a row removed before it was sealed, and rows removed from the end together with every checkpoint
that covers them. Keep the checkpoint file where the database's owner cannot write.
"""

from __future__ import annotations

from idp.audit.chain import GENESIS, LATE, Log, Row, commitment, link, sealed_event
from idp.audit.checkpoints import Check, Checkpoint, Sign, seal
from idp.audit.verification import Report, verify
from idp.audit.vocabulary import KINDS, VOCABULARY, UnknownKind
from idp.ports import AuditEvent

__all__ = [
    "GENESIS",
    "KINDS",
    "LATE",
    "VOCABULARY",
    "AuditEvent",
    "Check",
    "Checkpoint",
    "Log",
    "Report",
    "Row",
    "Sign",
    "UnknownKind",
    "commitment",
    "link",
    "seal",
    "sealed_event",
    "verify",
]
