"""The office's folder as one encrypted file, and back: study, log, register, partners, briefs.

A key of 256 bits is made of a passphrase with scrypt [1]_; a zip archive is sealed with it by
AES-GCM [2]_, which refuses a file of which a single bit is other.

References
----------
.. [1] C. Percival, S. Josefsson, "The scrypt Password-Based Key Derivation Function", RFC 7914,
   2016.
.. [2] M. Dworkin, "Galois/Counter Mode (GCM)", NIST SP 800-38D, 2007.
"""

import io
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from layers.complaints import UserError
from layers.files import atomic, kept
from layers.log import store
from layers.readers import study
from layers.releases import partners, register

HEAD: Final = b"mitrovica-corridors backup 2\n"
"""How the file begins; behind it stand salt and nonce, and then what is sealed."""
SALT: Final = 16
NONCE: Final = 12
WORK: Final = 2**17
"""The cost of a guess, as OWASP advises for scrypt: 128 MB of memory."""
SHORTEST: Final = 12
"""Least characters of a passphrase: who finds the file may try for years."""
PARTS: Final = ("office", "study", "briefs")
"""Folders inside a backup: the office's own folder, the study, and the briefs."""


def of_office(log: Path, register_file: Path) -> dict[str, Path]:
    """Return the files of the office's own folder that go into a backup, by name.

    Log and register are read first: what is damaged is no backup.
    """
    store.read(log)
    register.read(register_file)
    files = {
        "log.gpkg": log,
        "releases.jsonl": register_file,
        partners.FILE: partners.at(register_file),
    }
    files["people.toml"] = kept.folder() / "people.toml"
    inside = register_file.parent / "releases"
    files |= {
        f"releases/{name}": path for name, path in of_folder(inside).items()
    }
    return {
        f"office/{name}": path for name, path in files.items() if path.exists()
    }


def of_folder(folder: Path) -> dict[str, Path]:
    """Return the files in a folder and below, by name; links are left out."""
    files = (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    )
    return {path.relative_to(folder).as_posix(): path for path in files}


def back_up(
    file: Path, passphrase: str, files: Mapping[str, Path]
) -> list[str]:
    """Write files, by their names inside, to one encrypted file, and read it again whole.

    Raises `UserError` where the file exists already, or the passphrase is too short.
    """
    if file.exists():
        raise UserError(f"{file} exists already. Fix: name another file")
    if len(passphrase) < SHORTEST:
        raise UserError(
            f"the passphrase has {len(passphrase)} characters. Fix: at least {SHORTEST}, such as "
            "five words drawn at random"
        )
    contents = {name: path.read_bytes() for name, path in files.items()}
    sealed = _sealed(_packed(contents), passphrase)
    with atomic.owner_only(), atomic.file(file) as part:
        part.write_bytes(sealed)
        if opened(part, passphrase) != contents:
            raise UserError(
                f"{file} does not hold what was written. Fix: name another disk"
            )
    count = Counter(name.partition("/")[0] for name in files)
    counts = ", ".join(f"{count[part]} of {part}" for part in PARTS)
    return [
        f"Wrote {file}: {counts}. Read again and whole",
        "Keep the passphrase apart from it: without it nobody can open the file",
    ]


def opened(file: Path, passphrase: str) -> dict[str, bytes]:
    """Return what a backup holds, by name, once all of it is checked.

    Raises `UserError` where the passphrase is wrong, the file is no backup or damaged, or a name
    would lead out of its folder.
    """
    content = file.read_bytes()
    head = content[: len(HEAD)]
    secret = content[len(HEAD) :]
    salt = secret[:SALT]
    nonce = secret[SALT : SALT + NONCE]
    if head != HEAD or len(nonce) < NONCE:
        raise UserError(
            f"{file} is no backup of this program. Fix: name another file"
        )
    sealed = secret[SALT + NONCE :]
    try:
        packed = AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, HEAD)
    except InvalidTag as error:
        raise UserError(
            f"{file} does not open. Fix: type the passphrase again; if it is right, the file is "
            "damaged: take another copy"
        ) from error
    return unpacked(packed, file)


