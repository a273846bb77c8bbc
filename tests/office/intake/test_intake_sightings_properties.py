"""Whatever bytes come in, a report comes out, and no row is lost."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from folders import DATA
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from studies import example

from geo.schema import RECORDS, REJECTED
from layers.readers import bundled
from layers.readers.tabular import tables
from layers.readers.tabular.parsing import RefusedError, day, number
from mitrovica.intake import report as sightings
from mitrovica.intake.options import FileOptions
from mitrovica.intake.report import SightingsReport

BEGINNINGS = [b"", b"PK\x03\x04", b"SQLite format 3\x00", b"{", b"[", b"\xef\xbb\xbf", b"\xff\xfe",
              b"\xd0\xcf\x11\xe0", b"id,kind,lat,lon,uncertainty_m\n",
              b"id;kind;lat;lon\n"]  # fmt: skip
OPTIONS = [
    None,
    FileOptions(drop_personal=True),
    FileOptions(decimal=",", dates="dmy", sheet="s"),
]

CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "nan", "-inf", "1,5", "1.500", "42,893", "20.87", "sighting", "visit",
                     "03/04/2021", "31.12.2020", "44 123 456", "a@b.co", "S1", "1e99", "9" * 400,
                     "42.9 20.8 500 4", "water food", "\ud800", "\x00", "=1+1"]),
)  # fmt: skip
HEADERS = st.lists(
    st.sampled_from([*RECORDS.names, "g/lat", "_gps_latitude", "_gps_longitude", "gps", "needs/x",
                     "_uuid", "KEY", "name", "note[1]/x", ""]) | st.text(max_size=8),
    min_size=1, max_size=30,
)  # fmt: skip


@cache
def records() -> gpd.GeoDataFrame:
    return bundled.records()


def read(
    folder: Path, *contents: bytes, options: FileOptions | None = None
) -> SightingsReport:
    """Read files of these contents together, and check what holds of every report."""
    paths = [folder / f"any{i}" for i in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    report = sightings.read(*paths, options=options or example.OPTIONS)
    assert report.rows == len(report.accepted) + len(report.visits) + len(
        report.rejected
    )
    assert not report.rejected.duplicated(["file", "row"]).any()
    assert list(report.rejected.columns) == REJECTED.names
    assert bool(report.faults) or report.rejected.empty
    for text in report.lines():
        text.encode("utf-8")
        assert text.isprintable(), repr(text)
    return report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytes")


@given(
    beginning=st.sampled_from(BEGINNINGS),
    ending=st.binary(max_size=400),
    options=st.sampled_from(OPTIONS),
)
def test_any_bytes_give_a_report(
    folder: Path, beginning: bytes, ending: bytes, options: FileOptions | None
) -> None:
    read(folder, beginning + ending, options=options)


@given(
    header=HEADERS,
    rows=st.lists(st.lists(CELLS, max_size=30), max_size=6),
    separator=st.sampled_from(",;\t"),
    options=st.sampled_from(OPTIONS),
)
def test_any_table_gives_a_report(
    folder: Path,
    header: list[str],
    rows: list[list[str]],
    separator: str,
    options: FileOptions | None,
) -> None:
    lines = [header, *([*row, *[""] * len(header)][: len(header)] for row in rows)]
    text = "\n".join(
        separator.join(f'"{cell.replace(chr(34), "")}"' for cell in x) for x in lines
    )
    read(folder, text.encode("utf-8", "surrogatepass"), options=options)


PERSONAL = st.one_of(
    st.from_regex(r"\+383 4[3-9] [0-9]{3} [0-9]{3}", fullmatch=True),
    st.from_regex(r"04[3-9]/[0-9]{3}-[0-9]{3}", fullmatch=True),
    st.from_regex(r"[a-z]{2,8}\.[a-z]{2,8}@[a-z]{3,8}\.(com|net|rs)", fullmatch=True),
    st.from_regex(r"[KP][0-9]{8}", fullmatch=True),
    st.from_regex(r"[0-9]{13}", fullmatch=True),
)


@given(
    secret=PERSONAL,
    column=st.sampled_from(
        [
            *(name for name in RECORDS.names if name not in {"id", "relates_to"}),
            "remark",
            "extra",
        ]
    ),
    row=st.integers(0, 6),
    around=st.sampled_from(["{}", "call {} now", "({})"]),
    drop=st.booleans(),
)
def test_a_personal_value_gets_out_nowhere(
    folder: Path, secret: str, column: str, row: int, around: str, drop: bool
) -> None:
    frame = records().drop(columns="geometry").astype(object)
    frame[["remark", "extra"]] = "x"
    frame.loc[row, column] = around.format(secret)
    report = read(
        folder,
        frame.to_csv(index=False).encode(),
        options=FileOptions(drop_personal=drop),
    )
    out = [
        *report.lines(),
        str(report),
        report.rejected.to_csv(),
        report.accepted.to_csv(),
    ]
    assert not any(secret in text for text in out)
    if drop:
        (file,) = {name.partition(":")[0] for name in report.ignored_columns}
        assert f"{file}: {column}" in report.ignored_columns
    else:
        assert [fault.column for fault in report.faults] == [column]


ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c", "d", "e", "f"]),
        "kind": st.sampled_from(["sighting", "visit", "Sighting", "", "what"]),
        "gps": st.sampled_from(
            ["", "", "42.9 20.86 500 4", "42.89 20.87 500 0", "52.9 20.86 1 4"]
        ),
        "uncertainty_m": st.sampled_from(["100", "5", "1,5", "1.500", "", "many"]),
        "date_from": st.sampled_from(
            ["2021-03-04", "03/04/2021", "31.12.2020", "", "2031-01-01"]
        ),
        "date_to": st.sampled_from(["2021-03-05", "2021-01-01", ""]),
        "group_min": st.sampled_from(["3", "9", ""]),
        "group_max": st.sampled_from(["5", "2", ""]),
        "needs": st.sampled_from(["", "water food", "gold"]),
        "relates_to": st.sampled_from(["", "", "a", "b", "z"]),
        "note": st.sampled_from(["", "by the river", "Ana Ilic", "# x"]),
        "remark": st.sampled_from(["", "", "Ana Ilic", "two words"]),
    }
)


@given(
    how=st.sampled_from(["csv", "parquet"]),
    rows=st.lists(ROWS, min_size=1, max_size=6),
    chunk=st.integers(1, 3),
    drop=st.booleans(),
)
def test_a_table_says_the_same_in_batches_of_any_size(
    folder: Path, how: str, rows: list[dict[str, str]], chunk: int, drop: bool
) -> None:
    frame, file = pd.DataFrame(rows), folder / "chunks"
    if how == "csv":
        frame.to_csv(file, index=False)
    else:
        frame.assign(uncertainty_m=range(len(frame))).replace("", None).to_parquet(file)
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for size in (50_000, chunk):
            patch.setattr(tables, "BATCH", size)
            one = sightings.read(
                file, options=replace(example.OPTIONS, drop_personal=drop)
            )
            found.append(
                (one.accepted, one.visits, one.rejected, one.lines(), one.faults)
            )
    for whole, parts in zip(*[each[:3] for each in found], strict=True):
        assert_frame_equal(whole, parts)
    assert found[0][3:] == found[1][3:]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "kind", "lat", "type", "coordinates", "x"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    features=st.lists(
        st.fixed_dictionaries(
            {
                "properties": st.dictionaries(
                    st.sampled_from(RECORDS.names), JSON, max_size=8
                )
            },
            optional={"geometry": JSON, "id": JSON},
        )
        | JSON,
        max_size=4,
    )
)
def test_any_json_gives_a_report(folder: Path, features: list[object]) -> None:
    read(
        folder, json.dumps({"type": "FeatureCollection", "features": features}).encode()
    )


@given(st.floats(-90, 90).map(lambda x: round(x, 5)), st.sampled_from(".,"))
def test_a_latitude_reads_back_in_either_convention(value: float, mark: str) -> None:
    text = f"{value:.5f}".replace(".", mark)
    assert number(text, RECORDS["lat"], FileOptions()) == pytest.approx(
        value, abs=1e-12
    )


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)))
def test_days_read_back_in_every_unequivocal_form(value: date) -> None:
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d. %m. %Y.", "%Y-%m-%dT%H:%M:%S"):
        assert day(f"{value:{form}}", FileOptions()).date() == value


@given(st.text(max_size=20))
def test_a_number_or_day_is_read_or_refused_with_a_fix(text: str) -> None:
    for attempt in (
        lambda: number(text, RECORDS["group_min"], FileOptions()),
        lambda: day(text, FileOptions()),
    ):
        try:
            attempt()
        except RefusedError as refused:
            assert refused.problem
            assert refused.fix


@cache
def real_files() -> dict[str, bytes]:
    """Return a good file of every format."""
    good = records()
    book, sheet = openpyxl.Workbook(), io.BytesIO()
    page = book.worksheets[0]
    page.append(list(good.columns[:-1]))
    cells = good.drop(columns="geometry").astype(object)
    for row in cells.where(cells.notna(), None).itertuples(index=False):
        page.append(list(row))
    book.save(sheet)
    parquet = io.BytesIO()
    good.to_parquet(parquet)
    twelve = (DATA / "sightings_twelve_bad.csv").read_bytes()
    return {
        "csv": twelve,
        "semicolons": twelve.decode().replace(",", ";").encode("cp1250"),
        "geojson": good.to_json(default=str).encode(),
        "xlsx": sheet.getvalue(),
        "gpkg": geopackage(),
        "parquet": parquet.getvalue(),
    }


def geopackage() -> bytes:
    with TemporaryDirectory() as folder:
        records().to_file(f"{folder}/s.gpkg", layer="s")
        return Path(folder, "s.gpkg").read_bytes()


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Return the bytes with a few changed, cut, doubled or moved."""
    out = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(out) + 1)
        match draw.randrange(5):
            case 0:
                out[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                del out[at : at + draw.randint(1, 40)]
            case 2:
                out[at:at] = draw.choice(
                    [b",", b";", b'"', b"\n", b"\x00", b"\xff", b"<", b"}", b"-"]
                )
            case 3:
                out[at:at] = out[at : at + draw.randint(1, 60)]
            case 4:
                del out[at:]
    return bytes(out)


def remade(data: bytes, draw: random.Random) -> bytes:
    """Return a workbook whose archive is sound and whose sheets are mutated."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        hit = draw.choice(names)
        for name in names:
            part = old.read(name)
            new.writestr(name, mutated(part, draw) if name == hit else part)
    return out.getvalue()


def outcome(report: SightingsReport, file: str) -> str:
    faults = [fault for fault in report.faults if fault.file == file]
    if any(fault.row == 0 for fault in faults):
        return "file refused"
    return "rows used and rejected" if faults else "all rows used"


def run_random(folder: Path, count: int, seed: int) -> Counter[tuple[str, str]]:
    """Read random bytes and random text, fifty files at a time."""
    draw = random.Random(seed)
    letters = 'id,kind;lat\n\t "0123456789.-/{}[]:abcžЖ'
    outcomes: Counter[tuple[str, str]] = Counter()
    for kind in ("random bytes", "random text"):
        for _ in range(count // 100):
            contents = [
                draw.choice(BEGINNINGS) + draw.randbytes(draw.randint(0, 300))
                if kind == "random bytes"
                else "".join(draw.choices(letters, k=draw.randint(0, 200))).encode()
                for _ in range(50)
            ]
            report = read(folder, *contents, options=draw.choice(OPTIONS))
            outcomes.update((kind, outcome(report, f"any{i}")) for i in range(50))
    return outcomes


def run_mutations(folder: Path, count: int, seed: int) -> Counter[tuple[str, str]]:
    """Read mutated files of every format, one at a time: their ids are the same."""
    draw = random.Random(seed)
    files = real_files()
    outcomes: Counter[tuple[str, str]] = Counter()
    for _ in range(count):
        kind = draw.choices([*files, "xlsx inside"], weights=[4, 3, 4, 1, 1, 1, 2])[0]
        original = files.get(kind, files["xlsx"])
        data = (remade if kind == "xlsx inside" else mutated)(original, draw)
        report = read(folder, data, options=draw.choice(OPTIONS))
        outcomes[kind, outcome(report, "any0")] += 1
    return outcomes


def test_the_files_to_mutate_are_good(folder: Path) -> None:
    for kind, data in real_files().items():
        report = read(folder, data)
        assert len(report.accepted) == (30 if kind in {"csv", "semicolons"} else 7), (
            kind
        )


def test_random_and_mutated_files_give_a_report(folder: Path) -> None:
    outcomes = run_random(folder, 100, seed=1) + run_mutations(folder, 7, seed=1)
    assert outcomes.total() == 107


@pytest.mark.proof
def test_100_000_random_and_mutated_files_give_a_report(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = run_random(folder, 60_000, seed=2) + run_mutations(
        folder, 40_000, seed=2
    )
    assert outcomes.total() == 100_000
    with capsys.disabled():
        print()
        for (kind, what), count in sorted(outcomes.items()):
            print(f"{kind:12} {what:24} {count:7}")
