"""axe-core in a page: WCAG 2.2 A and AA, and what its authors call best practice."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from tests.support import npm

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# What it would fetch to look into it (preload), the pages' policy forbids; there is nothing of that kind here.
_RUN = """async tags => {
  const {violations} = await axe.run({runOnly: tags, resultTypes: ['violations'], preload: false});
  return violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.target} ${node.html.slice(0, 120)}`));
}"""


@cache
def _script() -> str:
    return (npm.package("tests/axe", "axe-core") / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule, element. The script comes over the DevTools protocol, which the
    page's policy does not reach. Skips the calling test where the script is not there."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found: list[str] = page.evaluate(_RUN, TAGS)
    return found
