"""What the desk is asked for; apart from it, so that no other command loads the desk."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The desk of an office."""

    folder: Path = Path()
    study: Path | None = None
    store: Path | None = None
    snapshot: str | None = None
    log: Path | None = None
    no_log: bool = False
