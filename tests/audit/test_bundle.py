"""A case as a file: everything that belongs to it, shown by the file alone; whatever is changed in it is found."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from idp.audit import merkle, seal
from idp.audit.bundle import NotABundle, NotSealed, check_bundle, proofs, write
from idp.keyring import KeyRing
from idp.storage.sql import SqlStore, open_store
from idp.storage.sql.cases import case, case_rows
from tests.audit.world import NOON, story
from tests.contracts.conftest import prepare


@dataclass
class Export:
    """One installation with the story of ``world``, sealed in two parts, and the file of its case."""

    store: SqlStore
    ring: KeyRing
    checkpoints: Path
    content: bytes = b""

    def make(self, id: str = "prc_mae") -> bytes:
        found = case(self.store.reader, id)
        rows = case_rows(self.store.trail(), found)
        entries, used = proofs(self.store.audit_log(), rows, self.ring.check_checkpoint, self.checkpoints)
        document = {
            "type": "portaria-case",
            "issuer": "https://id.example",
            "made_at": "2026-12-01T12:00:00+00:00",
            "procuracao": {"id": id},
            "acts": [{"id": act["id"], "texto": act["texto"]} for act in found.acts],
            "rows": entries,
            "checkpoints": [one.document() for one in used],
            "checkpoint_key": self.ring.checkpoint_jwk,
            "keys": self.keys,
        }
        return write(document, self.ring.sign_jwt)

    @property
    def keys(self) -> list[dict[str, str]]:
        keys: list[dict[str, str]] = json.loads(self.ring.jwks()[0])["keys"]
        return keys


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Export]:
    directory = tmp_path_factory.mktemp("case")
    url = f"sqlite:///{directory / 'db.sqlite'}"
    prepare(url)
    store = open_store(url)
    ring = KeyRing.create(directory / "keys", "sandbox", NOON)
    made = Export(store, ring, directory / "checkpoints")
    story(store)
    log = store.audit_log()
    seal(log, ring.sign_checkpoint, NOON, made.checkpoints)
    log.index()
    made.content = made.make()
    yield made
    store.close()


def failing(content: bytes, keys: Any = None) -> list[str]:
    return [finding.what for finding in check_bundle(content, keys).findings if not finding.holds]


def test_everything_of_the_case_and_nothing_of_others(export: Export) -> None:
    rows = json.loads(export.content)["case"]["rows"]
    assert [(row["sequence"], row["kind"]) for row in rows] == [
        (1, "procuracao.outorgar"),
        (2, "procuracao.aceitar"),
        (3, "procuracao.substabelecer"),
        (5, "code.issued"),
        (6, "token.issued"),
        (7, "code.issued"),
        (8, "token.issued"),
        (15, "procuracao.revogar"),
    ]
    below = json.loads(export.make("prc_filha"))["case"]["rows"]
    # What befell the procuração above is part of it; how Ada used that herself is not.
    assert [row["sequence"] for row in below] == [1, 2, 3, 7, 8, 15]


def test_it_holds_by_itself_and_by_the_keys_given(export: Export) -> None:
    alone = check_bundle(export.content)
    assert alone.holds
    assert not alone.vouched
    given = check_bundle(export.content, export.keys)
    assert given.holds
    assert given.vouched


def test_another_library_accepts_the_signature(export: Export) -> None:
    """RFC 7515 appendix F: with the detached payload put back it is an ordinary JWS."""
    document = json.loads(export.content)
    payload = orjson.dumps(document["case"])
    key = next(k for k in export.keys if k["kid"] == check_bundle(export.content).kid)
    middle = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    compact = f"{document['signature']['protected']}.{middle}.{document['signature']['signature']}"
    assert jws.deserialize_compact(compact, ECKey.import_key(key)).payload == payload


@pytest.mark.attack("ATK-145")
@given(at=st.integers(min_value=0), change=st.integers(1, 255))
def test_no_byte_can_change(export: Export, at: int, change: int) -> None:
    tampered = bytearray(export.content)
    tampered[at % len(tampered)] ^= change
    with contextlib.suppress(NotABundle):
        assert not check_bundle(bytes(tampered)).holds


@pytest.mark.attack("ATK-145")
@given(at=st.integers(min_value=0), size=st.integers(1, 40), insert=st.binary(max_size=20))
def test_nothing_can_be_cut_out_or_put_in(export: Export, at: int, size: int, insert: bytes) -> None:
    at %= len(export.content)
    tampered = export.content[:at] + insert + export.content[at + size :]
    if tampered == export.content:
        return
    with contextlib.suppress(NotABundle):
        assert not check_bundle(tampered).holds


def forged(export: Export, change: Callable[[dict[str, Any]], object]) -> bytes:
    """By somebody who has the authority's signing key, but neither its audit key nor its chain."""
    document = json.loads(export.content)["case"]
    change(document)
    return write(document, export.ring.sign_jwt)


