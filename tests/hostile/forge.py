"""Certificates that no tool would write: a genuine one taken apart, spoilt in one place, and signed again by its CA.

A DER reader and writer of the tests' own, a dozen lines each: what is under test takes no part in making its input.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key

EXTENSIONS, SAN, CDP, AIA = 0xA3, bytes.fromhex("551d11"), bytes.fromhex("551d1f"), bytes.fromhex("2b06010505070101")
ELSEWHERE = (
    b"http://198.51.100.7/lcr.crl",
    b"ldap://198.51.100.7/cn=x",
    b"http://[2001:db8::7]/x",
    b"file:///etc/passwd",
)
"""Addresses for documentation (RFC 5737, RFC 3849): whoever follows them is caught."""


@dataclass
class Node:
    """One element. Constructed ones have ``children``, others ``content``."""

    tag: int
    content: bytes = b""
    children: list[Node] = field(default_factory=list)

    def encode(self) -> bytes:
        content = b"".join(child.encode() for child in self.children) if self.tag & 0x20 else self.content
        return bytes([self.tag]) + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def decode(data: bytes) -> Node:
    """One element of good DER; it need not be safe against any other."""
    (node,) = _all(data)
    return node


def _all(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while at < len(data):
        tag, size, start = data[at], data[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[at + 2 : start], "big")
        content, at = data[start : start + size], start + size
        nodes.append(Node(tag, children=_all(content)) if tag & 0x20 else Node(tag, content))
    return nodes


class Forge:
    """Takes certificates of one CA, whose RSA key is in ``key``."""

    def __init__(self, key: Path) -> None:
        self._key = load_pem_private_key(key.read_bytes(), None)

    def signed(self, certificate: Node) -> bytes:
        """Signed again over whatever the first part now says, with RSA and SHA-256."""
        signature = self._key.sign(certificate.children[0].encode(), padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr,call-arg]
        certificate.children[-1] = Node(0x03, b"\0" + signature)
        return certificate.encode()

    def spoilt(self, der: bytes, how: str, chance: random.Random) -> bytes:
        """``der`` after the mutation named ``how``."""
        if how in RAW:
            return RAW[how](der, chance)
        certificate = decode(der)
        MUTATIONS[how](certificate, chance)
        return self.signed(certificate)


def extensions(certificate: Node) -> list[Node]:
    return next(part for part in certificate.children[0].children if part.tag == EXTENSIONS).children[0].children


def extension(certificate: Node, oid: bytes) -> Node | None:
    return next((each for each in extensions(certificate) if each.children[0].content == oid), None)


def _change_names(certificate: Node, change: Callable[[list[Node]], None]) -> None:
    """Change the list of alternative names within its OCTET STRING."""
    found = extension(certificate, SAN)
    if found is None:
        return
    names = decode(found.children[-1].content)
    change(names.children)
    found.children[-1].content = names.encode()


def _duplicate(items: list[Node], chance: random.Random) -> None:
    items.insert(chance.randrange(len(items) + 1), deepcopy(chance.choice(items)))


def _swap(items: list[Node], chance: random.Random) -> None:
    one, other = chance.randrange(len(items)), chance.randrange(len(items))
    items[one], items[other] = items[other], items[one]


def _truncate(node: Node, chance: random.Random) -> None:
    """Cut the content of one primitive element below ``node``, or make it longer than its parent can hold."""
    leaves = list(_primitives(node))
    if leaves:
        leaf = chance.choice(leaves)
        leaf.content = leaf.content[: chance.randrange(len(leaf.content) + 1)]


def _garble(node: Node, chance: random.Random) -> None:
    leaves = [leaf for leaf in _primitives(node) if leaf.content]
    if leaves:
        leaf = chance.choice(leaves)
        at = chance.randrange(len(leaf.content))
        leaf.content = leaf.content[:at] + chance.randbytes(1) + leaf.content[at + 1 :]


def _retag(node: Node, chance: random.Random) -> None:
    chance.choice(list(_primitives(node))).tag = chance.choice(
        [0x01, 0x02, 0x03, 0x05, 0x0C, 0x13, 0x16, 0x1E, 0x80, 0x9F]
    )


def _primitives(node: Node) -> list[Node]:
    return [node] if not node.tag & 0x20 else [leaf for child in node.children for leaf in _primitives(child)]


def _point(oid: bytes, wrap: Callable[[bytes], Node]) -> Callable[[Node, random.Random], None]:
    def mutate(certificate: Node, chance: random.Random) -> None:
        value = wrap(chance.choice(ELSEWHERE)).encode()
        extensions(certificate).append(Node(0x30, children=[Node(0x06, oid), Node(0x04, value)]))

    return mutate


def _crl_at(uri: bytes) -> Node:
    names = Node(0xA0, children=[Node(0xA0, children=[Node(0x86, uri)])])
    return Node(0x30, children=[Node(0x30, children=[names])])


def _ocsp_at(uri: bytes) -> Node:
    methods = ((bytes.fromhex("2b06010505073001"), uri), (bytes.fromhex("2b06010505073002"), uri))
    return Node(0x30, children=[Node(0x30, children=[Node(0x06, oid), Node(0x86, uri)]) for oid, uri in methods])


def _criticality(certificate: Node, chance: random.Random) -> None:
    parts = chance.choice(extensions(certificate)).children
    if parts[1].tag == 0x01:
        del parts[1]
    else:
        parts.insert(1, Node(0x01, b"\xff"))


def _unknown_critical(certificate: Node, chance: random.Random) -> None:
    parts = [Node(0x06, bytes.fromhex("551d63")), Node(0x01, b"\xff"), Node(0x04, chance.randbytes(4))]
    extensions(certificate).append(Node(0x30, children=parts))


def _serial(certificate: Node, chance: random.Random) -> None:
    certificate.children[0].children[1].content = chance.choice(
        [b"\0", b"\xff", b"", b"\x01" * 21, b"\x7f" * 900, b"\0\x01"]
    )


def _version(certificate: Node, chance: random.Random) -> None:
    certificate.children[0].children[0].children[0].content = chance.choice([b"\0", b"\x01", b"\x07", b"", b"\x02\x02"])


def _many_names(certificate: Node, chance: random.Random) -> None:
    _change_names(
        certificate, lambda names: names.extend(Node(0x81, b"a@b") for _ in range(chance.choice([29, 40, 2000])))
    )


def nested(depth: int, tag: int = 0x30) -> bytes:
    """An element within an element. Not by Node, whose writer would go as deep itself."""
    encoded = b"\x05\0"
    for _ in range(depth):
        encoded = bytes([tag]) + _length(len(encoded)) + encoded
    return encoded


def _deep(certificate: Node, chance: random.Random) -> None:
    value = nested(chance.choice([40, 400, 3000]), chance.choice([0x30, 0x24]))
    extensions(certificate).append(Node(0x30, children=[Node(0x06, SAN[:2] + b"\x63"), Node(0x04, value)]))


def _part(change: Callable[[Node, random.Random], None], index: int) -> Callable[[Node, random.Random], None]:
    """``change`` on one part of what is signed: 3 the issuer, 4 the validity, 5 the subject, 6 the key."""
    return lambda certificate, chance: change(certificate.children[0].children[index], chance)


def _flip(der: bytes, chance: random.Random) -> bytes:
    changed = bytearray(der)
    for _ in range(chance.randrange(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


MUTATIONS: dict[str, Callable[[Node, random.Random], None]] = {
    "duplicate extension": lambda c, chance: _duplicate(extensions(c), chance),
    "swapped extensions": lambda c, chance: _swap(extensions(c), chance),
    "extension left out": lambda c, chance: extensions(c).remove(chance.choice(extensions(c))),
    "truncated extension": lambda c, chance: _truncate(chance.choice(extensions(c)), chance),
    "garbled extension": lambda c, chance: _garble(chance.choice(extensions(c)), chance),
    "retagged extension": lambda c, chance: _retag(chance.choice(extensions(c)), chance),
    "criticality": _criticality,
    "unknown critical extension": _unknown_critical,
    "duplicate name": lambda c, chance: _change_names(c, lambda names: _duplicate(names, chance)),
    "swapped names": lambda c, chance: _change_names(c, lambda names: _swap(names, chance)),
    "truncated name": lambda c, chance: _change_names(c, lambda names: _truncate(chance.choice(names), chance)),
    "garbled name": lambda c, chance: _change_names(c, lambda names: _garble(chance.choice(names), chance)),
    "retagged name": lambda c, chance: _change_names(c, lambda names: _retag(chance.choice(names), chance)),
    "no name": lambda c, chance: _change_names(c, lambda names: names.clear()),
    "too many names": _many_names,
    "nested": _deep,
    "crl elsewhere": _point(CDP, _crl_at),
    "ocsp elsewhere": _point(AIA, _ocsp_at),
    "serial": _serial,
    "version": _version,
    "garbled issuer": _part(_garble, 3),
    "garbled validity": _part(_garble, 4),
    "truncated validity": _part(_truncate, 4),
    "garbled subject": _part(_garble, 5),
    "retagged subject": _part(_retag, 5),
    "truncated subject": _part(_truncate, 5),
    "duplicate attribute": lambda c, chance: _duplicate(c.children[0].children[5].children, chance),
    "garbled key": _part(_garble, 6),
    "truncated key": _part(_truncate, 6),
}
"""What the CA then signs."""
RAW: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flipped bytes": _flip,
    "cut short": lambda der, chance: der[: chance.randrange(len(der))],
    "something after": lambda der, chance: der + chance.randbytes(chance.randrange(1, 40)),
    "noise": lambda der, chance: chance.randbytes(chance.randrange(600)),
    "far too long": lambda der, chance: der + b"\0" * chance.choice([20_000, 1_000_000]),
}
"""What nobody signed."""
EVERY = (*MUTATIONS, *RAW)
