"""Files dropped on the desk: sightings read row by row, mended, taken in; the log; attacks."""

from __future__ import annotations

import io
import re
import shutil
import socket
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from tools import desks, offices
from tools.desks import StartedDesk

from geo.records import Log
from layers.readers import study as studies
from mitrovica import log as logs
from mitrovica import story
from mitrovica.desk import safety
from mitrovica.desk.log_page import Book
from mitrovica.desk.night import Night
from mitrovica.desk.office import Office
from mitrovica.desk.requests import Desk
from mitrovica.desk.sightings import Table
from mitrovica.intake import study_sightings
from mitrovica.story.visit_page import moment_near

pytestmark = pytest.mark.usefixtures("generalised")

MESSY = Path(__file__).parents[2] / "data" / "messy"
FILE = {"Content-Type": "application/octet-stream"}
SAID = {
    "columns": {
        "Kad": "date_from",
        "y": "lat",
        "x": "lon",
        "Koliko ih je bilo": "group",
        "Ko prijavljuje": "",
    },
    "fill": {"id": "row", "kind": "sighting", "uncertainty_m": "500"},
    "dates": "dmy",
}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    offices.own_study(tmp_path / "study")
    return Office(Desk(folder=tmp_path))


def lying(table: Table) -> dict[str, Any]:
    """Return the one file on the desk."""
    found: list[dict[str, Any]] = table.shown()["files"]
    (file,) = found
    return file


def test_a_file_is_asked_for_once_mended_and_taken_in_coarse(office: Office) -> None:
    table = Table(office)
    data = (MESSY / "dezurni.xlsx").read_bytes()
    table.drop("dezurni.xlsx", data)
    first = lying(table)
    assert first["counts"]["used"] == 0
    assert "Petrović" not in repr(first)
    table.do({"do": "read", "file": 1, "mapping": SAID, "name": "Dežurni"})
    asked = lying(table)
    assert asked["counts"] == {
        "rows": 12, "used": 10, "of_nobody": 0, "rejected": 2,
    }  # fmt: skip
    # Rows that are not read stay until they are dealt with.
    table.do({"do": "take", "file": 1})
    assert [row["row"] for row in lying(table)["rows"] if row["faults"]] == [7, 9]
    table.do({"do": "mend", "file": 1, "row": 9, "cells": {"4": "8-10"}})
    table.do({"do": "leave", "file": 1, "rows": [7]})
    settled = lying(table)
    assert settled["counts"]["rejected"] == 0
    assert settled["left_out"] == 1
    table.do({"do": "take", "file": 1})
    study = office.study
    assert study is not None
    (kept,) = (study / "sightings").iterdir()
    assert lying(table)["taken"] == 11
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    text = kept.read_text("utf-8")
    assert not re.search(r"Petrov|pruge|42\.893[,0]|2025-11-0[2-9]|,1[35],", text)
    read = studies.read(study)
    found = study_sightings.check(read, now=datetime.now(UTC))
    assert len(found.accepted) == 7 + 11
    assert found.faults == []
    # The mapping is there for the next file of the form, and for the command.
    (form,) = (study / "forms").iterdir()
    table.do({"do": "away", "file": 1})
    table.drop("decembar.xlsx", data)
    assert lying(table)["counts"]["used"] == 10
    checked = story.CheckSightings(
        study=None, files=[MESSY / "dezurni.xlsx"], mapping=form
    )
    assert "12 rows: 10 used, 2 rejected" in story.check_sightings(checked).shown


def test_what_is_taken_in_again_takes_the_place_of_what_was(office: Office) -> None:
    table = Table(office)
    for _ in range(2):
        table.drop("patrulla.csv", (MESSY / "patrulla.csv").read_bytes())
    for file in (1, 2):
        table.do({"do": "take", "file": file})
    assert office.study is not None
    (kept,) = (office.study / "sightings").iterdir()
    assert len(pd.read_csv(kept)) == 7


def test_a_study_that_is_shipped_takes_nothing_in(tmp_path: Path) -> None:
    table = Table(Office(Desk(folder=tmp_path)))
    table.drop("patrulla.csv", (MESSY / "patrulla.csv").read_bytes())
    with pytest.raises(ValueError, match="no study of its own"):
        table.do({"do": "take", "file": 1})


