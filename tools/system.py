"""Programs of the machine: finding them, and installing the system's package where that is allowed."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_CHROMIUM = "The browser journeys need Chromium: install the package chromium, or set CHROMIUM to the program's path."
NO_PGBOUNCER = (
    "The tests through a pooler need PgBouncer: install the package pgbouncer, or set PGBOUNCER to the program's path."
)
NO_GETTEXT = "The tests of translations need the programs of gettext: install the package gettext."
NO_DRIVER = "The browser journeys need Playwright's driver, which does not start: install the package libatomic1."


def apt_install(*packages: str, why: str) -> bool:
    """Installs packages with apt, as root or by sudo that asks nothing. False where that cannot be done or fails."""
    if not shutil.which("apt-get"):
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and (not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], check=False).returncode):
        return False
    print(f"{why}; installing {' '.join(packages)} with apt-get ...", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "env": environment}
    apt = [*as_root, "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"]
    # An index that cannot be refreshed in every part may still hold the package: the second step decides.
    subprocess.run([*apt, "update"], check=False, **quiet)
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    return subprocess.run(install, check=False, **quiet).returncode == 0


def find_chromium() -> str | None:
    """The path of Chromium: the one that `CHROMIUM` names, else the first on the PATH."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def ensure_chromium() -> str:
    """The path of Chromium, installed first where it is missing and may be. Exits with one sentence otherwise."""
    found = find_chromium()
    if not found and not os.environ.get("CHROMIUM"):
        apt_install("chromium", "fonts-liberation", why="Chromium is missing")
        found = find_chromium()
    if not found:
        raise SystemExit(NO_CHROMIUM)
    return found


def ensure_gettext() -> None:
    """xgettext and its like, installed first where they are missing and may be. Exits with one sentence otherwise."""
    if not shutil.which("xgettext"):
        apt_install("gettext", why="gettext is missing")
        if not shutil.which("xgettext"):
            raise SystemExit(NO_GETTEXT)


def find_pgbouncer() -> str | None:
    """The path of PgBouncer: the one that `PGBOUNCER` names, else on the PATH, else where Debian puts it."""
    if named := os.environ.get("PGBOUNCER"):
        return shutil.which(named)
    return shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


def ensure_pgbouncer() -> str:
    """The path of PgBouncer, installed first where it is missing and may be. Exits with one sentence otherwise."""
    found = find_pgbouncer()
    if not found and not os.environ.get("PGBOUNCER"):
        apt_install("pgbouncer", why="PgBouncer is missing")
        found = find_pgbouncer()
    if not found:
        raise SystemExit(NO_PGBOUNCER)
    return found


def ensure_driver(environment: Path) -> None:
    """Playwright's own node starts; on a bare Debian it misses one library. Exits with one sentence otherwise."""
    for node in environment.glob("lib/python*/site-packages/playwright/driver/node"):
        if not starts(node):
            apt_install("libatomic1", why="Playwright misses a library")
            if not starts(node):
                raise SystemExit(NO_DRIVER)


def starts(program: Path) -> bool:
    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
