"""How much memory the machine has left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_MEMINFO: Final = Path("/proc/meminfo")
_GROUP: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current"))


def available_bytes() -> int | None:
    """Return the bytes of memory that a new program may use; None where the system does not say.

    On Linux what the kernel calls available, or what the group of a container leaves, whichever is
    less; elsewhere all the memory that is built in.
    """
    if _MEMINFO.exists():
        rows = (line.split() for line in _MEMINFO.read_text("ascii").splitlines())
        free = {row[0]: int(row[1]) * 1024 for row in rows}.get("MemAvailable:")
        return min((b for b in (free, _left_to_group()) if b is not None), default=None)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _left_to_group() -> int | None:
    """Return what a container's limit leaves; None where there is no limit."""
    if not all(path.exists() for path in _GROUP):
        return None
    most, used = (path.read_text("ascii").strip() for path in _GROUP)
    return max(int(most) - int(used), 0) if most.isdigit() else None
