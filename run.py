#!/usr/bin/env python3
"""Sets the project up, starts it, tests it. Python 3.11 or newer is all it needs; everything else goes into .venv/.

    python3 run.py                  set up, load the demo shop, start everything; Ctrl-C stops it
    python3 run.py web              the web server alone, on HOST and PORT
    python3 run.py worker [...]     the worker alone
    python3 run.py test [...]       all tests, on SQLite, PostgreSQL and through PgBouncer; arguments go to pytest
    python3 run.py check            lint, types, templates, migrations, deployment, architecture, locks
    python3 run.py bench [...]      benchmarks
    python3 run.py look [...]       a picture of every page, and contact sheets, in screenshots/
    python3 run.py manage ...       any Django command

The environment names that change how it starts are in docs/operations.md.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an older one is told so, in one sentence)
    sys.exit("neopanel needs Python 3.11 or newer; this is Python " + sys.version.split()[0] + ".")

import fcntl
import http.client
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tools.environment import DEVELOPMENT_LOCK, PYTHON, ROOT, RUNTIME_LOCK, VENV, ensure, one_at_a_time, runtime_locks
from tools.postgres import find_programs
from tools.processes import Part, run_together
from tools.quality import run_checks
from tools.system import ensure_chromium, ensure_driver, ensure_gettext, ensure_pgbouncer
from tools.testing import run_tests

DEMO_PASSWORD = "neopanel-demo"  # noqa: S105 (shown on the sign-in page of the demo)
DEMO_PEOPLE = ("customer", "customer2", "agent", "lead", "editor", "reviewer", "operator", "admin")
WEB_PROCESSES, WEB_THREADS = 2, 8
# Longer than nginx keeps a connection to us (60): whoever sends must be the one that closes, or a form meets a closed connection.
KEEP_ALIVE_SECONDS = 75
# Tests and checks choose their own settings: what is set for a shop on this machine must not change their outcome.
SHOP_NAMES = {"PORT", "HOST", "DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "CACHE_URL", "LOG_LEVEL"}
SHOP_NAMES |= {"TIME_ZONE", "LANGUAGE_CODE", "CONN_MAX_AGE", "CSRF_TRUSTED_ORIGINS", "DEFAULT_FROM_EMAIL"}
SHOP_NAMES |= {"DJANGO_SETTINGS_MODULE"}


def run(arguments: list[str]) -> int:
    """The whole shop: web server, worker and, in the demo, a provider to order from."""
    if arguments:
        sys.exit(f"run takes no arguments (not {arguments[0]!r}); PORT and HOST say where it answers.")
    host, port = address()
    refuse_taken(host, port)
    environment = serving_environment()
    site, others = Part("web server", web_command(host, port)), [Part("worker", manage_command("worker"))]
    if in_production():
        prepare(environment)
    else:
        hold(Path(os.environ.get("NEOPANEL_DATA_DIR") or ROOT / "var"))
        provider = free_port()
        environment["NEOPANEL_ALLOW_PRIVATE_HOSTS"] = allowing(f"127.0.0.1:{provider}")
        prepare(environment, "--provider-url", f"http://127.0.0.1:{provider}/api/v2")
        others.append(Part("provider simulator", manage_command("simulate_provider", "--port", str(provider))))
    return run_together(
        [site],
        afterwards=others,
        environment=environment,
        is_ready=lambda: answers(host, port),
        when_ready=lambda: welcome(host, port),
    )


def web(arguments: list[str]) -> NoReturn:
    """The web server alone; further arguments go to gunicorn."""
    host, port = address()
    refuse_taken(host, port)
    environment = serving_environment()
    prepare(environment)
    become(web_command(host, port) + arguments, environment)


def worker(arguments: list[str]) -> NoReturn:
    environment = serving_environment()
    prepare(environment)
    become(manage_command("worker", *arguments), environment)


def test(arguments: list[str]) -> int:
    with one_at_a_time():
        ensure([RUNTIME_LOCK, DEVELOPMENT_LOCK])
        find_programs()
        chromium = ensure_chromium()
        ensure_driver(VENV)
        ensure_gettext()
        if not arguments:
            ensure_pgbouncer()
    return run_tests(arguments, neutral_environment() | {"CHROMIUM": chromium})


def check(arguments: list[str]) -> int:
    if arguments:
        sys.exit(f"check takes no arguments (not {arguments[0]!r}).")
    with one_at_a_time():
        ensure([RUNTIME_LOCK, DEVELOPMENT_LOCK])
    return run_checks(neutral_environment())


def bench(arguments: list[str]) -> int:
    if (ROOT / "tests" / "benchmarks").is_dir():
        with one_at_a_time():
            ensure([RUNTIME_LOCK, DEVELOPMENT_LOCK])
        become([str(PYTHON), "-m", "tests.benchmarks", *arguments], dict(os.environ))
    print("There are no benchmarks yet.")
    return 0


def look(arguments: list[str]) -> NoReturn:
    with one_at_a_time():
        ensure([RUNTIME_LOCK, DEVELOPMENT_LOCK])
        ensure_chromium()
        ensure_driver(VENV)
    become([str(PYTHON), "-m", "tests.journeys.contact_sheet", *arguments], dict(os.environ))


def manage(arguments: list[str]) -> NoReturn:
    with one_at_a_time():
        ensure(runtime_locks())
    become(manage_command(*arguments), dict(os.environ))


def in_production() -> bool:
    return os.environ.get("NEOPANEL_ENV", "demo") == "production"


def address() -> tuple[str, int]:
    """HOST and PORT. Exits with one sentence where PORT is no port."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        sys.exit(f"PORT must be a whole number from 1 to 65535, not {port!r}.")
    return host, int(port)


