"""Merkle trees over the rows of one checkpoint (RFC 6962 §2.1): a row is shown to be among them by some twenty hashes.

A leaf is a row's chain hash; leaves and nodes are hashed with different prefixes, so that neither passes for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree's hash, 32 bytes; that of the empty string for no leaves."""
    return _levels(leaves)[-1][0] if leaves else hashlib.sha256().digest()


def paths(leaves: Sequence[bytes], indexes: Sequence[int]) -> list[list[bytes]]:
    """For each leaf at one of ``indexes`` its audit path, lowest sibling first (RFC 6962 §2.1.1)."""
    levels = _levels(leaves)
    return [_path(levels, index) for index in indexes]


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether ``leaf`` is number ``index`` of the ``size`` leaves under the root ``expected`` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    found = _leaf(leaf)
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = _node(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == expected


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from its hashed leaves to its root. An odd node rises unchanged, which gives the split of RFC 6962 at
    the largest power of two."""
    level = [_leaf(leaf) for leaf in leaves]
    levels = [level]
    while len(level) > 1:
        pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1 :]
        levels.append(level)
    return levels


def _path(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    path = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return path


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
