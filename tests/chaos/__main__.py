"""Sets the shop up, lets the storm pass over it, and looks at what is left. See the package's description."""

import argparse
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.chaos.database import Server, postgres
from tools.processes import die_with_parent

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
WORKERS = 4
CALM_SECONDS = 6.0
READY_SECONDS = 60.0
WEB_KILL_EVERY = 8.0
DOWN_SECONDS = 0.5


def main() -> int:
    options = arguments()
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="neopanel-chaos-")))
        server = stack.enter_context(postgres()) if options.postgres else None
        result = storm(options, folder, server)
    result |= {"seed": options.seed, "database": "PostgreSQL" if server else "SQLite"}
    result |= {"seconds": round(time.monotonic() - begun)}
    show(result)
    return 1 if result["breaches"] else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--kill-every", type=float, default=0.15, help="seconds between two kills of a worker")
    parser.add_argument("--crash-database", type=int, default=0, metavar="TIMES", help="needs --postgres")
    parser.add_argument("--mutation", default="", help="a protection to take away (tests/orders/mutations.py)")
    options = parser.parse_args()
    if options.crash_database and not options.postgres:
        parser.error("--crash-database needs --postgres: SQLite has no server that could crash")
    return options


def storm(options: argparse.Namespace, folder: Path, server: Server | None) -> dict[str, Any]:
    simulator, web = free_port(), free_port()
    environment = environment_of(folder, server, simulator)
    os.environ |= environment
    manage("migrate", "--verbosity", "0")
    keys = manage_shop(f"http://127.0.0.1:{simulator}/api/v2")
    state = folder / "simulator.sqlite3"
    with (
        running("simulator", manage_command("simulate_provider", "--port", str(simulator), *misbehaving(options))),
        running("watch", module("watch")) as watch,
        running(
            "crew",
            module("crew", WORKERS, options.kill_every, options.seed, *[options.mutation] * bool(options.mutation)),
        ) as crew,
        Web(web, folder) as site,
        ready(site, crew),
        running("people", module("people", options.seconds, options.seed, site.address, state, *keys)) as people,
    ):
        crashes, killed_web = weather(options, people, site, server)
        crew.send_signal(signal.SIGUSR1)
        told = last_line(people, end=False)
        time.sleep(CALM_SECONDS)
        crew_told = last_line(crew)
        watched = last_line(watch)
    pages = sqlite3.connect(state)
    upstream: dict[str, list[int]] = {}
    for number, link in pages.execute("SELECT id, link FROM orders"):
        upstream.setdefault(link, []).append(number)
    pages.close()
    judged = judge(told, watched, upstream)
    if manage("verify_ledger"):
        judged["breaches"].append("verify_ledger found the ledger not in order")
    return judged | {
        "workers killed": crew_told["killed"],
        "workers put to sleep": crew_told["slept"],
        "web processes killed": killed_web,
        "database crashes": crashes,
        "looks at the balances": watched["looks"],
        "checks of the ledger under load": watched["checks"],
    }


def weather(
    options: argparse.Namespace, people: "subprocess.Popen[str]", site: "Web", server: Server | None
) -> tuple[int, int]:
    """Kills web processes and crashes the database while people are at work; how often each."""
    dice = random.Random(options.seed)  # noqa: S311 (no secret)
    begun = time.monotonic()
    crashes_at = [options.seconds * (n + 1) / (options.crash_database + 1) for n in range(options.crash_database)]
    crashes = killed = 0
    next_kill = begun + WEB_KILL_EVERY
    while people.poll() is None and time.monotonic() - begun < options.seconds:
        time.sleep(0.1)
        site.start_again_if_down()
        if time.monotonic() > next_kill:
            next_kill = time.monotonic() + dice.uniform(0.5, 1.5) * WEB_KILL_EVERY
            killed += site.kill_one(dice)
        if server and crashes < len(crashes_at) and time.monotonic() - begun > crashes_at[crashes]:
            crashes += 1
            server.crash()
            time.sleep(DOWN_SECONDS)
            server.start()
    site.start_again_if_down()
    return crashes, killed


