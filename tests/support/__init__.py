"""Real services for tests: PostgreSQL, Redis, Chromium, a display, child processes, free ports.

Owns starting and stopping them, from Debian's packages, on this machine's loopback or a private Unix socket. It knows
nothing of Portaria: it imports nothing from ``idp``, so that no fixture shares code with what it tests.
"""
