"""What a probe found. Every check has one sentence that says why it matters; those of security cite the attack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WHY: Mapping[str, str] = {
    "reachable": "Nothing can be said of a host that does not answer.",
    "server-certificate": "Browsers refuse to go on, and people learn to click warnings away.",
    "tls-versions": "TLS before 1.2 has no safe cipher left; without 1.2, older smart-card middleware cannot sign.",
    "certificate-request": "A host that does not ask sees nobody; one that need not ask scares everybody (ATK-071).",
    "ca-names": "Browsers offer only certificates under the names sent, and some clients fail on long lists (ATK-070).",
    "any-visitor": "Who comes with a bad certificate, or none, must read a page that helps, not a browser's error.",
    "resumption": "A resumed session answers with the certificate of an earlier handshake, or skips asking (ATK-066).",
    "http-1.1": "Browsers share HTTP/2 connections between names, also with one that did not ask (ATK-071).",
    "one-request": "Each request must prove the key anew; and a kept connection keeps the choice of certificate.",
    "hop": "Without the shared secret the application believes no certificate, so nobody can log in (ATK-060).",
    "headers-believed": "Whoever writes that header is whomever he likes (ATK-060, ATK-061, ATK-062).",
    "headers-passed": "The application refuses them, and is then the only defence left (ATK-061, ATK-062, ATK-065).",
    "backend": "Whoever reaches the application around the proxy writes the proxy's headers himself (ATK-060).",
    "cross-host": "A connection made for one host, asked for a certificate or not, would serve another (ATK-071).",
    "hsts": "Without it, the first request of each visit can be made in clear, and redirected (RFC 6797).",
    "discovery": "Relying parties refuse tokens of an issuer that calls itself by another name (ATK-069).",
    "jwks": "Relying parties verify with these keys what this installation signs.",
    "clock": "Codes, assertions and certificates are judged by the clock: seconds apart refuse, minutes apart accept.",
    "trust-age": "The authority's list changes about monthly; certificates of new CAs end in CERT-05.",
    "crl": "Without a fresh list nobody of that CA can log in (CERT-06); a date in the future is a wrong clock.",
    "database": "Nothing works without it.",
    "ephemeral": "Logins in progress live there.",
    "cadastro": "Without its answers nobody may act for anybody once what is known has grown too old (SIS-01).",
    "keys": "Nothing can be signed without them.",
    "trust": "Nobody can log in without it.",
    "tls": "The embedded server's own certificate.",
    "policy": "Nobody can give power by a policy that cannot be read; the server does not start.",
    "sealing": "Without the worker audit rows could be removed unseen, and revocation lists run out (CERT-06).",
    "checkpoints": "The audit's chain could be cut off unnoticed.",
    "permissions": "Whoever reads a signing key is the issuer.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` is a key of WHY; ``where`` the origin, file or store it is about; ``remedy`` is empty when ``ok``."""

    check: str
    where: str
    ok: bool
    detail: str
    remedy: str = ""

    @property
    def why(self) -> str:
        return WHY[self.check]
