"""One small world of CAs for the whole session, made by the openssl command."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from idp.certificate.leaf import judge
from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import TrustList, compile_bundle
from idp.domain.certificado import Accepted, Refused, RevocationStatus, Verdict
from tests.certificate.openssl_pki import NOW, Ca, OpensslPki


class AllGood:
    """A revocation index that has never heard of a revocation."""

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        return RevocationStatus("good")


def pins(*roots: Ca) -> dict[str, str]:
    return {hashlib.sha256(root.der).hexdigest(): root.name for root in roots}


@dataclass(frozen=True)
class World:
    pki: OpensslPki
    root: Ca
    ca: Ca
    trust: TrustList
    index: CrlIndex

    def judge(self, der: bytes, at: datetime = NOW) -> Verdict:
        return judge(der, trust=self.trust, revocation=AllGood(), at=at)

    def details(self, der: bytes, at: datetime = NOW) -> list[str]:
        """``CERT-nn token`` of every reason."""
        verdict = self.judge(der, at)
        assert isinstance(verdict, Refused), verdict
        return [f"{reason.code.value} {reason.detail}" for reason in verdict.reasons]

    def accepted(self, der: bytes) -> Accepted:
        verdict = self.judge(der)
        assert isinstance(verdict, Accepted), verdict
        return verdict


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    pki = OpensslPki(tmp_path_factory.mktemp("pki"))
    root = pki.ca("Raiz de Teste", policies=("2.16.76.1.1.0",), kind="rsa:2048")
    ca = pki.ca("AC de Teste", root, kind="rsa:2048")
    trust = compile_bundle([root.der, ca.der], pins=pins(root), realm="sandbox", at=NOW)
    index = CrlIndex(tmp_path_factory.mktemp("crl"), trust)
    return World(pki, root, ca, trust, index)


@pytest.fixture
def make_index(world: World, tmp_path: Path) -> Callable[..., CrlIndex]:
    """A CRL index of one's own over the world's CAs."""

    def make(trust: TrustList = world.trust, **options: object) -> CrlIndex:
        return CrlIndex(tmp_path / "index", trust, **options)  # type: ignore[arg-type]

    return make
