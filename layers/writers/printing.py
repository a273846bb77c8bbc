"""The planner map on paper: the page printed by an installed browser, without a network."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from layers import package_data
from layers.files import atomic

PAPERS: Final = ("a4", "a3")

BROWSERS: Final = package_data.toml("lists", "browsers.toml")

TIMEOUT_S: Final = 120.0
"""A slow laptop prints the map of a whole region in a few seconds."""

FIX: Final = (
    "Fix: install Chromium (Debian, Ubuntu: apt-get install chromium; macOS: brew install "
    "--cask chromium; Windows has Edge), or open the map in any browser and print it from there"
)


class PdfError(RuntimeError):
    """The page could not be printed."""


def write_pdf(
    html: Path, pdf: Path, *, paper: str = "a4", language: str | None = None
) -> Path:
    """Print the planner map: a page for each patrol, then what was found and what it rests on.

    Parameters
    ----------
    html
        The map of a run or a plan.
    pdf
        The file that is written and returned; its folder is made where it is missing.
    paper
        One of `PAPERS`, landscape.
    language
        One of the page's, such as ``sq``; by default the one in which it opens.

    Raises
    ------
    FileNotFoundError
        If there is no map.
    PdfError
        If there is no such paper, no browser is installed, or it writes no PDF within `TIMEOUT_S`.
    """
    if paper not in PAPERS:
        raise PdfError(f"--paper {paper}: say 'a4' or 'a3'")
    wanted = {"paper": paper} | ({"lang": language} if language else {})
    return print_page(html, pdf, urlencode(wanted))


def write_page(
    html: Path,
    page: str,
    fragment: str,
    put: Callable[[dict[Path, Path]], None] | None = None,
) -> Iterator[Path]:
    """Write a page that only its owner may read, and print it; yield each file once it is there.

    Parameters
    ----------
    html
        The file; the PDF lies beside it.
    page
        Its content.
    fragment
        What stands behind ``#`` in the address that is printed.
    put
        Gives the written file, by its hidden name, its place; by default that is all it does.
    """
    with atomic.owner_only():
        with atomic.aside(html) as part:
            part.write_text(page, "utf-8")
            atomic.sync(part)
            (put or atomic.put)({part: html})
        yield html
        yield print_page(html, html.with_suffix(".pdf"), fragment)


def print_page(html: Path, pdf: Path, fragment: str) -> Path:
    """Print a page, opened at a fragment of its address, to a PDF; errors as `write_pdf`."""
    if not html.is_file():
        raise FileNotFoundError(
            f"{html}: there is no such map to print. Fix: give the folder of a run or a plan"
        )
    program = browser()
    address = f"{html.resolve().as_uri()}#{fragment}"
    with (
        atomic.file(pdf) as part,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        message = _print(program, address, part.resolve(), Path(profile))
        if not _is_whole(part):
            if shutil.disk_usage(part.parent).free < atomic.LITTLE:
                raise OSError(errno.ENOSPC, "No space left on device")
            raise PdfError(
                f"{program} wrote no PDF of {html}. Its message: {message[-500:] or 'none'}. {FIX}"
            )
    return pdf


def _is_whole(pdf: Path) -> bool:
    """Return whether a PDF is there to its end: on a full disk a browser leaves a part of it."""
    return pdf.is_file() and b"%%EOF" in pdf.read_bytes()[-32:]


def browser() -> str:
    """Return the path of an installed browser that prints; raise `PdfError` if there is none."""
    candidates: list[str] = BROWSERS["programs"] + BROWSERS.get(sys.platform, [])
    if sys.platform == "win32":
        folders = [os.environ.get(folder, "") for folder in BROWSERS["windows_folders"]]
        candidates += [
            f"{folder}/{name}" for folder in folders for name in BROWSERS["below"]
        ]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path:
            return path
    raise PdfError(
        f"None of {', '.join(BROWSERS['programs'])} is installed, and one of them must print. {FIX}"
    )


def _print(program: str, address: str, part: Path, profile: Path) -> str:
    """Run the browser, and return its error output."""
    # Chromium refuses its sandbox to the superuser.  The page runs no script but its own.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    command = [
        program,
        *BROWSERS["options"],
        *(["--no-sandbox"] if root else []),
        f"--user-data-dir={profile}",
        f"--print-to-pdf={part}",
        address,
    ]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise PdfError(
            f"{program} did not print {address} within {TIMEOUT_S:g} s. {FIX}"
        ) from error
    return done.stderr.strip()
