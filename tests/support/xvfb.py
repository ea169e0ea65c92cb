"""A display with a window manager, for what a headless browser does not show: Chromium's own certificate chooser."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.debian import program
from tests.support.processes import Process


class Display:
    """Xvfb on the first free display number, with openbox so that windows get focus. ``env`` is for its clients."""

    def __init__(self, width: int = 1280, height: int = 1024) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="portaria-x-", dir="/tmp"))
        self._xvfb = Process(
            [program("Xvfb", "xvfb"), "-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
            self.directory / "xvfb.log",
        )
        number = self._xvfb.wait_for_output(r"(?m)^(\d+)$").group(1)
        self.env = {"DISPLAY": f":{number}"}
        self._manager = Process([program("openbox", "openbox")], self.directory / "openbox.log", env=self.env)

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool on this display and return what it prints. Raises CalledProcessError."""
        argv = [program("xdotool", "xdotool"), *arguments]
        done = subprocess.run(argv, env={**os.environ, **self.env}, check=True, capture_output=True, text=True)
        return done.stdout

    def remove(self) -> None:
        """Close the display."""
        self._manager.kill()
        self._xvfb.kill()
        shutil.rmtree(self.directory)
