"""Everything that can be found out about the code without running the panel."""

import base64
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tools.environment import PYTHON, ROOT, VENV

Check = tuple[str, list[str]]


def run_checks(environment: dict[str, str]) -> int:
    """Runs every check, also after one has failed. Returns 0, or 1 after naming those that failed."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="neopanel-check-") as folder:
        here = environment | {"NEOPANEL_DATA_DIR": folder}
        for name, command in checks():
            started = time.monotonic()
            settings = production(here) if name == "deployment" else here
            code = subprocess.run(command, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, check=False).returncode
            print(f"{'FAILED' if code else 'ok':<6} {name} ({time.monotonic() - started:.1f} s)", flush=True)
            if code:
                failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}.", flush=True)
        return 1
    print("All checks passed.", flush=True)
    return 0


def checks() -> Iterator[Check]:
    def module(*words: str) -> list[str]:
        return [str(PYTHON), "-m", *words]

    manage = [str(PYTHON), "manage.py"]
    yield "lint", module("ruff", "check", "--quiet", ".")
    yield "format", module("ruff", "format", "--check", ".")
    if templates := sorted(str(path) for path in template_files()):
        yield "templates", [str(VENV / "bin" / "djade"), "--check", "--target-version", "5.2", *templates]
    yield "types", module("mypy")
    yield "migrations", [*manage, "makemigrations", "--check", "--dry-run"]
    yield "deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"]
    yield "branches of the doors", module("tools.doors")
    yield "architecture and locks", module("pytest", "-q", "tests/test_architecture.py", "tests/test_locks.py")


def template_files() -> Iterator[Path]:
    yield from (ROOT / "templates").rglob("*.html")
    yield from ROOT.glob("*/templates/**/*.html")


def production(environment: dict[str, str]) -> dict[str, str]:
    """The settings of a safe shop, with secrets that nobody keeps."""
    return environment | {
        "NEOPANEL_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "NEOPANEL_FIELD_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "ALLOWED_HOSTS": "shop.example.com",
        "EMAIL_URL": "smtp+tls://shop:secret@mail.example.com:587",
    }