def refuse_taken(host: str, port: int) -> None:
    """Exits with one sentence where the web server could not listen, before anything is set up or written."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As gunicorn listens: connections of a server that has just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as fault:
            sys.exit(
                f"Port {port} on {host} cannot be used ({fault.strerror}); "
                f"stop what uses it, or choose another: PORT={port + 1 if port < 65535 else 8000} python3 run.py"
            )


def hold(folder: Path) -> None:
    """Keeps the demo's data to this shop as long as the process lives. Exits with one sentence where another shop has it: the
    one that starts turns the provider to itself, and orders of the other would wait for ever."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(
            f"A shop runs on the data in {folder} already; stop it, or give this one a folder of its own: NEOPANEL_DATA_DIR=..."
        )
    except OSError as fault:
        sys.exit(f"The data folder {folder} cannot be used ({fault.strerror}); name another one: NEOPANEL_DATA_DIR=...")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def allowing(host: str) -> str:
    """The private hosts that providers may have: those of the environment, and one more."""
    named = [name for name in os.environ.get("NEOPANEL_ALLOW_PRIVATE_HOSTS", "").split(",") if name]
    return ",".join([*named, host])


def serving_environment() -> dict[str, str]:
    # Unbuffered: the mails of the demo and the lines of the log appear when they are written.
    return os.environ | {"PYTHONUNBUFFERED": "1"}


def neutral_environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name not in SHOP_NAMES and not name.startswith("NEOPANEL_")
    }


def prepare(environment: dict[str, str], *arguments: str) -> None:
    """Packages, then database, static files and first content. Exits with the code of what failed."""
    with one_at_a_time():
        ensure(runtime_locks())
        code = subprocess.run(manage_command("prepare", *arguments), cwd=ROOT, env=environment, check=False).returncode
    if code:
        sys.exit(code)


def manage_command(*arguments: str) -> list[str]:
    return [str(PYTHON), str(ROOT / "manage.py"), *arguments]


def web_command(host: str, port: int) -> list[str]:
    """gunicorn with threads. No control socket and no temporary files of its own outside memory or the data folder."""
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [str(VENV / "bin" / "gunicorn"), "neopanel.wsgi:application", "--chdir", str(ROOT), "--bind", listen]
    command += ["--worker-class", "gthread", "--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)]
    command += [
        "--keep-alive",
        str(KEEP_ALIVE_SECONDS),
        "--graceful-timeout",
        "8",
        "--log-level",
        "warning",
        "--no-control-socket",
    ]
    if os.access("/dev/shm", os.W_OK):  # noqa: S108 (a heartbeat file on a slow disk makes workers look dead)
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return command


def become(command: list[str], environment: dict[str, str]) -> NoReturn:
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(command[0], command, environment)


def answers(host: str, port: int) -> bool:
    """The web server gives an answer, of whatever kind: a refusal (a host name that is not the shop's) is one too."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(reached, port, timeout=1)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(host: str, port: int) -> None:
    # A passkey belongs to a name: browsers refuse it on a bare 127.0.0.1.
    shown = "localhost" if host in {"127.0.0.1", "::1", "localhost"} else host
    print(f"\nneopanel is ready: http://{shown}:{port}/\n", flush=True)
    if not in_production():
        print(f"Demo accounts, all with the password {DEMO_PASSWORD}:", flush=True)
        for person in DEMO_PEOPLE:
            print(f"  {person}@example.com", flush=True)
    print("\nCtrl-C stops everything.", flush=True)


VERBS: dict[str, Callable[[list[str]], int]] = {
    "run": run, "web": web, "worker": worker, "test": test, "check": check, "bench": bench, "look": look,
    "manage": manage,
}  # fmt: skip


def main(arguments: list[str]) -> int:
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("run", [])
    if verb in {"-h", "--help", "help"}:
        print(__doc__)
        return 0
    if verb not in VERBS:
        print(f"run.py does not know {verb!r}; it knows: {', '.join(VERBS)}.", file=sys.stderr)
        return 2
    # Ending is an exception, so that what was started by then is stopped and temporary folders go.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return VERBS[verb](rest)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
