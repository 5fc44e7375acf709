"""PgBouncer in transaction mode before a throw-away PostgreSQL, and the tests that run through it: `python -m tools.pooler`.

What only a session knows (a setting, a cursor outside a transaction, a lock of its own) is lost there between two statements:
each transaction takes the next connection in turn.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.postgres import cluster, temporary_folder, unprivileged_account
from tools.processes import die_with_parent
from tools.system import ensure_pgbouncer

START_SECONDS = 15
PORT = 6432

# Money, orders and their way to providers, under load too; and what is true behind a pooler alone.
POOLED_TESTS = (
    "tests/pooled",
    *(
        f"tests/orders/test_{name}.py"
        for name in ("placing", "ledger", "lifecycle", "submission", "sync", "concurrency", "exports", "deposits")
    ),
)

# What production gives to the role (ALTER ROLE) is given to each connection here.
SETTINGS = (
    "lock_timeout = 10000", "statement_timeout = 60000", "max_parallel_workers_per_gather = 0", "jit = off",
)  # fmt: skip
CONFIGURATION = """
[databases]
* = host={server} user=postgres connect_query='{settings}'
[pgbouncer]
pool_mode = transaction
auth_type = any
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
logfile = {folder}/log
pidfile = {folder}/pid
default_pool_size = 20
max_client_conn = 200
server_round_robin = 1
"""


@contextmanager
def pooled(address: str) -> Iterator[str]:
    """A running PgBouncer before the cluster of this address; gives the value for DATABASE_URL."""
    program = ensure_pgbouncer()
    server = address.rpartition("host=")[2]
    folder = Path(tempfile.mkdtemp(prefix="neopanel-pool-", dir=temporary_folder()))
    account = unprivileged_account(folder)
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        CONFIGURATION.format(
            settings="; ".join(f"SET {one}" for one in SETTINGS), server=server, folder=folder, port=PORT
        )
    )
    bouncer = subprocess.Popen(
        [program, str(configuration)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
        **account,
    )
    try:
        wait_until_listening(bouncer, folder)
        yield f"postgresql://postgres@:{PORT}/postgres?host={folder}"
    finally:
        bouncer.terminate()
        try:
            bouncer.wait(10)
        except subprocess.TimeoutExpired:
            bouncer.kill()
            bouncer.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_listening(bouncer: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(folder / f".s.PGSQL.{PORT}")) == 0:
                return
        if bouncer.poll() is not None:
            break
        time.sleep(0.05)
    log = folder / "log"
    raise SystemExit(f"PgBouncer did not start:\n{log.read_text() if log.exists() else ''}")


def main(arguments: Sequence[str]) -> int:
    """The pooled tests alone, or those that the arguments name."""
    with cluster() as address, pooled(address) as through:
        environment = os.environ | {"DATABASE_URL": through, "NEOPANEL_POOLED": "true"}
        # A pool keeps connections to a database that somebody wants to drop; the whole cluster goes anyway.
        command = [sys.executable, "-m", "pytest", "--reuse-db", *(arguments or POOLED_TESTS)]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
