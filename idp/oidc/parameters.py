"""Parameters as RFC 6749 §3.1 wants them: read strictly, none twice, the empty ones as if they were absent."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from flask import Request

from idp.errors import IdpError

MAX_QUERY = 8 * 1024
MAX_BODY = 64 * 1024
MAX_FIELDS = 64
FORM = "application/x-www-form-urlencoded"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PRINTABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")

Parameters = dict[str, str]


class BadParameters(IdpError):
    """A request that cannot be read. ``code`` is a token (too_large, malformed, duplicate, content_type); ``detail``
    is ASCII English for developers."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def query(request: Request) -> Parameters:
    """The parameters in the URL. Raises BadParameters."""
    raw = request.environ.get("QUERY_STRING", "")
    if len(raw) > MAX_QUERY:
        raise BadParameters("too_large", f"the query is longer than {MAX_QUERY} bytes")
    return parse(raw)


def form(request: Request) -> Parameters:
    """The parameters in an urlencoded body. Raises BadParameters; never reads more than MAX_BODY bytes."""
    if not is_form(request):
        raise BadParameters("content_type", f"the body must be {FORM}")
    length: str = request.environ.get("CONTENT_LENGTH", "")
    if length.isascii() and length.isdigit() and int(length) <= MAX_BODY:
        raw = request.environ["wsgi.input"].read(int(length))
    else:
        raw = request.stream.read(MAX_BODY + 1)
    if len(raw) > MAX_BODY:
        raise BadParameters("too_large", f"the body is longer than {MAX_BODY} bytes")
    return parse(raw.decode("latin-1"))


def is_form(request: Request) -> bool:
    """Whether the body is said to be urlencoded."""
    content_type: str = request.environ.get("CONTENT_TYPE", "")
    return content_type.partition(";")[0].strip().lower() == FORM


def parse(raw: str) -> Parameters:
    """``a=1&b=2`` as a dict. Raises BadParameters for a wrong escape, bytes that are not UTF-8, a control character, a
    name given twice, or more than MAX_FIELDS names."""
    if not raw.isascii() or _BAD_ESCAPE.search(raw):
        raise BadParameters("malformed", "the parameters are not urlencoded")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise BadParameters("malformed", "the parameters are not UTF-8") from error
    except ValueError as error:
        raise BadParameters("too_large", f"more than {MAX_FIELDS} parameters") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadParameters("duplicate", f"{twice if _PRINTABLE_NAME.match(twice) else 'a parameter'} is given twice")
    for name, value in pairs:
        if CONTROL.search(value) or CONTROL.search(name):
            raise BadParameters("malformed", "a parameter has a control character")
        if not value:
            del parameters[name]
    return parameters