def unpacked(packed: bytes, file: Path) -> dict[str, bytes]:
    """Return what an archive in a file holds, by name, once all of it is checked; see `opened`."""
    try:
        with ZipFile(io.BytesIO(packed)) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
    except BadZipFile as error:
        raise UserError(
            f"{file} is damaged ({error}). Fix: take another copy"
        ) from error
    for name in contents:
        if not _is_inside(name):
            raise UserError(
                f"{file} holds {name!r}, which no backup does. Fix: take another copy"
            )
    return contents


def restore(
    file: Path, passphrase: str, folders: Mapping[str, Path]
) -> list[str]:
    """Put what a backup holds into folders, by part; all of it or nothing, and nothing replaced.

    A folder in which a program was stopped half-way says so to the next command.  Before
    anything is written, log, register, list and study are read as the commands read them.
    Raises `UserError` as `opened`; where one of them cannot be used, which says what to do; and
    where a file is there already.
    """
    contents = opened(file, passphrase)
    used: dict[str, Path] = {}
    content_by_path: dict[Path, bytes] = {}
    for name, content in contents.items():
        part, _, rest = name.partition("/")
        used[part] = folders[part]
        content_by_path[folders[part] / rest] = content
    _require_nothing_else(content_by_path)
    with atomic.owner_only(), TemporaryDirectory() as trial:
        with atomic.naming(Path(trial)):
            _write(Path(trial), contents)
        _require_usable(Path(trial), contents)
    with atomic.owner_only(), ExitStack() as stack:
        hidden: dict[Path, Path] = {}
        for path, content in content_by_path.items():
            if not path.exists():
                beside_it = stack.enter_context(atomic.aside(path))
                beside_it.write_bytes(content)
                atomic.sync(beside_it)
                hidden[beside_it] = path
        with kept.filling(used.values()):
            atomic.put(hidden)
    listed = ", ".join(map(str, used.values()))
    return [f"Restored {len(contents)} files of {file} to {listed}"]


def _require_nothing_else(content_by_path: Mapping[Path, bytes]) -> None:
    """Refuse paths at which something else lies; the same is from a restore that was stopped."""
    there = [
        str(path)
        for path, content in content_by_path.items()
        if path.exists() and path.read_bytes() != content
    ]
    if there:
        more = ", …" if len(there) > 5 else ""
        raise UserError(
            f"{', '.join(there[:5])}{more}: there already, and a restore replaces nothing. "
            "Fix: move them away, or name other folders"
        )


def _require_usable(folder: Path, names: Iterable[str]) -> None:
    """Read log, register, list of partners and study as the commands do."""
    office = folder / "office"
    store.read(office / "log.gpkg")
    register.read(office / "releases.jsonl")
    partners.read(office / partners.FILE, datetime.now(UTC).date())
    if "study/study.toml" in set(names):
        opened_study = study.read(folder / "study")
        opened_study.report_tables()


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=WORK, r=8, p=1).derive(
        passphrase.encode()
    )


def _sealed(packed: bytes, passphrase: str) -> bytes:
    salt = secrets.token_bytes(SALT)
    nonce = secrets.token_bytes(NONCE)
    return (
        HEAD
        + salt
        + nonce
        + AESGCM(_key(passphrase, salt)).encrypt(nonce, packed, HEAD)
    )


def _packed(contents: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _is_inside(name: str) -> bool:
    """Return whether a name lies in one of the parts, and leads nowhere else."""
    path = PurePosixPath(name)
    plain = (
        not path.is_absolute() and ".." not in path.parts and "\\" not in name
    )
    return plain and len(path.parts) > 1 and path.parts[0] in PARTS


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
