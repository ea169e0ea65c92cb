"""Prints docs/settings.md: every setting with its values, default and meaning. `make docs` runs it."""

from __future__ import annotations

import inspect
from typing import Any

from idp import settings

HEAD = """\
# Settings

This page is written by `make docs` from `idp/settings.py`; change it there.

A setting comes from the environment variable `IDP_` + its name in capitals (`IDP_ISSUER`), or from the TOML file that
`IDP_CONFIG` names (`issuer = "https://id.example"`); the environment wins. Those marked *secret* may also be read from
a file: `IDP_PROXY_SECRET_FILE=/run/secrets/proxy`. An unknown `IDP_` variable, a value out of its range or an unsafe
combination stops the start with a message that names it. `idp config check` says so without starting.

| Setting | Values | Default | Meaning |
|---|---|---|---|
"""


def values(schema: dict[str, Any]) -> str:
    """The accepted values in words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(values(part) for part in schema["anyOf"])
    if schema["type"] == "boolean":
        return "`true`, `false`"
    words = {"path": "path", "password": "text"}.get(schema.get("format", ""), "")
    words = words or {"string": "text", "integer": "whole number", "number": "number", "null": "nothing"}.get(
        schema["type"], schema["type"]
    )
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"{low:g} or more" if low is not None else words


def row(name: str, schema: dict[str, Any]) -> str:
    default = schema.get("default")
    shown = "required" if "default" not in schema else "" if default in ("", None) else f"`{default}`"
    meaning = " ".join(inspect.cleandoc(schema["description"]).split()).replace("``", "`").replace("|", "\\|")
    secret = " *secret*" if name in settings._SECRETS else ""
    return f"| `{name}`{secret} | {values(schema)} | {shown} | {meaning} |\n"


def page() -> str:
    """The whole page, as Markdown."""
    fields = settings.Settings.model_json_schema()["properties"]
    return HEAD + "".join(row(name, schema) for name, schema in fields.items())


if __name__ == "__main__":
    print(page(), end="")
