"""Several processes that do the same thing for a while, at the same time."""

import multiprocessing
import time
from collections.abc import Callable

from django.db import connections


def rate(clients: int, seconds: float, begin: Callable[[int], Callable[[], int]]) -> float:
    """Things a second, of all clients together. `begin(number)` readies one client and gives what it does again and again,
    each time telling how many things that were; 0 ends this client.
    """
    connections.close_all()  # a forked process must not speak on its parent's connection
    fork = multiprocessing.get_context("fork")
    barrier, done = fork.Barrier(clients), fork.Queue()

    def work(number: int) -> None:
        act = begin(number)
        barrier.wait()
        begun, count = time.monotonic(), 0
        while time.monotonic() - begun < seconds and (more := act()):
            count += more
        done.put((count, time.monotonic() - begun))
        connections.close_all()

    processes = [fork.Process(target=work, args=(number,)) for number in range(clients)]
    for process in processes:
        process.start()
    told = [done.get(timeout=seconds + 60) for _process in processes]  # one that failed never tells
    for process in processes:
        process.join()
    return sum(count for count, _took in told) / max(took for _count, took in told)
