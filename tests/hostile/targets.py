"""What hostile bytes reach first, each as a function of bytes that may end in one clean error and nothing else.

The fuzzer (``python -m tests.hostile.fuzz``) and the tests call the same functions. Each says by its own assertion what
must hold of an answer; whatever else it raises is a finding.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from idp.certificate import crl_entries, crl_file, san
from idp.certificate.handshake import SpoofedHeader, UntrustedHop, presented_certificate
from idp.certificate.leaf import judge
from idp.certificate.revocation import CrlIndex
from idp.certificate.tokens import CRL, VERDICT
from idp.certificate.trust import TrustList, compile_bundle, read_bundle
from idp.domain.certificado import Accepted, Refused
from idp.errors import TrustError

SECRET = "0123456789abcdef0123456789abcdef"
HEADERS = {
    "nginx": "HTTP_X_SSL_CLIENT_CERT",
    "rfc9440": "HTTP_CLIENT_CERT",
    "xfcc": "HTTP_X_FORWARDED_CLIENT_CERT",
}


class Targets:
    """``directory`` is a folder to write in, made here; ``genuine`` are the certificates that the CA did issue, so that
    any other accepted one is a forgery."""

    def __init__(
        self, directory: Path, trust: TrustList, pins: dict[str, str], genuine: set[bytes], at: datetime
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.trust, self.pins, self.genuine, self.at = directory, trust, pins, genuine, at
        self.index = CrlIndex(directory / "index", trust)
        self._file = directory / "file"

    def by_name(self) -> dict[str, Callable[[bytes], None]]:
        return {
            "san": self.san,
            "leaf": self.leaf,
            **{source: self._header(source) for source in HEADERS},
            "crl": self.crl,
            "bundle": self.bundle,
            "list": self.trust_list,
            "index": self.index_file,
        }

    def san(self, data: bytes) -> None:
        """An otherName's value."""
        for reading in (san.text, san.dados_pessoais, san.cnpj_field, san.free_text):
            with suppress(san.IdentityError):
                reading(data)

    def leaf(self, data: bytes) -> None:
        """A certificate, whole: every ground of refusal is computed whether or not the CA signed it."""
        verdict = judge(data, trust=self.trust, revocation=self.index, at=self.at)
        if isinstance(verdict, Accepted):
            assert data in self.genuine, "accepted, and nobody issued it"
        else:
            assert isinstance(verdict, Refused)
            assert verdict.reasons
            assert {reason.detail for reason in verdict.reasons} <= VERDICT.keys()

    def _header(self, source: str) -> Callable[[bytes], None]:
        def header(data: bytes) -> None:
            environ = {"HTTP_X_PORTARIA_PROXY": SECRET, HEADERS[source]: data.decode("latin-1")}
            with suppress(UntrustedHop, SpoofedHeader):
                der = presented_certificate(environ, source, SECRET)
                assert der is None or isinstance(der, bytes)

        return header

    def crl(self, data: bytes) -> None:
        """A CRL as it is imported, and its entries as if it had been signed."""
        shutil.rmtree(self.index.directory, ignore_errors=True)
        for outcome in self.index.import_crls([data], self.at).outcomes:
            assert outcome.outcome == "imported" or outcome.detail in CRL
        with suppress(crl_entries.CrlRefused):
            for entry in crl_entries.read(data):
                assert 0 < entry.serial < 1 << 160

    def bundle(self, data: bytes) -> None:
        """A bundle of CA certificates: zip, PEM or DER."""
        self._file.write_bytes(data)
        with suppress(TrustError):
            trust = compile_bundle(read_bundle(self._file), pins=self.pins, realm="sandbox", at=self.at)
            assert all(root.sha256 in self.pins for root in trust.anchors)

    def trust_list(self, data: bytes) -> None:
        """A compiled list as it is loaded."""
        self._file.write_bytes(data)
        with suppress(TrustError):
            TrustList.load(self._file, "sandbox")

    def index_file(self, data: bytes) -> None:
        """A compiled CRL as it is mapped."""
        self._file.write_bytes(data)
        with suppress(crl_file.Damaged):
            crl_file.CompiledCrl(self._file).find("1f00")
