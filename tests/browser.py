"""Chromium for the tests that look at a page, through Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

NAMES = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """Return the path of Chromium.

    Where there is none, a test is skipped on a user's machine and fails in CI.
    """
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    missing = f"none of {', '.join(NAMES)} is installed. Cure: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def chromium(**options: Any) -> Iterator[Browser]:
    """Run headless Chromium; `options` go to Playwright's ``launch``."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), **options)
        try:
            yield browser
        finally:
            browser.close()


def opened(context: BrowserContext, file: Path, fragment: str = "") -> Page:
    """Open a page and keep what it asks for and complains of, in ``page.asked`` and ``.said``."""
    page = context.new_page()
    page.asked, page.said = [], []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
    page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined]
    page.on("dialog", lambda dialog: (page.said.append("dialog"), dialog.dismiss()))  # type: ignore[attr-defined]
    page.goto(file.as_uri() + fragment)
    page.wait_for_selector("body[data-ready]")
    return page


def unfold(page: Page) -> None:
    """Unfold the layers that are off."""
    page.locator(".legend summary").click()


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe-core calls serious or critical: the rule, and where it is broken."""
    # Of the rules of WCAG 2.2 AA, the one that axe leaves off.
    rules = {"rules": {"target-size": {"enabled": True}}}
    found = Axe().run(page, options=rules).response["violations"]
    return [
        (rule["id"], [node["html"] for node in rule["nodes"]][:3])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
