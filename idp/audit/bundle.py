"""One case as a file that proves itself: a procuração with every act of its life and every use, signed by the
authority, each row shown to stand in the audit chain. Checked with the file alone: no database, no network.

``case`` is what is signed: a JWS (RFC 7515) with the payload detached, its appendix F, over the object's bytes without
spaces. For every act the file holds the row with its salt, the hash before it, and an audit path to the Merkle root of
a signed checkpoint. The file has exactly one way to be written, so that no byte of it can change unseen.

It cannot show that nothing was left out: only the whole chain shows that.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from idp.audit import merkle
from idp.audit.chain import GENESIS, Log, Row, commitment, link, moment
from idp.audit.checkpoints import Check, Checkpoint, read
from idp.errors import IdpError
from idp.keyring.verifier import decode, verifies

TYPE = "portaria-case"
_ALG = "ES256"

SignJws = Callable[[Mapping[str, Any], str, str], str]
"""A compact JWS over a document by the active key of an algorithm; the third is its header's ``typ``."""


class NotSealed(IdpError):
    """A row that no signed checkpoint covers."""


class NotABundle(IdpError, ValueError):
    """A file that is none of ours."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked, in plain words."""

    holds: bool
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bundle shows. ``case`` is its content, to be believed only as far as ``findings`` hold; ``kid`` names the
    key that signed, ``vouched`` says that it is among the keys given and not merely the file's own copy."""

    case: Mapping[str, Any]
    kid: str
    vouched: bool
    findings: Sequence[Finding]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)


def proofs(log: Log, rows: Iterable[Row], check: Check, file: Path) -> tuple[list[dict[str, Any]], list[Checkpoint]]:
    """The rows with what shows each of them in the chain, and the checkpoints that this rests on. Raises NotSealed."""
    rooted = sorted((c for c in read(file, _unchecked, []) if c.root is not None), key=lambda c: c.sequence)
    ends = [checkpoint.sequence for checkpoint in rooted]
    entries: list[dict[str, Any]] = []
    used: list[Checkpoint] = []
    by_checkpoint: dict[int, list[Row]] = {}
    for row in rows:
        by_checkpoint.setdefault(_covering(rooted, ends, row, check), []).append(row)
    for number, covered in sorted(by_checkpoint.items()):
        checkpoint = rooted[number]
        assert checkpoint.first is not None
        links = [bytes.fromhex(one) for one in log.links(checkpoint.first, checkpoint.sequence)]
        before = [*(bytes.fromhex(one) for one in log.links(checkpoint.first - 1, checkpoint.first - 1)), *links]
        offset = len(before) - len(links)
        indexes = [(row.sequence or 0) - checkpoint.first for row in covered]
        for row, index, path in zip(covered, indexes, merkle.paths(links, indexes), strict=True):
            at = index + offset - 1
            entries.append(_entry(row, before[at].hex() if at >= 0 else GENESIS, len(used), path))
        used.append(checkpoint)
    return entries, used


def write(case: Mapping[str, Any], sign: SignJws) -> bytes:
    """The file: ``case`` with the authority's signature."""
    header, _, signature = sign(case, _ALG, TYPE).split(".")
    return _text({"case": case, "signature": {"protected": header, "signature": signature}})


def check_bundle(content: bytes, keys: Collection[Mapping[str, Any]] | None = None) -> Verdict:
    """Everything the file's bytes show. ``keys``: the authority's signing keys from elsewhere, as JWKs; where none are
    given the file's own copy is used. Raises NotABundle where it is no bundle at all."""
    try:
        document = orjson.loads(content)
        case, protected = document["case"], document["signature"]["protected"]
        header = orjson.loads(decode(protected))
        signature = decode(document["signature"]["signature"])
        kid = header["kid"]
        if case["type"] != TYPE or header["alg"] != _ALG or header["typ"] != TYPE or not isinstance(kid, str):
            raise ValueError("another kind of document")
        candidates = [key for key in (case["keys"] if keys is None else keys) if key["kid"] == kid]
        signed = f"{protected}.".encode() + urlsafe_b64encode(orjson.dumps(case)).rstrip(b"=")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotABundle(f"not a case exported by idp audit export: {error}") from error
    findings = [
        Finding(_text(document) == content, "the file is written the way it was exported, to the byte"),
        Finding(
            any(verifies(key, signature, signed) for key in candidates),
            f"the case was signed by the key {kid}" if candidates else f"the key {kid} is among those given",
        ),
    ]
    try:
        findings += _rows(case)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        findings.append(Finding(False, f"every row has what shows it in the chain ({type(error).__name__})"))
    return Verdict(case, kid, keys is not None, findings)


