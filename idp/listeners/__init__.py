"""How bytes arrive: sockets, TLS and the processes behind the embedded server's three listeners.

Owns the handshake, its limits and its time-outs, and hands the peer's certificate to the application unjudged. Does not
judge certificates (``idp.certificate``), choose pages (``idp.web``) or know what the applications do.
"""
