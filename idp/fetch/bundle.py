"""The authority's bundle of CA certificates, with the file of its SHA-512."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from idp.fetch.addresses import Allowed
from idp.fetch.connection import NotFetched
from idp.fetch.http import LIMITS, Limits, download

_HASH = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{128}(?![0-9A-Fa-f])")
_PUBLISHED = re.compile(r"ACcompactado(x?)\.zip")
_SMALL = 64 * 1024


def hash_url(url: str) -> str:
    """Where the SHA-512 of the bundle at ``url`` is: beside it, ``hashsha512.txt`` for ``ACcompactado.zip`` and
    ``hashsha512x.txt`` for ``ACcompactadox.zip``, as the authority names them; else the URL with ``.sha512`` added."""
    published = _PUBLISHED.fullmatch(urlsplit(url).path.rpartition("/")[2])
    return urljoin(url, f"hashsha512{published[1]}.txt") if published else f"{url}.sha512"


def fetch_bundle(url: str, into: Path, *, limits: Limits = LIMITS) -> None:
    """Download the bundle and compare it with its hash. Raises NotFetched.

    The operator named ``url``, so it may lead into the own network. The hash comes from the same place as the bundle:
    it shows a damaged copy, not a forged one. Against those stand the pinned roots.
    """
    beside = hash_url(url)
    allowed = Allowed.of(named=[url, beside])
    text = io.BytesIO()
    download(beside, text, allowed, limits=Limits(limits.connect, limits.total, _SMALL))
    expected = _expected(text.getvalue().decode("ascii", "replace"), urlsplit(url).path.rpartition("/")[2])
    with into.open("wb") as file:
        download(url, file, allowed, limits=limits)
    with into.open("rb") as file:
        actual = hashlib.file_digest(file, "sha512").hexdigest()
    if actual != expected:
        raise NotFetched("hash-differs", f"{actual[:16]}… is not {expected[:16]}…")


def _expected(text: str, name: str) -> str:
    """The hash on the line that names the file, or the only one there is."""
    by_line = [(found[0].lower(), line) for line in text.splitlines() if (found := _HASH.search(line))]
    named = {digest for digest, line in by_line if name in line.replace("*", " ").split()}
    hashes = named or {digest for digest, _ in by_line}
    if len(hashes) != 1:
        raise NotFetched("hash-unreadable", f"{len(hashes)} hashes")
    return hashes.pop()