# ---- Attacks -----------------------------------------------------------------------------------


def bomb(says: int) -> bytes:
    """Return a workbook with 60 MB of one letter that says that it has `says` bytes of it."""
    book = openpyxl.Workbook()
    plain = io.BytesIO()
    book.save(plain)
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(plain) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/sharedStrings.xml", b"x" * 60_000_000)
        new.getinfo("xl/sharedStrings.xml").file_size = says
    return packed.getvalue()


def entities() -> bytes:
    """Return a workbook whose text grows a thousandfold when its entities are read."""
    book = openpyxl.Workbook()
    plain = io.BytesIO()
    book.save(plain)
    packed = io.BytesIO()
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(9)
    )
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = f"<!DOCTYPE x [{laughs}]><x>&l8;</x>".encode()
            new.writestr(name, text)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.csv", b""),
        ("nul.csv", b"\0" * 5000),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
        ("page.html", b"<script>alert(1)</script>"),
        ("program.exe", b"MZ" + b"\x90" * 4000),
        ("archive.zip", b"PK\x03\x04" + b"\0" * 200),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600),
        ("cut.xls", (MESSY / "patrola.xls").read_bytes()[:6000]),
        ("cut.xlsx", (MESSY / "patrola.xlsx").read_bytes()[:3000]),
        ("quote.csv", b'id,kind\n"a,b\n'),
        ("deep.json", b"[" * 100_000),
        ("wide.csv", b"a," * 100_000),
        ("laughs.xlsx", entities()),
        ("bomb.xlsx", bomb(60_000_000)),
        ("larger.xlsx", bomb(1_100_000_000)),
        ("smaller.xlsx", bomb(1000)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_says_so_and_harms_nothing(
    tmp_path: Path, name: str, data: bytes
) -> None:
    table = Table(Office(Desk(folder=tmp_path)))
    table.drop(name, data)
    file = lying(table)
    assert file.get("unread") or file["whole"] or file["missing"]
    assert "counts" not in file or file["counts"]["used"] == 0
    assert "Traceback" not in repr(file)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\..\\x.csv", "/abs.csv", "a\0b\nc.csv", "", "." * 500],
)
def test_a_name_leads_nowhere(office: Office, name: str) -> None:
    table = Table(office)
    table.drop(name, (MESSY / "patrulla.csv").read_bytes())
    table.do({"do": "read", "file": 1, "mapping": {"columns": {}}, "name": name})
    table.do({"do": "take", "file": 1})
    assert office.study is not None
    outside = {path.name for path in office.folder.iterdir()}
    assert outside == {"study"}
    assert len([*(office.study / "sightings").iterdir()]) == 1
    made = {path.name for path in office.study.iterdir() if path.is_dir()}
    of_study = {"osm", "report_tables", "scenarios"}
    assert made - of_study <= {"sightings", "forms"}


