"""The project's own Python environment in `.venv/`, made once and brought up to date when a lock file changes."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.system import apt_install

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed.json"
RUNTIME_LOCK = ROOT / "requirements.lock"
DEVELOPMENT_LOCK = ROOT / "requirements-dev.lock"
BUCKET_LOCK = ROOT / "requirements-s3.lock"

NO_INSTALLER = (
    "This Python has neither ensurepip nor pip, and uv is not here either: "
    "install the package python3-venv (Debian, Ubuntu) or uv, then run this again."
)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of several starts in the same project folder, one sets up while the others wait."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def ensure(locks: Sequence[Path]) -> None:
    """Afterwards `.venv/` holds every package of `locks`. Does nothing where it already did.

    Exits with one sentence where this machine offers no way to install packages.
    """
    python = python_version()
    if stamps(locks, python).items() <= read_stamp(STAMP).items():
        return
    if not (VENV / "lib" / f"python{python}").is_dir() or installer() is None:
        make()
        python = python_version()
    print(f"Installing packages into {VENV.name}/ (once; it takes a moment) ...", flush=True)
    install(locks)
    STAMP.write_text(json.dumps(read_stamp(STAMP) | stamps(locks, python)))


def runtime_locks() -> list[Path]:
    """What the panel needs to run with the settings of this environment: more where uploads are kept in a bucket."""
    return [RUNTIME_LOCK, *([BUCKET_LOCK] if os.environ.get("NEOPANEL_UPLOADS") else [])]


def stamps(locks: Sequence[Path], python: str) -> dict[str, str]:
    return {lock.name: stamp_of(lock.read_bytes(), python) for lock in locks}


def stamp_of(lock: bytes, python: str) -> str:
    """What was installed: it differs when the lock file differs, or the Python it was installed for."""
    return hashlib.sha256(lock + python.encode()).hexdigest()


def read_stamp(file: Path) -> dict[str, str]:
    """What earlier calls installed, by lock file; nothing where the file is missing or half written."""
    try:
        stamp = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def python_version() -> str:
    """`3.11` for the environment's Python; empty where there is none, or it does not start."""
    if not PYTHON.exists():
        return ""
    asked = subprocess.run(
        [PYTHON, "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip()


def installer() -> list[str] | None:
    """The command that installs into the environment, before its arguments; None where there is no such program."""
    if any(VENV.glob("lib/python*/site-packages/pip/__main__.py")):
        return [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    if succeeds(sys.executable, "-m", "pip", "--version"):
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
        return [*pip, "install", "-qq", "--disable-pip-version-check"]
    return None


def make() -> None:
    """A fresh environment, by the first way that works: ensurepip, uv or the system's pip, the system's package."""
    shutil.rmtree(VENV, ignore_errors=True)
    if succeeds(sys.executable, "-c", "import ensurepip"):
        venv.create(VENV, with_pip=True)
        return
    venv.create(VENV, with_pip=False)
    if installer():
        return
    if not apt_install("python3-venv", why="Python has no pip here"):
        raise SystemExit(NO_INSTALLER)
    shutil.rmtree(VENV)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], stdout=subprocess.DEVNULL, check=False)
    if made.returncode:
        raise SystemExit(NO_INSTALLER)


def install(locks: Sequence[Path]) -> None:
    command = installer()
    if command is None:
        raise SystemExit(NO_INSTALLER)
    files = [part for lock in locks for part in ("-r", str(lock))]
    # uv brings certificates of its own; behind a company's proxy only the system's are right, and pip uses those.
    environment = {"UV_SYSTEM_CERTS": "1"} | os.environ
    if subprocess.run([*command, "--require-hashes", *files], cwd=ROOT, env=environment, check=False).returncode:
        raise SystemExit("The packages could not be installed: the lines above say why.")


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
