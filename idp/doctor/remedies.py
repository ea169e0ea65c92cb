"""Which line to change, by check and by what does the TLS."""

from __future__ import annotations

from collections.abc import Mapping

_EXAMPLES = {"rfc9440": "deploy/haproxy/portaria.cfg", "xfcc": "deploy/envoy/portaria.yaml"}

_NGINX: Mapping[str, str] = {
    "tls-versions": "ssl_protocols TLSv1.2 TLSv1.3; in the server (the first of its address decides for all of them)",
    "tls-highest": "ssl_protocols TLSv1.2; in the server (CERTIFICATE_PROTOCOLS), which needs an address of its own",
    "certificate-request": "ssl_verify_client optional_no_ca; in the certificate and mTLS servers, none in the issuer",
    "ca-names": "ssl_client_certificate FILE; with the PEM of the roots alone (CLIENT_CA_NAMES of deploy/nginx/render)",
    "any-visitor": "ssl_verify_client optional_no_ca; and error_page 495 496 = @presented; in the server",
    "resumption": "ssl_session_tickets off; and ssl_session_cache off; in every server of that address",
    "http-1.1": "remove http2 from listen in the server (http2 off; from nginx 1.25 on)",
    "one-request": "keepalive_timeout 0; in the server",
    "hop": 'proxy_set_header X-Portaria-Proxy "…"; (the value in IDP_PROXY_SECRET_FILE) in every location: run '
    "deploy/nginx/render again, include snippets/headers.conf, reload nginx",
    "headers": "no proxy_set_header in a location besides the include of snippets/to-HOST.conf; in it: {lines}",
    "underscores": "underscores_in_headers off; in the server",
    "cross-host": "if ($ssl_server_name != $server_name) {{ return 421; }} and the same with $host, in the server",
    "hsts": "proxy_hide_header only beside an add_header Strict-Transport-Security of your own, with always",
}

_EMBEDDED: Mapping[str, str] = {
    "tls-versions": "IDP_CERTIFICATE_TLS_MAX; then restart idp serve",
    "tls-highest": "restart idp serve",
    "ca-names": "IDP_CERTIFICATE_CA_NAMES, idp trust import; then restart idp serve",
}


def remedy(source: str, matter: str, **values: str) -> str:
    """``source`` is Settings.certificate_source; ``matter`` a key of the tables above."""
    if source == "nginx":
        return _NGINX[matter].format(**values)
    if source in _EXAMPLES:
        return f"compare with {_EXAMPLES[source]}: the lines with '{matter}' after #"
    return _EMBEDDED.get(matter, "is that address the embedded server's? Put nothing between it and the network")
