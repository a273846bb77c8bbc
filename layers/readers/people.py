"""Who works on patrols, from a file of the user's own: it goes into no run and no export."""

from pathlib import Path

import platformdirs
from pydantic import TypeAdapter, ValidationError

from geo.params.people import Person
from layers.readers import config


def at(path: Path | None) -> Path:
    """Return the file: by default the one in the user's data folder."""
    return path or Path(platformdirs.user_data_dir("mitrovica")) / "people.toml"


def read(path: Path) -> list[Person]:
    """Return the people of a file, ``[[patrols.people]]``.

    Raises FileNotFoundError if there is none, `layers.readers.config.ConfigError` if it is not
    TOML, or with every value that cannot be used.
    """
    found = config.read(path).get("patrols", {})
    if set(found) != {"people"}:
        raise config.ConfigError(
            f"{path} holds no [[patrols.people]] alone. Fix: a table for each, with role and "
            "languages, and nothing else"
        )
    try:
        return TypeAdapter(list[Person]).validate_python(found["people"])
    except ValidationError as error:
        # The value is not repeated: it may be a name.
        faults = (
            f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors()
        )
        raise config.ConfigError("\n".join(faults)) from error