class Web:
    """gunicorn as in production; a supervisor starts it again when it has ended."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self.address = f"http://127.0.0.1:{port}/api/v2"

    def __enter__(self) -> "Web":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.master.terminate()
        self.master.wait(20)

    def start(self) -> None:
        command = [PYTHON, "-m", "gunicorn", "neopanel.wsgi:application", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "critical"]
        command += ["--graceful-timeout", "5", "--no-control-socket"]
        with open(self.folder / "web.log", "ab") as log:
            self.master = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def start_again_if_down(self) -> None:
        if self.master.poll() is not None:
            self.start()

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return bool(children_of(self.master.pid))
        return False

    def kill_one(self, dice: random.Random) -> int:
        children = children_of(self.master.pid)
        if children:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(children), signal.SIGKILL)
        return len(children[:1])


@contextmanager
def running(name: str, command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    with open(Path(os.environ["NEOPANEL_DATA_DIR"]) / f"{name}.log", "ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextmanager
def ready(site: "Web", crew: "subprocess.Popen[str]") -> Iterator[None]:
    """The storm begins when the shop is open: its web answers and its workers are there."""
    until = time.monotonic() + READY_SECONDS
    while not (site.answers() and children_of(crew.pid)):
        if time.monotonic() > until:
            raise SystemExit("The shop did not open.")
        time.sleep(0.1)
    yield


def children_of(process: int) -> list[int]:
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def last_line(process: "subprocess.Popen[str]", *, end: bool = True) -> dict[str, Any]:
    """What a process tells in its last line, when it is asked to end or ends by itself. Exits with the logs where it fell."""
    if end:
        process.terminate()
    told = process.communicate(timeout=None if not end else 40)[0].splitlines()
    if process.returncode or not told:
        logs = Path(os.environ["NEOPANEL_DATA_DIR"]).glob("*.log")
        raise SystemExit("\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in logs))
    return dict(json.loads(told[-1]))


def environment_of(folder: Path, server: Server | None, simulator: int) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "neopanel.settings",
        "NEOPANEL_ENV": "demo",
        "NEOPANEL_DATA_DIR": str(folder),
        "NEOPANEL_ALLOW_PRIVATE_HOSTS": f"127.0.0.1:{simulator}",
        "NEOPANEL_POLL_SECONDS": "1,1,2,5",
        "NEOPANEL_API_RATE": "100000/min",
        "NEOPANEL_MONEY_LIMIT": "1000000",
        "DATABASE_URL": server.address if server else f"sqlite:///{folder / 'chaos.sqlite3'}",
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "ERROR",
        "PYTHONUNBUFFERED": "1",
    }


def misbehaving(options: argparse.Namespace) -> list[str]:
    return ["--faults", "many", "--speed", "20", "--seed", str(options.seed)]


def manage_shop(provider: str) -> list[str]:
    made = subprocess.run(module("shop", provider), cwd=ROOT, check=True, capture_output=True, text=True)
    return made.stdout.split()


def judge(told: dict[str, Any], watched: dict[str, Any], upstream: dict[str, list[int]]) -> dict[str, Any]:
    for name, content in (("told", told), ("watched", watched), ("upstream", upstream)):
        (Path(os.environ["NEOPANEL_DATA_DIR"]) / f"{name}.json").write_text(json.dumps(content))
    judged = subprocess.run(module("outcome"), cwd=ROOT, check=True, capture_output=True, text=True)
    return dict(json.loads(judged.stdout))


def manage(*words: str) -> int:
    return subprocess.run(manage_command(*words), cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode


def manage_command(*words: str) -> list[str]:
    return [PYTHON, str(ROOT / "manage.py"), *words]


def module(name: str, *words: object) -> list[str]:
    return [PYTHON, "-m", f"tests.chaos.{name}", *(str(word) for word in words)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def show(result: dict[str, Any]) -> None:
    counts = result.pop("counts")
    rows = {name: value for name, value in result.items() if name != "breaches"} | counts
    width = max(len(name) for name in rows)
    for name, value in rows.items():
        sys.stdout.write(f"{name:<{width}}  {value}\n")
    for breach in result["breaches"]:
        sys.stdout.write(f"BREACH: {breach}\n")
    sys.stdout.write(json.dumps(result | {"counts": counts}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
