"""A PostgreSQL that can be crashed and started again: it writes as a shop's would, so what was committed must survive."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.postgres import (
    find_programs,
    initialise,
    reachable,
    temporary_folder,
    unprivileged_account,
    wait_until_ready,
)
from tools.processes import die_with_parent

SETTINGS = ("synchronous_commit=on", "fsync=on", "listen_addresses=", "max_connections=120")


class Server:
    def __init__(self, base: Path) -> None:
        self.base = base
        environment = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(base)}
        self.options: dict[str, Any] = {"cwd": "/", "env": environment, **unprivileged_account(base)}
        self.programs = reachable(find_programs(), base, self.options)
        initialise(self.programs, base / "data", self.options)

    @property
    def address(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.base}"

    def start(self) -> None:
        command = [str(self.programs / "postgres"), "-D", str(self.base / "data"), "-k", str(self.base)]
        for setting in SETTINGS:
            command += ["-c", setting]
        with open(self.base / "log", "ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self.options,
            )
        wait_until_ready(self.process, self.base / "data" / "postmaster.pid", self.base / "log")

    def crash(self) -> None:
        """Every process of it ends at once and nothing is tidied up: what is left is what was written ahead."""
        command = [str(self.programs / "pg_ctl"), "-D", str(self.base / "data"), "stop", "-m", "immediate"]
        subprocess.run(command, check=True, capture_output=True, **self.options)
        self.process.wait(30)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)


@contextmanager
def postgres() -> Iterator[Server]:
    base = Path(tempfile.mkdtemp(prefix="neopanel-chaos-", dir=temporary_folder()))
    try:
        server = Server(base)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(base, ignore_errors=True)