def _rows(case: Mapping[str, Any]) -> list[Finding]:
    checkpoints = [Checkpoint.of(one) for one in case["checkpoints"]]
    ours = [verifies(case["checkpoint_key"], one.signature, one.signed) for one in checkpoints]
    findings = [Finding(all(ours), f"{len(ours)} checkpoints of the chain were signed by the authority's audit key")]
    sequences = [entry["sequence"] for entry in case["rows"]]
    findings.append(Finding(sequences == sorted(set(sequences)), "the rows are in the chain's order, each once"))
    for entry in case["rows"]:
        at, salt = datetime.fromisoformat(entry["at"]), bytes.fromhex(entry["salt"])
        payload = orjson.dumps(entry["payload"], option=orjson.OPT_SORT_KEYS).decode()
        if commitment(salt, entry["kind"], at, payload) != entry["commitment"]:
            findings.append(Finding(False, f"row {entry['sequence']} says what was committed to when it was written"))
        checkpoint = checkpoints[entry["checkpoint"]]
        first, root = checkpoint.first, checkpoint.root
        linked = link(entry["before"], entry["sequence"], entry["kind"], at, entry["commitment"])
        if (
            first is None
            or root is None
            or not merkle.included(
                bytes.fromhex(linked),
                entry["sequence"] - first,
                checkpoint.sequence - first + 1,
                [bytes.fromhex(one) for one in entry["path"]],
                bytes.fromhex(root),
            )
        ):
            findings.append(Finding(False, f"row {entry['sequence']} stands in the chain where it says"))
    findings += _texts(case["acts"], case["rows"])
    if all(finding.holds for finding in findings):
        findings.append(Finding(True, f"{len(sequences)} rows are what was written at the time, each in its place"))
    return findings


def _texts(acts: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """The texts people were shown: of each, whether its digest is what the audit wrote down with the act."""
    written = {(row["payload"].get("ato"), row["payload"].get("texto_sha256")) for row in rows}
    shown = [act for act in acts if act["texto"] is not None]
    wrong = [
        act["id"] for act in shown if (act["id"], hashlib.sha256(act["texto"].encode()).hexdigest()) not in written
    ]
    if wrong:
        return [Finding(False, f"the text of the act {id} is the one that was shown") for id in wrong]
    return [Finding(True, f"{len(shown)} texts are those that were shown")] if shown else []


def _covering(rooted: Sequence[Checkpoint], ends: Sequence[int], row: Row, check: Check) -> int:
    """The first checkpoint of ours whose root has the row among its leaves. ``ends``: their last rows."""
    for number in range(bisect_left(ends, row.sequence or 0), len(rooted)):
        checkpoint = rooted[number]
        if row.sequence is None or checkpoint.first is None:
            break
        if checkpoint.first <= row.sequence and check(checkpoint.signature, checkpoint.signed):
            return number
    raise NotSealed(f"row {row.id} is under no checkpoint with a root: idp audit seal")


def _unchecked(signature: bytes, signed: bytes) -> bool:
    """Only the few checkpoints that are used have their signatures checked."""
    return True


def _entry(row: Row, before: str, checkpoint: int, path: Sequence[bytes]) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "kind": row.kind,
        "at": moment(row.at),
        "payload": orjson.loads(row.payload or "null"),
        "salt": row.salt,
        "commitment": row.commitment,
        "before": before,
        "checkpoint": checkpoint,
        "path": [one.hex() for one in path],
    }


def _text(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
