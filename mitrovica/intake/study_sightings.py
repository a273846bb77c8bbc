"""Files of sightings as an office has them, read by the forms and the region of a study."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from layers.readers.study.opening import Study, in_folder
from layers.readers.tabular.parsing import local_time
from mitrovica.intake import mapping, report
from mitrovica.intake.mapping import FormMapping
from mitrovica.intake.options import FileOptions
from mitrovica.intake.report import SightingsReport


def mappings(study: Study) -> dict[str, FormMapping]:
    """Return how files of its forms are read, by name: what its folder ``forms`` holds."""
    files = in_folder(study.folder, mapping.FOLDER, "*.toml")
    return {path.stem: mapping.read(path) for path in files}


def options(study: Study, *, now: datetime | None = None, **chosen: Any) -> FileOptions:
    """Return how files of sightings are read in a study; a day after `now` is an error.

    `chosen` is what the user set, by the names of `FileOptions`.
    """
    zone = study.params.patrols.time_zone
    return FileOptions(
        region=study.region,
        today=local_time(now, zone).date() if now else None,
        zone=zone,
        mappings=tuple(mappings(study).values()),
        **chosen,
    )


def check(
    study: Study,
    files: Iterable[Path] | None = None,
    *,
    now: datetime | None = None,
    **chosen: Any,
) -> SightingsReport:
    """Read its sightings or other files, and report what became of every row; as `options`."""
    chosen_options = options(study, now=now, **chosen)
    return report.read(*(files or study.sightings), options=chosen_options)
