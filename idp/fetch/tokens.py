"""Why something was not fetched: the words of ``idp crl status`` and ``idp trust status``, and of the worker's log.

What was fetched and then refused has a token of ``idp.certificate.tokens.CRL``. docs/operations.md lists these.
"""

FETCH = {
    "not-allowed": "an address that neither the trust list nor the operator names",
    "private-address": "leads into a private network, and the operator did not name it",
    "redirect": "redirects to an address that is not allowed, or more than three times",
    "unreachable": "does not answer: no such host, refused, broken off, or not HTTP",
    "http-status": "answered with an HTTP status other than 200",
    "timeout": "not complete in time (10 seconds to connect, 120 in all)",
    "too-large": "larger than 64 MiB",
    "truncated": "shorter than announced",
    "parser-died": "the process that reads it apart ended: out of its memory (1 GiB) or time, or crashed",
    "hash-differs": "the bundle is not the one that the file of its SHA-512 speaks of",
    "hash-unreadable": "the file of its SHA-512 names no hash for the bundle",
    "bundle-refused": "the bundle does not hold, or lacks more than a fifth of the CAs that were agreed to",
}
