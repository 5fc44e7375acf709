"""A copy of the whole database in one file, taken while the shop runs, and looked at before anybody relies on it."""

import os
import shutil
import sqlite3
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

# How libpq's programs read from the environment what the driver is told by name.
ADDRESS = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


PAST_THE_POOLER = (
    "No backup through a pooler: run it with NEOPANEL_POOLED=false and the server's own address in DATABASE_URL."
)


class BackupFailed(Exception):
    """There is no backup; the message says why, for the person at the terminal. Nothing was left behind."""


@dataclass(frozen=True)
class Backup:
    path: Path
    bytes: int
    entries: int | None  # ledger entries in the copy; None where the copy's rows cannot be counted without a restore


def take(path: Path) -> Backup:
    """Writes a verified copy to `path`, which must not exist yet; the file is readable by its owner alone.

    Raises BackupFailed. A half-written copy never has the name `path`.
    """
    if settings.POOLED:  # pg_dump changes its session, and the pool would hand that session to the shop afterwards
        raise BackupFailed(PAST_THE_POOLER)
    path = path.absolute()
    if path.exists() or path.is_symlink():
        raise BackupFailed(f"{path} exists already. A backup never overwrites anything: choose another name.")
    if not path.parent.is_dir():
        raise BackupFailed(f"There is no folder {path.parent}.")
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        entries = None
        if connection.vendor == "sqlite":
            entries = _from_sqlite(unfinished)
        else:
            _from_postgres(unfinished)
        with open(unfinished, "rb") as written:
            os.fsync(written.fileno())
        # Unlike a rename this fails where somebody made the file meanwhile.
        os.link(unfinished, path)
    except FileExistsError:
        raise BackupFailed(f"{path} exists already. A backup never overwrites anything: choose another name.") from None
    except OSError as error:
        raise BackupFailed(f"The backup could not be written: {error.strerror or error}.") from None
    finally:
        for leftover in ("", "-journal", "-wal", "-shm"):
            Path(f"{unfinished}{leftover}").unlink(missing_ok=True)
    return Backup(path, path.stat().st_size, entries)


def _from_sqlite(target: Path) -> int:
    """By SQLite's online backup: one moment of the database, while others go on writing."""
    connection.ensure_connection()
    source = sqlite3.connect(f"{Path(connection.settings_dict['NAME']).absolute().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        # The copy is one file, without a log beside it that somebody would forget to move along.
        copy.execute("PRAGMA journal_mode = DELETE")
        said = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            raise BackupFailed(f"The copy is not sound: {said}")
        return copy.execute("SELECT COUNT(*) FROM orders_ledgerentry").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite could not copy the database: {error}.") from None
    finally:
        copy.close()
        source.close()


def _from_postgres(target: Path) -> None:
    """By pg_dump in its custom format; pg_restore must be able to read the list of what is in it."""
    dumped = _run(_program("pg_dump"), "--format=custom", "--no-password", f"--file={target}", environment=_address())
    if dumped:
        raise BackupFailed(f"pg_dump failed: {dumped}")
    if unreadable := _run(_program("pg_restore"), "--list", str(target), environment=_address()):
        raise BackupFailed(f"The copy cannot be read back: {unreadable}")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(f"{name} is not on the PATH: install PostgreSQL's client programs, in the server's version.")
    return found


def _run(*command: str, environment: dict[str, str]) -> str:
    """Runs one of PostgreSQL's programs; its complaint where it failed, in one line, else nothing."""
    done = subprocess.run(  # noqa: S603 (a program from the PATH that the operator keeps, without a shell)
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else " ".join(done.stderr.split()) or f"exit code {done.returncode}"


def _address() -> dict[str, str]:
    """Where the database is, by the environment: an argument would show the password to everybody on the machine."""
    params = connection.get_connection_params()  # a socket's folder stands in the options
    return os.environ | {name: str(params[key]) for key, name in ADDRESS.items() if params.get(key)}
