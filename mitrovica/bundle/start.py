"""Start the desk of the office; the first time, put the program in place, without a network.

What follows on the command line is given to ``mitrovica`` instead.
"""

import filecmp
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
WANTED = HERE / "requirements.txt"
ENVIRONMENT = HERE / "environment"
MADE = ENVIRONMENT / WANTED.name
"""Written last: an environment without it is made anew."""
FOLDER = "Scripts" if os.name == "nt" else "bin"
PYTHON = ENVIRONMENT / FOLDER / "python"
OFFICE = Path.home() / "mitrovica-office"


def main() -> int:
    """Start the program, and return how it ended."""
    version = (HERE / "python.txt").read_text("utf-8").strip()
    found = f"{sys.version_info.major}.{sys.version_info.minor}"
    if found != version or sys.maxsize < 1 << 32:
        sys.exit(
            f"This folder is for Python {version} of 64 bits, and this is {found}. Fix: install "
            f"Python {version}, and start again"
        )
    for name in ("PYTHONHOME", "PYTHONPATH"):
        os.environ.pop(name, None)
    # Nothing else of the machine stands in for our packages: not the folder that is open.
    os.environ |= {
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
    }
    if not is_in_place():
        put_in_place()
    arguments = sys.argv[1:]
    if not arguments:
        OFFICE.mkdir(mode=0o700, exist_ok=True)
        arguments = ["desk", str(OFFICE)]
    with subprocess.Popen([PYTHON, "-m", "mitrovica", *arguments]) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:  # It is the program's, too.
                continue


def is_in_place() -> bool:
    """Return whether the environment is whole, of this folder's packages, and starts."""
    if not MADE.is_file() or not filecmp.cmp(MADE, WANTED, shallow=False):
        return False
    try:
        return subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0
    except OSError:  # The folder was moved away from its Python.
        return False


def put_in_place() -> None:
    """Make an environment of its own, and install the packages, each by its hash."""
    print("The program is put in place, once. Please wait.", flush=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    venv.create(ENVIRONMENT, symlinks=os.name != "nt")
    (pip,) = (HERE / "wheels").glob("pip-*.whl")
    command: list[str | Path] = [PYTHON, pip / "pip", "install", "--quiet"]
    command += ["--no-index", "--find-links", HERE / "wheels", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "-r", WANTED]
    if subprocess.run(command, check=False).returncode:
        sys.exit(
            f"The program could not be put in place. Fix: copy {HERE} anew, to a disk with 2 GB "
            "of room where you may write, and start again"
        )
    shutil.copy(WANTED, MADE)


if __name__ == "__main__":
    sys.exit(main())
