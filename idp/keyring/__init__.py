"""Signing keys and the secrets that identifiers are derived from: a directory of private files, loaded once a process.

Owns ``settings.signing_dir``: who signs now, what is published, and how the next key takes over. Knows nothing of
tokens' contents (``idp.oidc``). The directory holds::

    realm            the world these keys belong to; written once
    <kid>.pem        a signing key, PKCS #8; kid is its RFC 7638 thumbprint
    pairwise.key     what ``sub`` is derived from; never rotated, never made anew (losing it renames every person)
    refresh.key      what refresh tokens are derived from
    audit.key        the Ed25519 key of audit checkpoints
    manifest.json    states and moments of the signing keys, and a fingerprint of each secret

Each algorithm has a key in each state: *next* is published before it signs, so that relying parties have it cached;
*active* signs; *retired* stays published until what it signed has expired.
"""

from idp.keyring.manifest import KeyInfo, State
from idp.keyring.ring import KeyRing

__all__ = ["KeyInfo", "KeyRing", "State"]
