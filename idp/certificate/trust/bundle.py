"""Reading a bundle of CA certificates: the authority's zip, a directory, or one file. Bounded, and nothing skipped."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from idp.certificate import encodings
from idp.errors import TrustError

_SUFFIXES = (".crt", ".cer", ".pem", ".der")
_MAX_FILE = 64 * 1024 * 1024
_MAX_MEMBER = 1024 * 1024
_MAX_CERTIFICATES = 2000


def read_bundle(path: Path) -> list[bytes]:
    """The DER of every certificate in a zip, a directory of .crt/.cer/.pem/.der files, or one such file.

    Not parsed here: a certificate that no library reads must still be counted. Raises TrustError when the bundle is
    missing, empty, truncated, too large or holds something that is not a certificate.
    """
    try:
        found = [der for name, data in _members(path) for der in _certificates(name, data)]
    except TrustError:
        raise
    except Exception as error:
        raise TrustError(f"{path}: cannot be read as a bundle of certificates ({error})") from error
    if not found:
        raise TrustError(f"{path}: holds no certificate")
    if len(found) > _MAX_CERTIFICATES:
        raise TrustError(f"{path}: holds {len(found)} certificates, more than {_MAX_CERTIFICATES}")
    return found


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.suffix.lower() in _SUFFIXES and file.is_file():
                yield str(file), _bounded(file, _MAX_MEMBER)
    elif zipfile.is_zipfile(path):
        _bounded(path, _MAX_FILE)
        with zipfile.ZipFile(path) as archive:
            yield from _archived(path, archive)
    else:
        data = _bounded(path, _MAX_FILE)
        if data.startswith(b"PK"):  # its directory stands at its end; what is stored before it could pass for PEM
            raise TrustError(f"{path}: a zip file that is cut off")
        yield str(path), data


def _archived(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    entries = [e for e in archive.infolist() if not e.is_dir() and e.filename.lower().endswith(_SUFFIXES)]
    if len(entries) > _MAX_CERTIFICATES:
        raise TrustError(f"{path}: holds {len(entries)} files, more than {_MAX_CERTIFICATES}")
    for entry in entries:
        with archive.open(entry) as member:
            data = member.read(_MAX_MEMBER + 1)  # the declared size is the archive's own claim
        if len(data) > _MAX_MEMBER:
            raise TrustError(f"{path}: {entry.filename} is larger than {_MAX_MEMBER} bytes")
        yield f"{path}:{entry.filename}", data


def _bounded(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TrustError(f"{path}: larger than {limit} bytes")
    return data


def _certificates(name: str, data: bytes) -> list[bytes]:
    try:
        return encodings.certificates(data)
    except ValueError as error:
        raise TrustError(f"{name}: not a certificate ({error})") from error
