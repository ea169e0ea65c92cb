"""One path, already built, through RFC 5280 §6.1: the only use of pyhanko-certvalidator.

It never builds a path here: given certificates of equal subjects it searches without end. The compiler builds the
path within bounds of its own, and this module asks about that one path only. Nothing is fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from asn1crypto import x509
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import PKIXValidationParams
from pyhanko_certvalidator.validate import async_validate_path


def failure(path: Sequence[bytes], at: datetime, parameters: PKIXValidationParams | None = None) -> str | None:
    """Why ``path`` (DER, from the anchor down to the target) does not hold at ``at``; None when it does."""
    anchor, *rest = (x509.Certificate.load(der) for der in path)
    context = ValidationContext(
        trust_roots=[anchor], moment=at, allow_fetching=False, time_tolerance=timedelta(0), revocation_mode="soft-fail"
    )
    validation_path = ValidationPath(CertTrustAnchor(anchor), rest[:-1], rest[-1])
    try:
        # In a thread of its own: the caller's may have an event loop running already.
        with ThreadPoolExecutor(1) as alone:
            alone.submit(asyncio.run, async_validate_path(context, validation_path, parameters)).result()
    except (PathError, ValidationError, ValueError, TypeError, KeyError) as error:
        return str(error)
    return None
