"""Certificates and CRLs made with the ``openssl`` command: fixtures that share no code with what they test."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ARC = "2.16.76.1.3."
CPF = "52998224725"
CPF_OTHER = "11144477735"
CNPJ = "11222333000181"
CNPJ_ALPHA = "12ABC34501DE35"
A1, A3, SE_S, AE_S = "2.16.76.1.2.1.77", "2.16.76.1.2.3.77", "2.16.76.1.2.201.77", "2.16.76.1.2.401.77"
PF_KU, CA_KU = "critical,digitalSignature,nonRepudiation,keyEncipherment", "critical,keyCertSign,cRLSign"
CLIENT = "clientAuth,emailProtection"


@dataclass(frozen=True)
class Ca:
    name: str
    certificate: Path
    key: Path

    @property
    def der(self) -> bytes:
        return openssl("x509", "-in", self.certificate, "-outform", "DER")


def openssl(*arguments: str | Path, data: bytes | None = None) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr.decode()}"
    return done.stdout


def octets(number: int, text: str, kind: str = "OCTETSTRING") -> str:
    """An otherName of the ICP-Brasil arc, as the openssl configuration writes it."""
    encoding = "ASCII" if kind == "OCTETSTRING" else "UTF8"
    return f"otherName:{ARC}{number};FORMAT:{encoding},{kind}:{text}"


def hexed(number: int, content: bytes) -> str:
    """The same with arbitrary octets."""
    return f"otherName:{ARC}{number};FORMAT:HEX,OCTETSTRING:{content.hex()}"


def dados(cpf: str = CPF, birth: str = "01011980", rest: str = "0" * 26) -> str:
    return f"{birth}{cpf}{rest}"


E_CPF = (octets(1, dados()), octets(5, "0" * 19), octets(6, "0" * 12), "email:maria@example.com")
E_CNPJ = (octets(4, dados()), octets(2, "JOAO DA SILVA"), octets(3, CNPJ), octets(7, "0" * 12))


class OpensslPki:
    """A directory of keys and certificates. Every file has a number, so that nothing is overwritten."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._numbers = itertools.count(1)
        self._keys: dict[str, Path] = {}

    def key(self, kind: str = "rsa:2048", owner: str = "leaf") -> Path:
        """A private key, made once for each kind and owner."""
        name = f"{owner}-{kind}"
        if name not in self._keys:
            path = self.directory / f"{name.replace(':', '-')}.key"
            algorithm, _, detail = kind.partition(":")
            options = {
                "rsa": ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{detail}"],
                "rsa-e3": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
                "ec": ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{detail}"],
                "ed25519": ["-algorithm", "ED25519"],
            }[algorithm]
            openssl("genpkey", *options, "-out", path)
            self._keys[name] = path
        return self._keys[name]

    def ca(
        self,
        name: str,
        issuer: Ca | None = None,
        *,
        policies: Sequence[str] = (A1, A3, SE_S, AE_S),
        basic: str = "critical,CA:TRUE",
        usage: str = CA_KU,
        extra: Sequence[str] = (),
        mask: str = "utf8only",
        key: Path | None = None,
        start: str = "20200101000000Z",
        end: str = "20350101000000Z",
        serial: int | None = None,
        digest: str = "sha256",
        organization: str = "ICP-Brasil",
        kind: str = "ec:P-256",
    ) -> Ca:
        key = key or self.key(kind, owner=f"ca{next(self._numbers)}")
        extensions = [f"basicConstraints={basic}", f"keyUsage={usage}", "subjectKeyIdentifier=hash"]
        extensions += ["authorityKeyIdentifier=keyid"] if issuer else []
        extensions += [f"certificatePolicies={','.join(policies)}"] if policies else []
        subject = [("C", "BR"), ("O", organization), ("CN", name)]
        path = self._issue(issuer, key, subject, [*extensions, *extra], (), start, end, serial, digest, mask)
        return Ca(name, path, key)

    def leaf(
        self,
        ca: Ca,
        *,
        cn: str | Sequence[str] = f"MARIA DA SILVA:{CPF}",
        serial_number: Sequence[str] = (),
        san: Sequence[str] = E_CPF,
        policies: Sequence[str] = (A3,),
        basic: str = "critical,CA:FALSE",
        usage: str | None = PF_KU,
        extended: str | None = CLIENT,
        extra: Sequence[str] = (),
        start: str = "20260101000000Z",
        end: str = "20271231235959Z",
        serial: int | None = None,
        kind: str = "rsa:2048",
        digest: str = "sha256",
        padding: str | None = None,
    ) -> bytes:
        extensions = [f"basicConstraints={basic}", "authorityKeyIdentifier=keyid"]
        extensions += [f"keyUsage={usage}"] if usage else []
        extensions += [f"extendedKeyUsage={extended}"] if extended else []
        extensions += [f"certificatePolicies={','.join(policies)}"] if policies else []
        names = [cn] if isinstance(cn, str) else cn
        subject = [("C", "BR"), ("O", "ICP-Brasil"), *(("serialNumber", s) for s in serial_number)]
        subject += [("CN", name) for name in names]
        path = self._issue(
            ca, self.key(kind), subject, [*extensions, *extra], san, start, end, serial, digest, "utf8only", padding
        )
        return openssl("x509", "-in", path, "-outform", "DER")

    def crl(
        self,
        ca: Ca,
        revoked: Iterable[tuple[str, str]] = (),
        *,
        number: int | None = 1,
        last: str = "20261122000000Z",
        until: str = "20261123000000Z",
        extra: Sequence[str] = (),
        key_identifier: bool = True,
        digest: str = "sha256",
    ) -> bytes:
        """``revoked``: (serial in hex, reason as openssl spells it)."""
        work = self._work()
        lines = [
            f"R\t350101000000Z\t261101000000Z,{reason}\t{'0' * (len(serial) % 2)}{serial.upper()}\tunknown\t/CN=x\n"
            for serial, reason in revoked
        ]
        (work / "index.txt").write_text("".join(lines))
        if number is not None:
            (work / "crlnumber").write_text(f"{number:04X}\n")
        extensions = (["authorityKeyIdentifier=keyid"] if key_identifier else []) + list(extra)
        config = self._config(work, extensions, crl_number=number is not None)
        arguments = ["ca", "-config", config, "-gencrl", "-cert", ca.certificate, "-keyfile", ca.key, "-md", digest]
        arguments += ["-crl_lastupdate", last, "-crl_nextupdate", until]
        arguments += ["-crlexts", "extensions"] if extensions else []
        return openssl("crl", "-outform", "DER", data=openssl(*arguments))

    def resigned(self, der: bytes, old: bytes, new: bytes, key: Path) -> bytes:
        """``der`` with ``old`` replaced by ``new`` of equal length, signed again by an RSA key with SHA-256: what
        openssl would not write."""
        assert len(old) == len(new)
        assert der.count(old) == 1
        assert der[:2] == b"\x30\x82"  # an outer header of four bytes, as anything of 256 to 65,535 bytes has
        changed = der.replace(old, new)
        end = changed.index(bytes.fromhex("300d06092a864886f70d01010b0500"), len(changed) - 300)
        signature = openssl("dgst", "-sha256", "-sign", key, data=changed[4:end])
        return changed[: -len(signature)] + signature

    def _issue(
        self,
        issuer: Ca | None,
        key: Path,
        subject: Sequence[tuple[str, str]],
        extensions: Sequence[str],
        san: Sequence[str],
        start: str,
        end: str,
        serial: int | None,
        digest: str,
        mask: str,
        padding: str | None = None,
    ) -> Path:
        work = self._work()
        (work / "serial").write_text(f"{serial or 0x1000 + next(self._numbers):032X}\n")
        (work / "index.txt").write_text("")
        config = self._config(work, extensions, subject=subject, san=san, mask=mask)
        request, certificate = work / "request.pem", work / "certificate.pem"
        openssl("req", "-new", "-utf8", "-config", config, "-key", key, "-out", request)
        signer = ["-cert", issuer.certificate, "-keyfile", issuer.key] if issuer else ["-selfsign", "-keyfile", key]
        openssl(
            "ca", "-batch", "-utf8", "-notext", "-config", config, "-in", request, "-out", certificate, *signer,
            *(["-sigopt", f"rsa_padding_mode:{padding}"] if padding else []),
            "-extensions", "extensions", "-startdate", start, "-enddate", end, "-md", digest,
        )  # fmt: skip
        return certificate

    def _work(self) -> Path:
        work = self.directory / f"{next(self._numbers):05}"
        work.mkdir()
        return work

    def _config(
        self,
        work: Path,
        extensions: Sequence[str],
        *,
        subject: Sequence[tuple[str, str]] = (),
        san: Sequence[str] = (),
        mask: str = "utf8only",
        crl_number: bool = False,
    ) -> Path:
        kinds = [name.split(":", 1) for name in san]
        lines = [
            "[req]", "prompt=no", "distinguished_name=dn", f"string_mask={mask}", "utf8=yes",
            "[dn]", *(f"{i}.{key}={value}" for i, (key, value) in enumerate(subject)),
            "[ca]", "default_ca=authority",
            "[authority]", f"database={work}/index.txt", f"serial={work}/serial", f"new_certs_dir={work}",
            "policy=anything", "preserve=yes", "unique_subject=no", "default_days=1", "default_md=sha256",
            "email_in_dn=no", "default_crl_days=1", *([f"crlnumber={work}/crlnumber"] if crl_number else []),
            "[anything]", "C=optional", "O=optional", "OU=optional", "serialNumber=optional", "CN=optional",
            "[extensions]", *extensions, *(["subjectAltName=@names"] if san else []),
            "[names]", *(f"{kind}.{i}={value}" for i, (kind, value) in enumerate(kinds)),
        ]  # fmt: skip
        path = work / "openssl.cnf"
        path.write_text("\n".join(lines) + "\n")
        return path
