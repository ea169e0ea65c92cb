"""Whether what a client writes in a certificate header reaches the application, and whether the proxy is known to it.

A header's value here can never be a certificate. Where the application reads it, it refuses the request as malformed;
where it does not, because a proxy emptied the header, the request is like one without it. So the two can be told apart
without any request that would sign somebody in, and without the application saying anything that it does not say to
everybody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from itertools import product

from idp.doctor.client import Answer, Failed, ask, context
from idp.doctor.deployment import Deployment, Host
from idp.doctor.findings import Finding
from idp.doctor.remedies import remedy
from idp.doctor.visitors import Visitor, Visitors

OWN_HEADER = {"nginx": "X-SSL-Client-Cert", "rfc9440": "Client-Cert", "xfcc": "X-Forwarded-Client-Cert"}
"""What carries the certificate, by Settings.certificate_source."""
SECRET_HEADER = "X-Portaria-Proxy"
NAMES = (
    "X-SSL-Client-Cert",
    "Client-Cert",
    "Client-Cert-Chain",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "SSL-Client-Cert",
    "SSL-Client-Verify",
    "SSL-Client-Subject-DN",
    "SSL-Client-Issuer-DN",
    "X-SSL-Client-Verify",
    "X-SSL-Client-DN",
    "X-SSL-Client-S-DN",
    "X-SSL-Cert",
    "X-Client-Cert",
    "X-Client-Verify",
    "X-Client-DN",
    "X-ARR-ClientCert",
    "X-Amzn-Mtls-Clientcert",
    "X-Amzn-Mtls-Clientcert-Leaf",
    "X-Amzn-Mtls-Clientcert-Serial-Number",
    "X-Amzn-Mtls-Clientcert-Issuer",
    "X-Amzn-Mtls-Clientcert-Subject",
    "X-Amzn-Mtls-Clientcert-Validity",
)
"""Names under which some proxy sends a client certificate or speaks of it."""
ISSUER_PATHS = (
    "/",
    "/.well-known/openid-configuration",
    "/jwks",
    "/authorize",
    "/login",
    "/login/retorno",
    "/token",
    "/userinfo",
)
_FORGED = "idp-doctor"
"""No certificate in any format."""
_AT_ONCE = 30
"""Names in one request: proxies allow some 100 header lines."""
Form = Sequence[tuple[str, str]]
"""One way of writing one name, as header lines."""


def entrance(host: Host) -> str:
    """The path that says most: on the certificate host the one that reads certificates, with a ticket of nobody's."""
    if not host.gateway:
        return "/"
    return f"/entrar?ticket={secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}"


def arrived(deployment: Deployment, host: Host, answer: Answer) -> bool:
    """Whether it is the application's answer to ``entrance``, with nothing amiss in how it was asked."""
    if not host.gateway:
        document = answer.json()
        return answer.status == 404 and isinstance(document, dict) and document.get("error") == "HTTP-404"
    return answer.status == 303 and answer.headers.get("Location", "").startswith(
        f"{deployment.settings.issuer}/login/retorno?"
    )


def hop(deployment: Deployment, host: Host) -> Finding:
    """That an honest request is answered, which needs the shared secret."""
    answer = ask(host, entrance(host))
    if arrived(deployment, host, answer):
        return Finding("hop", host.origin, True, "the application believes the way its requests come")
    if answer.refused:
        detail = "the application refuses every request: no secret, not its secret, or a header that is none of its own"
    else:
        detail = f"{answer.describe()}: that is not the application meant for this host"
    return Finding("hop", host.origin, False, detail, remedy(deployment.settings.certificate_source, "hop"))


def forged_headers(deployment: Deployment, host: Host, visitors: Visitors) -> Iterator[Finding]:
    """Every name, once, twice and as its underscore twin, on every path and by every kind of visitor."""
    manners = list(zip(*(_forms(name) for name in (*NAMES, SECRET_HEADER)), strict=True))
    reaching: set[str] = set()
    ways: list[str] = []
    comers = (visitors.nobody, visitors.self_signed, visitors.expired) if host.asks else (visitors.nobody,)
    paths = ISSUER_PATHS if host.role == "issuer" else (entrance(host),)
    for visitor, path, forms in product(comers, paths, manners):
        if _which(host, path, visitor, forms, first=True):
            ways.append(f"{path.partition('?')[0]} with {visitor.kind}")
            unknown = [form for form in forms if form[0][0] not in reaching]
            if deployment.proxied:
                reaching |= {form[0][0] for form in _which(host, path, visitor, unknown)}
    if deployment.proxied:
        ways = list(dict.fromkeys(ways))
        everywhere = len(ways) == len(comers) * len(paths)
        yield from _judged(deployment, host, reaching, "always" if everywhere else "; ".join(ways))
    else:  # nothing need stand before the application to empty them, and it reads none: it has the handshake's word
        detail = "the application refuses certificate headers" if ways else "they do not reach the application"
        yield Finding("headers-believed", host.origin, True, detail)


def _judged(deployment: Deployment, host: Host, reaching: set[str], ways: str) -> Iterator[Finding]:
    source = deployment.settings.certificate_source
    own = OWN_HEADER[source]
    believed = {name for name in reaching if host.asks and _same(name, own)}
    for check, found, fine in (
        ("headers-believed", believed, f"a client's {own} does not reach the application"),
        ("headers-passed", reaching - believed, "no other certificate header reaches it either"),
    ):
        if not found:
            yield Finding(check, host.origin, True, fine)
            continue
        detail = f"{', '.join(sorted(found))} of a client's making reach the application ({ways})"
        lines = " ".join(f'proxy_set_header {name} "";' for name in sorted(found) if "_" not in name)
        if host.asks:
            lines = lines.replace(f'{own} ""', f"{own} $ssl_client_escaped_cert")
        matter = "headers" if lines else "underscores"
        yield Finding(check, host.origin, False, detail, remedy(source, matter, lines=lines))


def _which(host: Host, path: str, visitor: Visitor, forms: Sequence[Form], *, first: bool = False) -> list[Form]:
    """Those of ``forms`` that reach the application: halved until one by one, or (``first``) any part of them."""
    if len(forms) > _AT_ONCE or not forms:
        parts = [forms[i : i + _AT_ONCE] for i in range(0, len(forms), _AT_ONCE)]
        return [form for part in parts for form in _which(host, path, visitor, part, first=first)]
    if not _refused(host, path, visitor, [line for form in forms for line in form]):
        return []
    if first or len(forms) == 1:
        return list(forms)
    half = len(forms) // 2
    return [form for part in (forms[:half], forms[half:]) for form in _which(host, path, visitor, part)]


def _forms(name: str) -> tuple[Form, Form, Form]:
    """Once, twice, and its twin. A proxy may refuse a whole request for a double or a twin, so they go apart."""
    line, twin = (name, _FORGED), (name.replace("-", "_"), _FORGED)
    return [line], [line, line], [twin]


def _refused(host: Host, path: str, visitor: Visitor, lines: Form) -> bool:
    try:
        return ask(host, path, lines, tls=context(visitor)).refused
    except Failed:
        return False  # some server did not want to hear it, so it reached nobody


def _same(name: str, other: str) -> bool:
    return name.replace("_", "-").lower() == other.lower()
