"""What the machine knows of running processes (Linux): their time, their memory, their children."""

import os
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def children_of(process: int) -> list[int]:
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def command_of(process: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def seconds_of(process: int) -> float:
    """Processor time of a process so far."""
    with suppress(OSError):
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICK
    return 0.0


def machine_seconds() -> float:
    """Processor time that all processes of the machine have used so far."""
    words = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(words) - words[3] - words[4]) / TICK


def memory_of(process: int) -> str:
    """Resident memory and this process's part of what is shared, in MB."""
    with suppress(OSError):
        rows = dict(line.split(":", 1) for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:])
        rss, pss = (int(rows[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
        return f"{rss:.0f} / {pss:.0f}"
    return "-"


def peak_of(process: int, *, forget: bool = False) -> float:
    """The most memory in MB that a process held since this was last asked with `forget`."""
    if forget:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    [line] = [line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def tree_seconds(process: int) -> float:
    """Processor time so far of a process and of all that it started, also of what has ended since."""
    with suppress(OSError):
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        own = sum(int(word) for word in words[11:15]) / TICK
        return own + sum(tree_seconds(child) for child in children_of(process))
    return 0.0
