"""The TLS side of a listener that asks for a client certificate and refuses none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from OpenSSL import SSL

_CIPHERS_TLS12 = b"ECDHE+AESGCM:ECDHE+CHACHA20"
_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


def accepting_context(
    certificate: Path, key: Path, *, ca_certificates: Sequence[bytes] = (), tls_max: str = "1.3"
) -> SSL.Context:
    """A server context, TLS 1.2 to ``tls_max``, in which any client certificate, or none, completes the handshake.

    ``ca_certificates`` are DER certificates whose subjects are advertised (RFC 8446 §4.2.4), so that browsers offer
    only what was issued under them; they are not trusted here, nothing is. Possession of the private key is still
    proved by the handshake. There is no resumption: a resumed session would carry the first handshake's certificate.
    (In TLS 1.3 OpenSSL still sends session identifiers; nothing is kept under them.)

    Raises SSL.Error when the server's own certificate or key cannot be used.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(_VERSIONS[tls_max])
    context.set_cipher_list(_CIPHERS_TLS12)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_alpn_select_callback(_http11)
    context.set_verify(SSL.VERIFY_PEER, _accept)
    for der in ca_certificates:
        context.add_client_ca(x509.load_der_x509_certificate(der))
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(key))
    return context


def _accept(connection: SSL.Connection, certificate: object, code: int, depth: int, preverified: int) -> bool:
    return True


def _http11(connection: SSL.Connection, offered: list[bytes]) -> Any:
    return b"http/1.1" if b"http/1.1" in offered else SSL.NO_OVERLAPPING_PROTOCOLS
