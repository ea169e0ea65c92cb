"""Chromium's own certificate window on a display: opened by following a link, answered by keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Playwright, expect

from tests.journeys.taxpayer import HOSTS, Computer, press
from tests.support.xvfb import Display

CHOOSER = (400, 90, 480, 280)
"""Where the window appears; the tab's turning wheel is not in it."""


@contextmanager
def visible(owner: Computer, playwright: Playwright, display: Display) -> Iterator[Page]:
    """A browser on the display, before the login page of the demonstration application."""
    args = ("--window-position=0,0", f"--window-size={display.area[2]},{display.area[3]}")
    launched = owner.chromium.launch(playwright.chromium, hosts=HOSTS, headless=False, env=display.env, args=args)
    with launched as browser:
        page = browser.new_context(no_viewport=True).new_page()
        page.goto(owner.sandbox.origins.application)
        press(page, "Entrar com certificado digital")
        yield page


def press_and_be_asked(page: Page, label: str, display: Display) -> None:
    """Follow the link, and return when the window stands open."""
    link = page.get_by_role("link", name=label)
    expect(link).to_be_visible()
    before = display.pixels(CHOOSER)
    link.evaluate("link => { setTimeout(() => link.click(), 0) }")  # the click would wait for the window's answer
    display.wait_for_change(before, CHOOSER)


def choose_first(display: Display) -> None:
    """The one that stands chosen when the window opens."""
    display.xdotool("key", "Return")


def choose_second(display: Display) -> None:
    """Not the one that stands chosen when the window opens, but the next."""
    display.xdotool("key", "Down")
    display.xdotool("key", "Return")


def cancel(page: Page, display: Display) -> None:
    """Close the window without a choice, and wait for the page that follows."""
    before = page.url
    display.xdotool("key", "Escape")
    page.wait_for_url(lambda url: url != before)