def test_a_link_out_of_the_study_is_not_followed(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert office.study is not None
    (office.study / "sightings").symlink_to(elsewhere)
    table = Table(office)
    table.drop("patrulla.csv", (MESSY / "patrulla.csv").read_bytes())
    with pytest.raises(ValueError, match="link that leads out"):
        table.do({"do": "take", "file": 1})
    assert [*elsewhere.iterdir()] == []


def test_formulas_stay_text_and_reach_no_file(office: Office) -> None:
    """A formula is never worked out; what the study keeps has no text of the file."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["id", "kind", "lat", "lon", "uncertainty_m", "place"])
    for k, evil in enumerate(
        ['=HYPERLINK("http://evil.example")', "=cmd|'/c calc'!A1", "@SUM(1)", "+1"]
    ):
        sheet.append([evil, "sighting", 42.8931 + k / 1000, 20.8748, 200, evil])
        sheet.cell(k + 2, 1).data_type = "s"
        sheet.cell(k + 2, 6).data_type = "s"
    sheet.append(["F", "sighting", "=42.9", 20.8748, 200, ""])
    data = io.BytesIO()
    book.save(data)
    table = Table(office)
    table.drop("formulas.xlsx", data.getvalue())
    # A cell whose formula no program has worked out is empty, and its row is to be mended.
    assert [row["row"] for row in lying(table)["rows"] if row["faults"]] == [6]
    table.do({"do": "take", "file": 1})
    assert office.study is not None
    (kept,) = (office.study / "sightings").iterdir()
    assert not re.search(r"[=@|]|evil", kept.read_text("utf-8"))


def test_what_lies_on_the_desk_is_bounded(tmp_path: Path) -> None:
    table = Table(Office(Desk(folder=tmp_path)))
    for _ in range(20):
        table.drop("a.csv", b"id\n1\n")
    with pytest.raises(ValueError, match="at most"):
        table.drop("a.csv", b"id\n1\n")


# ---- The server --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(
    generalised_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedDesk]:
    folder = tmp_path_factory.mktemp("office")
    offices.with_log(generalised_run[0], folder)
    with desks.started(folder, log=True) as desk:
        assert desk.enter().status == 200
        yield desk


def test_only_the_page_hands_files_in_and_none_is_too_large(desk: StartedDesk) -> None:
    data = (MESSY / "patrulla.csv").read_bytes()
    address = "drop/sightings?name=patrulla.csv"
    for headers in (
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
        {**FILE, "Origin": "http://evil.example"},
        {**FILE, "Cookie": ""},
        {**FILE, "x-desk-tab": ""},
        {**FILE, "Sec-Fetch-Site": "cross-site"},
        {**FILE, "Host": "evil.example"},
    ):
        assert desk.ask(address, raw=data, headers=headers).status in {401, 403, 415}
    assert desk.ask("api/edit", raw=data, headers=FILE).status == 415
    assert desk.ask("api/sightings").found["files"] == []
    head = (
        f"POST /{desk.secret}/{address} HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\n"
        f"Origin: {desk.origin}\r\nCookie: {desk.cookie}\r\nx-desk-tab: test\r\n"
        "Content-Type: application/octet-stream\r\n"
    )
    for length in ("Content-Length: 1073741824", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", desk.port), timeout=60) as line:
            line.sendall(f"{head}{length}\r\n\r\n".encode())
            chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
            try:
                for _ in range(60 if "chunked" in length else 0):
                    line.sendall(chunk)
            except OSError:
                pass
            assert b" 413 " in line.recv(100)
    assert safety.LARGEST_FILE < 60 * 0x100000
    assert desk.ask(address, raw=data, headers=FILE).status == 200
    (file,) = desk.ask("api/sightings").found["files"]
    assert file["counts"]["used"] == 7
    assert desk.ask("api/sightings/do", {"do": "away", "file": 1}).status == 200
    for wrong in (
        {},
        {"do": "rm"},
        {"do": "take", "file": 99},
        {"do": "mend", "file": 1},
    ):
        assert desk.ask("api/sightings/do", wrong).status == 400, wrong


def test_the_log_is_told_corrected_and_purged_as_by_the_commands(
    desk: StartedDesk,
) -> None:
    path = desk.folder / "log.gpkg"
    shown = desk.ask("api/log").found
    first = shown["stops"][0]
    assert len(shown["stops"]) == 8
    page = {
        "outcome": "done",
        "arrived": first["arrive"],
        "left": first["depart"],
        "groups": "1",
        "size_1": "5_9",
        "needs_1": "water food",
        "help_1": "accepted",
    }
    tell = {"do": "tell", "night": shown["night"], "stop": first["name"]}
    log = counted(desk, {**tell, "answers": page})
    assert (len(log.visits), list(log.groups["size_class"])) == (1, ["5-9"])
    assert set(log.contacts["value"]) == {"water", "food"}
    # Told again it is a correction, of the groups too.
    none = {name: page[name] for name in ("outcome", "arrived", "left")}
    log = counted(desk, {**tell, "answers": {**none, "groups": "0"}})
    assert (len(log.visits), len(log.groups)) == (1, 0)
    late = shown["stops"][-1]
    skipped = {"outcome": "skipped", "skip_reason": "closed"}
    log = counted(desk, {**tell, "stop": late["name"], "answers": skipped})
    assert sorted(log.visits["outcome"]) == ["done", "skipped"]
    # A page that is wrong is refused with its reason, and nothing is entered.
    wrong = {**tell, "answers": {**none, "groups": "2"}}
    refused = desk.ask("api/log/do", wrong).found
    assert not refused["passed"]
    assert "has no size" in repr(refused["lines"])
    # Who could guess what ties a page to its corrections could tie groups to visits.
    key = desk.folder / "desk" / "pages.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) == 64
    before = path.read_bytes()
    purge = {"do": "purge", "before": f"{date.today()}"}
    would = desk.ask("api/log/do", {**purge, "preview": True}).found["lines"]
    assert path.read_bytes() == before
    assert would[0]["en"].startswith("Would be purged: 0 tracks; of 0 groups")
    asked = story.PurgeLog(log=path, before=date.today(), preview=True)
    said = [line["en"] for line in would]
    assert list(story.purge_log(asked).shown) == said
    assert key.exists()
    desk.ask("api/log/do", {**purge, "preview": False})
    assert not key.exists()


def test_the_log_answers_where_the_run_is_of_a_study_that_was_replaced(
    generalised_run: tuple[Path, str], tmp_path: Path
) -> None:
    """Its stops are then called as the plan called them."""
    folder = offices.with_log(generalised_run[0], tmp_path / "office")
    shutil.rmtree(folder / "study")
    bbox = "20.55,42.75,21.2,43.25"
    new = story.Init(folder=folder / "study", title=offices.AREA, bbox=bbox)
    story.init(new)
    night = Night(Office(Desk(folder=folder, store=tmp_path / "store")))
    stops = Book(night).shown({})["stops"]
    assert len(stops) == 8
    assert all(isinstance(stop["label"], str) for stop in stops)


@pytest.mark.parametrize(
    ("clock", "planned", "meant"),
    [
        ("00:10", "2026-11-30 23:50", "2026-12-01 00:10"),
        ("23:50", "2026-12-01 00:10", "2026-11-30 23:50"),
        ("18:05", "2026-11-30 18:00", "2026-11-30 18:05"),
    ],
)
def test_a_clock_s_time_is_the_one_nearest_to_the_plan(
    clock: str, planned: str, meant: str
) -> None:
    near = datetime.fromisoformat(planned)
    assert moment_near(clock, near) == datetime.fromisoformat(meant)


def counted(desk: StartedDesk, what: dict[str, Any]) -> Log:
    """Tell a visit, and return what counts then."""
    told = desk.ask("api/log/do", what).found
    assert told["passed"], told
    return logs.retention.of_study(desk.folder / "log.gpkg", offices.AREA)


def test_pages_and_tracks_dropped_are_those_of_the_command(desk: StartedDesk) -> None:
    dropped = desk.ask("drop/log?name=x.csv", raw=b"a,b\n1,2\n", headers=FILE).found
    assert not dropped["passed"]
    assert "not an export of the visit form" in repr(dropped["lines"])
    refused = desk.ask("drop/withdraw?name=x.csv", raw=b"a,b\n", headers=FILE)
    assert refused.status == 400
    assert "holds no tracks" in repr(refused.found)


@pytest.mark.parametrize(("suffix", "language"), [(".xlsx", "sr"), (".csv", "sq")])
def test_a_table_of_a_night_is_filled_in_and_taken(
    desk: StartedDesk, tmp_path: Path, suffix: str, language: str
) -> None:
    """One stop is told in a spreadsheet; the others stay to be told."""
    log = tmp_path / "log.gpkg"
    shutil.copy(desk.folder / "log.gpkg", log)
    nights = story.Nights(log=log, study=desk.folder / "study")
    before = story.stops_of_night(nights)["stops"]
    untold = [stop["name"] for stop in before if "outcome" not in stop]
    assert len(untold) > 1
    file = tmp_path / f"night{suffix}"
    file.write_bytes(story.visits_table(nights, suffix, language))
    said = {"outcome": "done", "groups": "1", "size_1": "5_9"}
    if suffix == ".xlsx":
        book = openpyxl.load_workbook(file)
        sheet: Any = book.worksheets[0]
        assert sheet.max_row == len(untold) + 2
        place = {cell.value: cell.column for cell in sheet[1]}
        for name, text in said.items():
            sheet.cell(3, place[name]).value = text
        sheet.delete_rows(4, sheet.max_row)
        book.save(file)
    else:
        rows = pd.read_csv(file, sep=";", dtype=str)
        assert len(rows) == len(untold) + 1
        rows.iloc[1:2].assign(**said).to_csv(file, sep=";", index=False)
    outcome = story.add_to_log(story.AddToLog(log=log, files=[file]))
    assert outcome.passed, outcome.shown
    after = story.stops_of_night(nights)["stops"]
    (told,) = (stop for stop in after if stop["name"] == untold[0])
    assert told["outcome"] == "done"
    hours = (told["arrived"], told["left"])
    assert hours == (told["arrive"], told["depart"])
    assert [stop for stop in after if stop is not told] == [
        stop for stop in before if stop["name"] != untold[0]
    ]


def test_tables_and_briefs_are_saved_from_the_desk(desk: StartedDesk) -> None:
    for name in ("sightings_sq.xlsx", "places_sr.csv", "visits_en.csv"):
        answer = desk.ask(f"tables/{name}")
        assert answer.status == 200, name
        kept_as = answer.headers["content-disposition"]
        assert kept_as == f'attachment; filename="{name}"'
    for name in ("log_en.csv", "visits_de.csv", "places_en.ods"):
        assert desk.ask(f"tables/{name}").status == 404, name
    briefs = desk.folder / "brief"
    briefs.mkdir()
    (briefs / "2026-10.html").write_text("<script>1</script>", "utf-8")
    (briefs / ".2026-10.x.part.html").touch()
    (briefs / "link.html").symlink_to("/etc/hostname")
    assert desk.ask("api/leaving").found["briefs"] == ["2026-10.html"]
    answer = desk.ask("briefs/2026-10.html")
    assert answer.body == b"<script>1</script>"
    assert answer.headers["content-disposition"].startswith("attachment")
    for name in ("link.html", ".2026-10.x.part.html", "..%2flog.gpkg", "x"):
        assert desk.ask(f"briefs/{name}").status == 404, name
    shutil.rmtree(briefs)


def many(rows: int, columns: int) -> bytes:
    """Return a workbook of so many rows and columns."""
    book = openpyxl.Workbook()
    plain = io.BytesIO()
    book.save(plain)
    packed = io.BytesIO()
    row = f"<row>{'<c><v>1</v></c>' * columns}</row>"
    with (
        zipfile.ZipFile(plain) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name))
        head = "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        sheet = f"{head}<sheetData>{row * rows}</sheetData></worksheet>"
        new.writestr("xl/worksheets/sheet1.xml", sheet)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "cells"),
    [
        pytest.param("long.csv", lambda: b"1;2\n" * 100_001, "200,002", id="long text"),
        pytest.param(
            "wide.csv",
            lambda: (b"1," * 99 + b"1\n") * 34_000,
            "3,400,000",
            id="wide text",
        ),
        pytest.param(
            "long.xlsx", lambda: many(100_001, 1), "100,001", id="long workbook"
        ),
        pytest.param(
            "wide.xlsx",
            lambda: many(3_400, 600),
            "2,040,000",
            id="wide workbook",
            marks=pytest.mark.proof,
        ),
    ],
)
def test_a_file_of_more_rows_than_an_office_has_is_refused_unread(
    tmp_path: Path, name: str, data: Callable[[], bytes], cells: str
) -> None:
    table = Table(Office(Desk(folder=tmp_path)))
    table.drop(name, data())
    (said,) = lying(table)["unread"]
    assert f"{cells} cells, and at most 100,000 rows" in said["en"]
    assert "cut it into several files" in said["en"]
    assert "2,000,000 qeliza" in said["sq"]


def test_other_pages_answer_while_a_large_file_is_read(desk: StartedDesk) -> None:
    rows = "".join(
        f"A{n};sighting;42.89{n % 1000:03};20.8748;200;2026-01-1{n % 9};2;5\n"
        for n in range(20_000)
    )
    head = "id;kind;lat;lon;uncertainty_m;date_from;group_min;group_max\n"
    answers: list[int] = []
    dropped: list[Any] = []

    def drop() -> None:
        address = "drop/sightings?name=large.csv"
        data = (head + rows).encode()
        dropped.append(desk.ask(address, raw=data, headers=FILE))

    reading = threading.Thread(target=drop)
    reading.start()
    while reading.is_alive():
        answers.append(desk.ask("api/job?tab=test").status)
    assert dropped[0].status == 200
    assert len(answers) > 3
    assert set(answers) == {200}
    (file,) = desk.ask("api/sightings").found["files"]
    assert file["counts"]["used"] == 20_000
    desk.ask("api/sightings/do", {"do": "away", "file": file["file"]})