@pytest.mark.attack("ATK-145")
@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["rows"][3]["payload"].update(titular="52998224725"),
        lambda c: c["rows"][3].update(salt="00" * 16),
        lambda c: c["rows"][3].update(at="2026-11-25T12:00:01.000000+00:00"),
        lambda c: c["rows"][3].update(kind="code.refused"),
        lambda c: c["rows"][3].update(sequence=4),
        lambda c: c["rows"][3].update(before="00" * 32),
        lambda c: c["rows"][3].update(commitment="00" * 32),
        lambda c: c["rows"][3]["path"].pop(),
        lambda c: c["rows"][3]["path"].append("00" * 32),
        lambda c: c["rows"][3]["path"].reverse(),
        lambda c: c["rows"][3].update(checkpoint=1),
        lambda c: c["rows"][3].pop("salt"),
        lambda c: c["rows"].append(c["rows"][0]),
        lambda c: c["rows"].reverse(),
        lambda c: c["checkpoints"][0].update(root="00" * 32),
        lambda c: c["checkpoints"][0].update(sequence=14),
        lambda c: c["checkpoints"][0].pop("root"),
        lambda c: c.update(checkpoint_key={}),
        lambda c: c["acts"][0].update(texto="Outorgo todos os poderes."),
        lambda c: c["acts"][0].update(id="another"),
    ],
)
def test_who_signs_cannot_make_a_row_that_the_chain_has_not(
    export: Export, change: Callable[[dict[str, Any]], object]
) -> None:
    assert failing(forged(export, change), export.keys)


def test_an_own_key_is_seen_by_who_has_the_authoritys(export: Export, tmp_path: Path) -> None:
    stranger = KeyRing.create(tmp_path / "keys", "sandbox", NOON)
    document = json.loads(export.content)["case"]
    document["keys"] = json.loads(stranger.jwks()[0])["keys"]
    forgery = write(document, stranger.sign_jwt)
    assert check_bundle(forgery).holds  # by the copy it brought itself, and it says so
    assert not check_bundle(forgery).vouched
    assert failing(forgery, export.keys)
    assert failing(forgery, [])


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'{"case": {}, "signature": 1}', b"\xff" * 9])
def test_other_files_are_none(content: bytes) -> None:
    with pytest.raises(NotABundle):
        check_bundle(content)


def test_rows_under_no_root_are_not_exported(export: Export, tmp_path: Path) -> None:
    rows = list(case_rows(export.store.trail(), case(export.store.reader, "prc_mae")))
    with pytest.raises(NotSealed):
        proofs(export.store.audit_log(), rows, export.ring.check_checkpoint, tmp_path / "none")
    with pytest.raises(NotSealed):
        proofs(export.store.audit_log(), rows, lambda signature, signed: False, export.checkpoints)


def test_every_leaf_of_every_tree_up_to_70() -> None:
    """And the roots of RFC 6962's own test vectors (certificate-transparency-go, merkle tree of 8 inputs)."""
    inputs = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    inputs.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
    assert [merkle.root(inputs[:size]).hex() for size in (1, 2, 3, 8)] == [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    for size in range(1, 71):
        leaves = [bytes([number]) * 32 for number in range(size)]
        root = merkle.root(leaves)
        for index, path in enumerate(merkle.paths(leaves, range(size))):
            assert merkle.included(leaves[index], index, size, path, root)
            assert not merkle.included(leaves[index], (index + 1) % size, size, path, root) or size == 1
            assert not merkle.included(b"x" * 32, index, size, path, root)
            assert not path or not merkle.included(leaves[index], index, size, path[:-1], root)
            assert not merkle.included(leaves[index], index, size, [*path, root], root)
