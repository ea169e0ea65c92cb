"""What a server says in a TLS handshake: the version it settles on, whether it asks for a certificate, whose."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from OpenSSL import SSL

from idp.doctor.client import SECONDS, Failed
from idp.doctor.deployment import Host


@dataclass(frozen=True, slots=True)
class Hello:
    """``ca_names``: DER of each name that the server would have certificates under."""

    version: str
    asked: bool
    ca_names: tuple[bytes, ...]


def hello(host: Host, highest: int = SSL.TLS1_3_VERSION, lowest: int = SSL.TLS1_VERSION) -> Hello:
    """A handshake without a certificate. Raises Failed when there is no agreement."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(lowest)
    context.set_max_proto_version(highest)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")  # so that an old version fails at the server's word, not at ours
    states = set()
    context.set_info_callback(lambda connection, where, result: states.add(connection.get_state_string()))
    try:
        plain = socket.create_connection(host.address, SECONDS)
    except OSError as error:
        raise Failed(f"no connection: {error.strerror or error}") from error
    with plain:
        plain.settimeout(None)  # pyOpenSSL wants it blocking; the kernel keeps the time
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SECONDS, 0))
        connection = SSL.Connection(context, plain)
        connection.set_tlsext_host_name(host.name.encode())
        connection.set_connect_state()
        try:
            connection.do_handshake()
        except SSL.Error as error:
            raise Failed(f"no handshake: {error!r}") from error
        names = tuple(name.der() for name in connection.get_client_ca_list())
        return Hello(
            connection.get_protocol_version_name(), any(b"certificate request" in one for one in states), names
        )
