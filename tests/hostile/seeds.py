"""A small world made by the openssl command, and from it one folder of seeds for each target. Nothing is committed."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from urllib.parse import quote

from idp.certificate.crl import verify
from idp.certificate.crl_file import encode
from idp.certificate.trust import TrustList, compile_bundle
from tests.certificate.conftest import pins
from tests.certificate.openssl_pki import CNPJ, CPF, E_CNPJ, NOW, SE_S, OpensslPki, dados, hexed, octets
from tests.hostile.targets import Targets


class World:
    """One root, one CA, what it issued, and the seeds."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.pki = OpensslPki(directory)
        self.root = self.pki.ca("Raiz de Teste", policies=("2.16.76.1.1.0",), kind="rsa:2048")
        self.ca = self.pki.ca("AC de Teste", self.root, kind="rsa:2048")
        self.pins = pins(self.root)
        self.trust: TrustList = compile_bundle([self.root.der, self.ca.der], pins=self.pins, realm="sandbox", at=NOW)
        leaf, mail = self.pki.leaf, "email:a@example.com"
        self.leaves = {
            "e-cpf": leaf(self.ca),
            "e-cpf-new": leaf(self.ca, serial_number=[CPF], san=(octets(1, dados()), mail)),
            "e-cnpj": leaf(self.ca, cn=f"EMPRESA SA:{CNPJ}", san=E_CNPJ, kind="ec:P-256"),
            "selo": leaf(self.ca, cn="EMPRESA SA", serial_number=[CNPJ], san=(mail,), policies=(SE_S,)),
            "bmp": leaf(self.ca, san=(octets(1, dados(), "BMP"), mail), kind="ed25519"),
            "site": leaf(self.ca, san=("DNS:example.com", hexed(8, b"X")), basic="critical,CA:TRUE"),
        }
        self.crls = [self.pki.crl(self.ca, [("1F00", "keyCompromise"), ("02", "superseded")]), self.pki.crl(self.root)]

    def targets(self, directory: Path) -> Targets:
        return Targets(directory, self.trust, self.pins, set(self.leaves.values()), NOW)

    def seeds(self) -> dict[str, list[bytes]]:
        """Target → inputs that it accepts, or nearly."""
        text = dados().encode()
        values = [bytes([tag, len(text)]) + text for tag in (0x04, 0x0C, 0x13, 0x14, 0x16)]
        encoded = [base64.b64encode(leaf).decode() for leaf in self.leaves.values()]
        pems = [f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n" for body in encoded]
        authorities = [self.root.der, self.ca.der]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
            for number, der in enumerate(authorities):
                bundle.writestr(f"{number}.crt", der)
        saved = self.directory / "trust.json"
        self.trust.save(saved)
        joined = "".join(_pem(der) for der in authorities)
        compiled = [encode(verify(crl, self.trust.authorities(), NOW)) for crl in self.crls]
        return {
            "san": [*values, b"\x1e" + bytes([2 * len(text)]) + text.decode().encode("utf-16-be")],
            "leaf": list(self.leaves.values()),
            "nginx": [quote(pem, safe="").encode() for pem in pems],
            "rfc9440": [f":{body}:".encode() for body in encoded],
            "xfcc": [f'By=spiffe://a;Hash={"0" * 64};Cert="{quote(pem, safe="")}"'.encode() for pem in pems],
            "crl": self.crls,
            "bundle": [archive.getvalue(), joined.encode(), self.ca.der],
            "list": [saved.read_bytes()],
            "index": compiled,
        }


def _pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"
