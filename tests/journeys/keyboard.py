"""Somebody who uses a page by keyboard alone, and looks at it while the focus goes round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

_MOST = 160
"""Stops of the fullest page, and then some."""
_SAME = 8
"""So often Tab may stay on one element: a date has a stop for each part."""

_LOOK = """() => {
  const seen = window.__stops ??= [], e = document.activeElement;
  if (!e || e === document.body) return null;
  const fresh = !seen.includes(e), last = seen.at(-1);
  if (fresh) seen.push(e);
  const style = getComputedStyle(e), rect = e.getClientRects()[0], problems = [];
  const x = rect.left + Math.min(rect.width, 40) / 2, y = rect.top + Math.min(rect.height, 40) / 2;
  const shown = x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
  const at = shown && document.elementFromPoint(x, y);
  if (!shown) problems.push('focus is outside the window');
  else if (!at || !(e.contains(at) || at.contains(e) && at === e.closest('label'))) problems.push('focus is covered');
  if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) problems.push('focus is not drawn');
  if (fresh && last && !(last.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING))
    problems.push('focus goes back');
  const target = (e.closest('label') ?? e).getBoundingClientRect();
  const least = e.matches('.button, button:not(.link)') ? 43.9 : 23.9;
  if (style.display !== 'inline' && (target.width < least || target.height < least))
    problems.push(`target of ${target.width} x ${target.height}`);
  const label = e.getAttribute('aria-label') ?? e.labels?.[0]?.innerText ?? e.innerText;
  if (!label.trim()) problems.push('no name');
  return {label: label.replace(/\\s+/g, ' ').trim(), tag: e.tagName, fresh, problems, skip: e.matches('.skip'),
    top: e.closest('.sticky, .scroll') || e.matches('.skip') ? null : rect.bottom + scrollY};
}"""
_LEFT_OUT = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0)
  .filter(e => e.type !== 'hidden' && e.type !== 'radio' && !window.__stops.includes(e))
  .concat([...document.querySelectorAll('input[type=radio]')]
    .filter(e => e.checkVisibility() && !window.__stops.some(o => o.name === e.name && o.form === e.form)))
  .map(e => e.outerHTML.slice(0, 120))"""
_WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@dataclass
class Keyboard:
    """Only keys reach the page: nothing here clicks, focuses or scrolls."""

    page: Page

    def look(self) -> dict[str, Any] | None:
        """What has the focus, with what is wrong with that; None where nothing has."""
        found: dict[str, Any] | None = self.page.evaluate(_LOOK)
        return found

    def tab(self) -> dict[str, Any] | None:
        self.page.keyboard.press("Tab")
        return self.look()

    def at(self, heading: str) -> None:
        """Now on the page of that heading. The focus goes round it once: each stop can be seen, in the order of the
        page, nothing is left out, nothing holds it, and nothing is wider than the window."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        wide, window = self.page.evaluate(_WIDTHS)
        assert wide <= window, f"{heading}: {wide} px in a window of {window}"
        self._to_the_beginning()
        self.page.evaluate("window.__stops = [document.activeElement]")
        problems, last, same = [], 0.0, 0
        while (stop := self.tab()) is not None and not stop["skip"]:
            assert same < _SAME, f"{heading}: {stop['label']} holds the focus"
            same = 0 if stop["fresh"] else same + 1
            problems += [f"{stop['tag']} {stop['label']}: {one}" for one in stop["problems"]]
            if stop["top"] is not None and window < 500:  # one column: down the page, never up
                if stop["top"] < last - 1:
                    problems.append(f"{stop['tag']} {stop['label']}: above what came before it")
                last = stop["top"]
        problems += [f"never reached: {one}" for one in self.page.evaluate(_LEFT_OUT)]
        if problems:
            raise AssertionError("\n".join([f"On “{heading}”:", *problems]))

    def to(self, label: str) -> None:
        """Tab until something whose name has ``label`` in it has the focus."""
        met = []
        for _ in range(_MOST):
            stop = self.look()
            if stop is not None and label in stop["label"]:
                return
            met.append(stop and stop["label"])
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {label!r}, only {list(dict.fromkeys(met))}")

    def press(self, label: str, key: str = "Enter") -> None:
        """Go there and press ``key``."""
        self.to(label)
        self.page.keyboard.press(key)

    def choose(self, label: str) -> None:
        """Tab into the first group of radio buttons; by arrows on to the one whose name has ``label`` in it."""
        for _ in range(_MOST):
            if self.page.evaluate("document.activeElement.type") == "radio":
                break
            self.page.keyboard.press("Tab")
        self.page.keyboard.press("Space")
        for _ in range(_MOST):
            stop = self.look()
            if stop is not None and label in stop["label"]:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows never reach {label!r}")

    def write(self, label: str, text: str) -> None:
        """Go to that field and type."""
        self.to(label)
        self.page.keyboard.type(text)

    def _to_the_beginning(self) -> None:
        for _ in range(_MOST):
            stop = self.tab()
            if stop is not None and stop["skip"]:
                assert set(stop["problems"]) <= {"focus goes back"}, stop
                return
        raise AssertionError("Tab never comes back to the beginning of the page")
