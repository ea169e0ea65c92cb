"""Portaria: an OpenID Connect provider for Brazilian tax authorities.

A pure core (``domain``, ``flow``) says what is true and what happens next; edges (``certificate``, ``cadastro``,
``storage``, ``oidc``, ``web``, ``admin``, ``worker``) translate; ``app`` joins them. See docs/architecture.md.
"""

__version__ = "0.1.0"
