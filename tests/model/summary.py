"""Dated lines that say what the deep tests counted, printed at the end of the run: fit to be pasted."""

from __future__ import annotations

from datetime import date

import pytest


def summary(config: pytest.Config, line: str, seconds: float) -> None:
    """Add one line. With several processes it reaches the terminal by the test's report."""
    del config
    print(f"\n[deep {date.today().isoformat()}] {line}; {seconds:.0f} s")
