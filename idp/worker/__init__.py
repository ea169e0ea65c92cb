"""Periodic work, apart from every request: sealing the audit chain, forgetting what has expired, fetching lists.

Owns when something is done and what is recorded of it; each job's work is its own package's. One process may run it or
several: each job is safe beside itself. A job that fails is logged and tried again at its next turn, and never stops
the others. What waits for other machines has a thread to itself, so that the chain is sealed meanwhile.
"""

from idp.worker.process import run

__all__ = ["run"]
