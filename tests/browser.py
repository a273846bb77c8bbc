"""Chromium for the tests that look at a page, through Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

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
