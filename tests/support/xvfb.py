"""A display with a window manager, for what a headless browser does not show: Chromium's own certificate chooser."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from tests.support.debian import program
from tests.support.processes import Process, wait_until

Area = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""


class Display:
    """Xvfb on the first free display number, with openbox so that windows get focus. ``env`` is for its clients."""

    def __init__(self, width: int = 1280, height: int = 1024) -> None:
        self.area: Area = (0, 0, width, height)
        self.directory = Path(tempfile.mkdtemp(prefix="portaria-x-", dir="/tmp"))
        screen = ("-screen", "0", f"{width}x{height}x24", "-fbdir", self.directory, "-nolisten", "tcp")
        log = self.directory / "xvfb.log"
        self._xvfb = Process([program("Xvfb", "xvfb"), "-displayfd", "1", *screen], log)
        self.env = {"DISPLAY": ":" + self._xvfb.wait_for_output(r"(?m)^(\d+)$").group(1)}
        self._manager = Process([program("openbox", "openbox")], self.directory / "openbox.log", env=self.env)

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool on this display and return what it prints. Raises CalledProcessError."""
        argv = [program("xdotool", "xdotool"), *arguments]
        done = subprocess.run(argv, env={**os.environ, **self.env}, check=True, capture_output=True, text=True)
        return done.stdout

    def pixels(self, area: Area | None = None) -> bytes:
        """What the screen shows now, RGB, row by row from the top."""
        raw = (self.directory / "Xvfb_screen0").read_bytes()
        header = struct.unpack(">25I", raw[:100])  # XWD version 7: see XWDFile.h of X11
        start, line = header[0] + 12 * header[19], header[12]
        left, top, width, height = area or self.area
        picture = bytearray()
        for row in range(top, top + height):
            offset = start + row * line + 4 * left
            bgrx = raw[offset : offset + 4 * width]
            rgb = bytearray(3 * width)
            rgb[0::3], rgb[1::3], rgb[2::3] = bgrx[2::4], bgrx[1::4], bgrx[0::4]
            picture += rgb
        return bytes(picture)

    def wait_for_change(self, before: bytes, area: Area | None = None, seconds: float = 90) -> None:
        """Return once the area differs from ``before`` (of ``pixels``) and has stopped moving. Raises TimeoutError."""
        seen = [before]

        def settled() -> bool:
            seen.append(self.pixels(area))
            return before != seen[-1] and len(seen) > 20 and len(set(seen[-20:])) == 1

        wait_until(settled, "the screen has changed and is still", seconds)

    def screenshot(self, file: Path) -> Path:
        """Write the whole screen as PNG."""
        _, _, width, height = self.area
        rgb = self.pixels()
        lines = b"".join(b"\0" + rgb[3 * width * row : 3 * width * (row + 1)] for row in range(height))
        parts = ((b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(lines)))
        with file.open("wb") as png:
            png.write(b"\x89PNG\r\n\x1a\n")
            for kind, data in (*parts, (b"IEND", b"")):
                png.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
        return file

    def remove(self) -> None:
        """Close the display."""
        self._manager.kill()
        self._xvfb.kill()
        shutil.rmtree(self.directory)
