"""Certificates for TLS tests, all made by the openssl command."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("localhost", "id.portaria.test", "certificado.portaria.test", "mtls.portaria.test")


@dataclass(frozen=True)
class Pair:
    """PEM files of a certificate and its private key."""

    certificate: Path
    key: Path

    @property
    def der(self) -> bytes:
        """The certificate's bytes, as openssl writes them."""
        return openssl("x509", "-in", self.certificate, "-outform", "DER")


def openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    """Standard output of openssl. Raises CalledProcessError."""
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, check=True, capture_output=True).stdout


class Pki:
    """A CA and the certificates issued under it, in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca = self.self_signed("ca", "/C=BR/O=Teste/CN=AC de Teste")
        (directory / "index.txt").touch()
        (directory / "serial").write_text("01\n")
        (directory / "ca.cnf").write_text(
            "[ca]\ndefault_ca=x\n[x]\n"
            f"database={directory}/index.txt\nserial={directory}/serial\nnew_certs_dir={directory}\n"
            "default_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncountryName=optional\ncommonName=supplied\n"
        )
        self.valid = self.issued("valid", "20260101000000Z", "20491231235959Z")
        self.expired = self.issued("expired", "20200101000000Z", "20210101000000Z")
        self.stranger = self.self_signed("stranger", "/CN=Autoassinado")
        self.server = self.self_signed(
            "server", "/CN=localhost", "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in NAMES)
        )

    def self_signed(self, name: str, subject: str, *options: str) -> Pair:
        """A self-signed P-256 certificate, valid now."""
        pair = self._pair(name)
        openssl("req", "-x509", *self._new_key(pair), "-subj", subject, "-days", "3650", *options, "-out",
                pair.certificate)  # fmt: skip
        return pair

    def issued(self, name: str, start: str, end: str) -> Pair:
        """A certificate under the CA, valid from ``start`` to ``end`` (YYYYMMDDHHMMSSZ)."""
        pair, request = self._pair(name), self.directory / f"{name}.csr"
        openssl("req", *self._new_key(pair), "-subj", f"/C=BR/CN={name}", "-out", request)
        openssl("ca", "-batch", "-notext", "-config", self.directory / "ca.cnf", "-cert", self.ca.certificate,
                "-keyfile", self.ca.key, "-startdate", start, "-enddate", end, "-in", request, "-out",
                pair.certificate)  # fmt: skip
        return pair

    def _pair(self, name: str) -> Pair:
        return Pair(self.directory / f"{name}.pem", self.directory / f"{name}.key")

    @staticmethod
    def _new_key(pair: Pair) -> tuple[str | Path, ...]:
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.key)
