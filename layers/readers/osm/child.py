"""Call public functions of osmnx, one after the other: the program of a process of its own.

`layers.readers.osm.queries` runs this file and writes to its input, pickled: the settings of osmnx,
the seconds that a call may take, the bytes that the process may hold, and the calls.  A call is a
function, its arguments, the columns to keep of a frame (None for all), the folder of osmnx's cache
and the file of the result.  A result is value and error, pickled; the line `ANSWERED` says that it
is there.

The deadline is held by `faulthandler`, which ends the process whatever it does at that moment, even
where the program that started it is gone.
"""

import faulthandler
import pickle
import sys
from pathlib import Path
from typing import Any, Final

if sys.platform != "win32":  # Which bounds no memory.
    import resource

ANSWERED: Final = "answered"

NOTHING: Final = "No matching features"
"""How osmnx's error begins where an answer is whole and holds nothing."""


def main() -> None:
    """Make the calls; stop after the first that fails."""
    settings, deadline_s, most_bytes, calls = pickle.load(sys.stdin.buffer)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    faulthandler.dump_traceback_later(deadline_s, exit=True)
    import osmnx  # noqa: PLC0415 - within the deadline too

    vars(osmnx.settings).update(settings)
    for function, arguments, columns, cache, result in calls:
        faulthandler.dump_traceback_later(deadline_s, exit=True)
        osmnx.settings.cache_folder = cache
        value, error = None, ""
        try:
            value = getattr(osmnx, function)(**arguments)
        except Exception as caught:  # noqa: BLE001 - the program that started this one says it
            error = message(caught)
        if columns is not None and value is not None:
            value = value[[name for name in value if name in columns]]
        Path(result).write_bytes(pickle.dumps((value, error)))
        print(ANSWERED, flush=True)
        if error and not error.startswith(NOTHING):
            return


def message(error: Exception) -> str:
    """Return what lies behind an error, on one line."""
    cause: Any = error.args[0] if error.args else error
    cause = getattr(cause, "reason", cause)
    parts = (
        cause.args if isinstance(cause, Exception) and len(cause.args) > 1 else [cause]
    )
    text = " ".join(", ".join(map(str, parts)).split())[:2000]
    if isinstance(error, OSError) or type(error).__module__.startswith("osmnx"):
        return text
    return f"an answer that osmnx cannot read ({type(error).__name__}: {text})"


if __name__ == "__main__":
    main()
