"""A shop in production under load: web processes and workers on one PostgreSQL behind PgBouncer, a worker killed each minute.

python3 run.py bench load [--minutes 10] [--web 2] [--workers 4] [--clients 8] [--think 0.15] [--kill-every 60] [--orders 10000]

Everything is started as `docs/operations.md` says: `run.py web`, `run.py worker`, PgBouncer in transaction mode, a PostgreSQL that
waits for its disk. Customers sign in and use the pages, every fourth client is a program with a key; each thinks before it goes
on. A worker is killed (kill -9) and started again two seconds later, as systemd would; the first one never is, so that its
memory after all that time can be told. Exit code 1 where anybody met an error, an order was lost or accepted twice upstream, or
the ledger is not in order.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from run import answers, free_port
from tests.benchmarks.processes import children_of, command_of, machine_seconds, memory_of, seconds_of
from tests.benchmarks.scratch import ROOT, told
from tests.chaos.database import postgres
from tools.pooler import pooled
from tools.processes import die_with_parent

PYTHON = sys.executable
READY_SECONDS = 180.0
RESTART_SECONDS = 2.0
# Processes have all they load by then.
WARM_SECONDS = 15.0
SPEED = "20"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--web", type=int, default=2)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--think", type=float, default=0.15, help="seconds before somebody goes on, on average")
    parser.add_argument("--kill-every", type=float, default=60, help="seconds; 0 kills nobody")
    parser.add_argument("--orders", type=int, default=10_000, help="orders that the shop had before")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="neopanel-load-")))
        server = stack.enter_context(postgres())
        through = stack.enter_context(pooled(server.address))
        result = measured(options, folder, server.address, through)
    faults = result.pop("faults")
    told(result)
    for fault in faults:
        sys.stderr.write(f"FAULT: {fault}\n")
    return 1 if faults or result["errors"] else 0


def measured(options: argparse.Namespace, folder: Path, direct: str, through: str) -> dict[str, Any]:
    web, provider = free_port(), free_port()
    upgrade = environment_of(folder, provider) | {"DATABASE_URL": direct}
    serve = upgrade | {"DATABASE_URL": through, "NEOPANEL_POOLED": "true"}
    subprocess.run([PYTHON, "manage.py", "prepare"], cwd=ROOT, env=upgrade, check=True)
    address = f"http://127.0.0.1:{provider}/api/v2"
    shop = part(upgrade, "open", address, options.clients, options.orders)
    simulator = ["manage.py", "simulate_provider", "--port", str(provider), "--speed", SPEED]
    site = ["run.py", "web", "--workers", str(options.web)]
    with (
        running(folder, simulator, serve),
        running(folder, site, serve | {"PORT": str(web)}) as master,
        Crew(folder, options.workers, serve) as crew,
    ):
        wait_until(lambda: answers("127.0.0.1", web) and crew.is_ready(), folder)
        load = Load(master, crew, options)
        people = load.run(web, shop)
        after = part(serve, "close", folder / "simulator.sqlite3", given=people["orders"])
        errors = people["errors"] | {f"log: {line}": 1 for line in faults_in(folder)}
        return figures(options, people, after) | load.figures() | {"errors": errors, "faults": after["faults"]}


def figures(options: argparse.Namespace, people: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    every = [took for times in people["times"].values() for took in times]
    failed = sum(people["errors"].values())
    found = {
        "database": "PostgreSQL behind PgBouncer",
        "minutes": options.minutes,
        "web processes": options.web,
        "workers": options.workers,
        "clients": options.clients,
        "requests": len(every),
        "requests/s": round(len(every) / options.minutes / 60, 1),
        "failed": failed,
        "error rate": round(failed / max(len(every), 1), 6),
    }
    for kind, times in {"all": every, **dict(sorted(people["times"].items()))}.items():
        p50, p95, p99 = (round(quantile(times, share), 1) for share in (50, 95, 99))
        found[f"{kind}: p50 / p95 / p99 ms"] = f"{p50} / {p95} / {p99} ({len(times)})"
    return found | {
        "p50 ms": round(quantile(every, 50), 1),
        "p99 ms": round(quantile(every, 99), 1),
        "orders confirmed": len(people["orders"]),
        "orders placed": after["orders"],
        "orders by status": after["statuses"],
        "settled after, s": after["settled after, s"],
        "unknown, wait for a person": after["unknown"],
        "accepted more than once": after["accepted more than once"],
        "faults in ledger and orders": len(after["faults"]),
    }


def quantile(times: list[float], share: int) -> float:
    return statistics.quantiles(times, n=100)[share - 1] if len(times) > 1 else sum(times)


class Load:
    """The time under load: people at work, a worker killed now and then, and what it costs the machine."""

    def __init__(self, master: "subprocess.Popen[bytes]", crew: "Crew", options: argparse.Namespace):
        self.master, self.crew, self.options = master, crew, options
        self.killed = 0
        self.memory: dict[str, list[str]] = {}
        self.spent: dict[str, float] = {}

    def run(self, web: int, shop: dict[str, Any]) -> dict[str, Any]:
        seconds = self.options.minutes * 60
        words = [PYTHON, "-m", "tests.benchmarks.load_people", str(web), str(seconds), str(self.options.think)]
        people = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent(signal.SIGTERM)
        )  # fmt: skip
        given: list[str] = []
        reading = threading.Thread(target=lambda: given.append(people.communicate(json.dumps(shop))[0]))
        reading.start()
        begun, busy = time.monotonic(), machine_seconds()
        web_before, crew_before = self.web_seconds(), self.crew.seconds()
        next_kill = begun + (self.options.kill_every or float("inf"))
        while reading.is_alive():
            reading.join(0.5)
            now = time.monotonic() - begun
            if now > WARM_SECONDS and not self.memory:
                self.note_memory(f"after {WARM_SECONDS:.0f} s")
            # The last one is followed by enough load to show what it broke.
            if time.monotonic() > next_kill and now < seconds - RESTART_SECONDS:
                next_kill += self.options.kill_every
                self.killed += self.crew.kill_one()
        took = time.monotonic() - begun
        self.note_memory("at the end")
        found = dict(json.loads(given[0].splitlines()[-1]))
        processors = os.cpu_count() or 1
        self.spent = {
            "the machine": 100 * (machine_seconds() - busy) / took / processors,
            "web": 100 * (self.web_seconds() - web_before) / took / processors,
            "workers": 100 * (self.crew.seconds() - crew_before) / took / processors,
            "the clients": 100 * found["cpu"] / took / processors,
        }
        return found

    def web_seconds(self) -> float:
        return sum(map(seconds_of, [self.master.pid, *children_of(self.master.pid)]))

    def note_memory(self, when: str) -> None:
        self.memory[f"web processes, {when}: RSS / PSS MB"] = [memory_of(pid) for pid in children_of(self.master.pid)]
        self.memory[f"workers, {when}: RSS / PSS MB"] = [memory_of(worker.pid) for worker in self.crew.workers]

    def figures(self) -> dict[str, Any]:
        shares = {f"share of all processors: {name}, %": round(share, 1) for name, share in self.spent.items()}
        return {"workers killed": self.killed, **shares, **self.memory}


class Crew:
    """The workers, each of them started again when it is gone."""

    def __init__(self, folder: Path, number: int, environment: dict[str, str]):
        self.folder, self.number, self.environment = folder, number, environment
        self.stack = ExitStack()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.spent = 0.0
        self.next = 1

    def __enter__(self) -> "Crew":
        self.workers = [self.hire() for _ in range(self.number)]
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def hire(self) -> "subprocess.Popen[bytes]":
        return self.stack.enter_context(running(self.folder, ["run.py", "worker"], self.environment))

    def is_ready(self) -> bool:
        """All of them have become `manage.py worker`, and are past their imports."""
        return all(b"manage.py" in command_of(worker.pid) and seconds_of(worker.pid) > 1 for worker in self.workers)

    def kill_one(self) -> int:
        """One after the other, never the first. 1 where there was one to kill."""
        if self.number < 2:
            return 0
        place = self.next = self.next % (self.number - 1) + 1
        worker = self.workers[place]
        self.spent += seconds_of(worker.pid)
        worker.kill()
        worker.wait()
        time.sleep(RESTART_SECONDS)
        self.workers[place] = self.hire()
        return 1

    def seconds(self) -> float:
        return self.spent + sum(seconds_of(worker.pid) for worker in self.workers)


@contextmanager
def running(folder: Path, words: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen(
            [PYTHON, *words],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def part(environment: dict[str, str], *words: object, given: object = None) -> dict[str, Any]:
    command = [PYTHON, "-m", "tests.benchmarks.load_shop", *map(str, words)]
    run: dict[str, Any] = {"cwd": ROOT, "env": environment, "input": json.dumps(given), "text": True, "check": True}
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, **run).stdout.splitlines()[-1]))


def environment_of(folder: Path, provider: int) -> dict[str, str]:
    """As `docs/operations.md` says for production; nobody measures how often one may call."""
    field_key = subprocess.run(
        [PYTHON, "manage.py", "make_field_key"],
        cwd=ROOT,
        env=os.environ | {"NEOPANEL_DATA_DIR": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "neopanel.settings",
        "NEOPANEL_ENV": "production",
        "NEOPANEL_DATA_DIR": str(folder),
        "NEOPANEL_BEHIND_PROXY": "true",
        "NEOPANEL_ALLOW_PRIVATE_HOSTS": f"127.0.0.1:{provider}",
        "NEOPANEL_API_RATE": "1000000/min",
        "NEOPANEL_FIELD_KEYS": field_key,
        "SECRET_KEY": "only for a measurement " * 3,
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "EMAIL_URL": "dummymail://",
        "PYTHONUNBUFFERED": "1",
    }


def wait_until(is_so: Any, folder: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit(f"The shop did not open:\n{(folder / 'log').read_text()[-3000:]}")
        time.sleep(0.2)


def faults_in(folder: Path) -> list[str]:
    """Lines of the log that tell of a fault, each once."""
    lines = (folder / "log").read_text(errors="replace").splitlines()
    return sorted({line[:300] for line in lines if '"ERROR"' in line or line.startswith(("Traceback", "[ERROR]"))})[:20]


if __name__ == "__main__":
    sys.exit(main())
