"""Setting up at the desk: a new study, its ways, its places, every parameter.

All of it is what commands do, ``init`` and ``fetch``, and what `mitrovica.story.study_form` does to
the files of the study.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from annotated_types import MaxLen
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from layers.complaints import UserError
from layers.files import atomic
from maps.words.told import told
from mitrovica import story
from mitrovica.desk import office
from mitrovica.desk.edit_steps import CHECKED, Name
from mitrovica.desk.night import Night
from mitrovica.desk.part import Drop, Fill, Query, empty_table, file_name

AREA: Final = "area.geojson"
"""The desk's own copy of a boundary that was chosen."""
WAYS: Final = (".osm.pbf", ".osm", ".gpkg", ".fgb", ".zip")
Text = Annotated[str, MaxLen(5000)]


@checked(frozen=True, config=CHECKED)
class New:
    """A new study; its boundary is the first that is given."""

    title: Name
    bbox: Name = ""
    place: Name = ""
    file: bool = False
    """The boundary that was handed in."""
    do: Literal["new"] = "new"


@checked(frozen=True, config=CHECKED)
class Change:
    """Other values in study.toml."""

    changes: Annotated[dict[Name, Any], MaxLen(200)]
    do: Literal["change"] = "change"


@checked(frozen=True, config=CHECKED)
class Tick:
    """Facilities that become places."""

    chosen: Annotated[list[Name], MaxLen(story.study_form.MOST)]
    do: Literal["tick"] = "tick"


@checked(frozen=True, config=CHECKED)
class Fetch:
    """Ways to be fetched, live or from a file of the office's folder."""

    file: Name = ""
    do: Literal["fetch"] = "fetch"


ACTS: Final[TypeAdapter[New | Change | Tick | Fetch]] = TypeAdapter(
    Annotated[New | Change | Tick | Fetch, Field(discriminator="do")]
)


class Setup:
    """The study of an office while it is set up."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.office = night.office

    @property
    def _study(self) -> story.OfStudy:
        folder = self.office.study
        if folder is None:
            raise UserError("there is no study here yet. Fix: make one")
        return story.OfStudy(
            folder=folder,
            store=self.office.asked.store,
            log=self.office.log,
            register=self.office.register,
        )

    @property
    def drops(self) -> Mapping[str, Drop]:
        """A boundary; a table of places."""
        return {"area": self.take, "places": self.take_places}

    @property
    def tables(self) -> Mapping[str, Fill]:
        """Of places."""
        return {"places": empty_table("places")}

    def shown(self, query: Query) -> dict[str, Any]:
        """Return what the page shows: the study, or that there is none."""
        del query
        if self.office.study is None:
            return {"study": None}
        found = story.study_shown(self._study)
        for table in found["tables"]:
            for one in (table, *table["keys"]):
                one["about"] = told(one["about"])
        return {"study": found, "files": office.files_in(self.office.folder, *WAYS)}

    def facilities(self, text: str) -> list[dict[str, Any]]:
        """Return facilities by a part of their name or kind."""
        return story.facilities(self._study, text)

    def take(self, name: str, content: bytes) -> dict[str, Any]:
        """Keep a boundary that was handed in, for the study that is made next."""
        if not name.casefold().endswith((".geojson", ".json")):
            raise UserError(
                f"{name[:100]!r} is no GeoJSON. Fix: save the boundary as .geojson"
            )
        office.make_folder(self.office)
        path = self.office.own / AREA
        atomic.write_private(path, content)
        try:
            return {"bounds": story.bounds_of(path)}
        except Exception:
            path.unlink()
            raise

    def take_places(self, name: str, content: bytes) -> list[str]:
        """Add the places of a table."""
        self.night.require_no_job()
        return story.take_places(self._study, file_name(name), content)

    def do(self, asked: Any) -> Any:
        """Do what is asked for."""
        act = ACTS.validate_python(asked)
        if isinstance(act, New):
            return self._new(act)
        self.night.require_no_job()
        if isinstance(act, Change):
            return story.change_study(self._study, act.changes)
        if isinstance(act, Tick):
            return story.add_places(self._study, act.chosen)
        return self._fetch(act)

    def _new(self, asked: New) -> list[Any]:
        """Make a study in the office's folder."""
        if self.office.study is not None:
            raise UserError(
                f"{self.office.study} is the study here. Fix: change it, or open the desk on "
                "another folder"
            )
        area = str(self.office.own / AREA) if asked.file else asked.place
        done = story.init(
            story.Init(
                folder=self.office.folder / "study",
                title=asked.title,
                bbox=asked.bbox or None,
                area=None if asked.bbox else area or None,
                store=self.office.asked.store,
            )
        )
        (self.office.own / AREA).unlink(missing_ok=True)
        return [*done.shown, *done.warned]

    def _fetch(self, asked: Fetch) -> None:
        """Fetch the ways of the study as a job."""
        study = self._study
        source = "overpass"
        if asked.file:
            source = str(self.office.file(asked.file, *WAYS))
        record = story.Fetch(from_=source, study=study.folder, store=study.store)
        self.night.begin("fetch", "fetch", record, self.office.folder)
