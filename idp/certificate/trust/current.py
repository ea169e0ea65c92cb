"""The compiled list as a running process holds it: replaced whole when its file is, without a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from idp.certificate.trust.issuers import TrustList
from idp.errors import TrustError

_LOOK_AGAIN = timedelta(seconds=1)
_Identity = tuple[int, int, int] | None


class CurrentTrust:
    """The list in ``path``, looked at again when a second has passed by the caller's time.

    A file that is missing, damaged, empty or of another realm changes nothing: the list held stays, and ``kept`` is
    told why, once for each such file. Raises TrustError when there is no usable list to begin with.
    """

    def __init__(self, path: Path, realm: str, kept: Callable[[str], object] = lambda problem: None) -> None:
        self._path, self._realm, self._kept = path, realm, kept
        self._seen = _identity(path)
        self._held = TrustList.load(path, realm)
        self._looked: datetime | None = None

    def at(self, moment: datetime) -> TrustList:
        """The list in force. One value for one judgement: ask once and use what was returned."""
        if self._looked is None or not timedelta(0) <= moment - self._looked < _LOOK_AGAIN:
            self._looked = moment
            identity = _identity(self._path)
            if identity != self._seen:
                self._replace()
                self._seen = identity  # last: whoever still sees the old one loads again, which does no harm
        return self._held

    def _replace(self) -> None:
        try:
            self._held = TrustList.load(self._path, self._realm)
        except TrustError as error:
            self._kept(str(error))


def _identity(path: Path) -> _Identity:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
