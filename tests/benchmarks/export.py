"""A customer's orders as a file: rows a second and the memory of the web process, which must not grow with the rows.

python3 run.py bench export [--rows 10000 100000] [--rounds 3] [--postgres]

A web process of gunicorn, as `run.py web` starts it, and somebody who reads the file over loopback as fast as it comes. The memory
is the peak while it was served, beyond what the process held before.
"""

import argparse
import http.client
import signal
import statistics
import subprocess
import sys
import time
from typing import Any

from run import answers, free_port, web_command
from tests.benchmarks.processes import children_of, peak_of, seconds_of
from tests.benchmarks.scratch import ROOT, database, inside, told
from tools.processes import die_with_parent

KINDS = {"CSV": "csv", "JSON": "json"}
START_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    result: dict[str, Any] = {"database": "PostgreSQL" if options.postgres else "SQLite"}
    for rows in options.rows:
        with database(postgres=options.postgres) as environment:
            cookie = inside(environment, "tests.benchmarks.export_parts", str(rows))["session"]
            found = served(environment, cookie, options.rounds)
        result |= {f"{rows} rows, {name}": value for name, value in found.items()}
    for kind in KINDS:
        least, most = (result[f"{rows} rows, {kind}, memory, MB"] for rows in (options.rows[0], options.rows[-1]))
        result[f"{kind}: more memory at {options.rows[-1]} rows, MB"] = round(most - least, 1)
    told(result)
    return 0


def served(environment: dict[str, str], cookie: str, rounds: int) -> dict[str, Any]:
    port = free_port()
    server = subprocess.Popen(
        [*web_command("127.0.0.1", port), "--workers", "1"],
        cwd=ROOT,
        env=environment,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        until = time.monotonic() + START_SECONDS
        while not answers("127.0.0.1", port):
            if time.monotonic() > until:
                raise SystemExit("The web server did not start.")
            time.sleep(0.1)
        [process] = children_of(server.pid)
        for address in ("/orders/", "/orders/?format=csv&status=pending"):
            read(port, address, cookie)
        return {
            f"{kind}, {name}": value
            for kind, format in KINDS.items()
            for name, value in exported(port, process, format, cookie, rounds).items()
        }
    finally:
        server.terminate()
        server.wait(20)


def exported(port: int, process: int, format: str, cookie: str, rounds: int) -> dict[str, Any]:
    found = []
    for _round in range(rounds):
        before, busy, begun = peak_of(process, forget=True), seconds_of(process), time.monotonic()
        rows, size = read(port, f"/orders/?format={format}", cookie)
        took, spent = time.monotonic() - begun, seconds_of(process) - busy
        found.append((rows / took, rows / max(spent, 0.01), peak_of(process) - before, size / 1e6))
    by_clock, by_processor, memory, size = zip(*found, strict=True)
    return {
        "rows/s": round(statistics.median(by_clock)),
        "rows/s of CPU": round(statistics.median(by_processor)),
        "memory, MB": round(max(memory), 1),
        "size, MB": round(size[0], 1),
    }


def read(port: int, address: str, cookie: str) -> tuple[int, int]:
    """How many rows came, and how many bytes; nothing is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", address, headers={"Cookie": f"sessionid={cookie}", "Host": "localhost"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{address} answers {answer.status}")
    lines = size = 0
    while part := answer.read(65536):
        lines, size = lines + part.count(b"\n"), size + len(part)
    connection.close()
    return lines - 1, size


if __name__ == "__main__":
    sys.exit(main())
