"""How bytes arrive: sockets, TLS and the processes behind the embedded server's three listeners.

Owns the handshake, its limits and its time-outs, and hands the peer's certificate to the application unjudged. Does not
judge certificates (``idp.certificate``), choose pages (``idp.web``) or know what the applications do.
"""

HEADER_BYTES = 16 * 1024
"""Longest head of a request, on every listener that can say so."""
BODY_BYTES = 64 * 1024
"""Longest body of a request."""
RECEIVE_SECONDS = 10
"""How long a request may take to arrive, once a connection is there for it."""
