"""A provider to run against: speaks `/api/v2` and `/api/v1` on a port of its own, delivers nothing, behaves as badly as it is told.

Any key but `wrong` and the empty one is good. Words in a link force how its order goes (`simulator_progress`; `refused`
is answered with `Bad link`). Faults are chosen by name (`simulator_faults`). Beside the usual actions there is
`simulator_report`: how often each order was accepted, so that a test can prove that nothing was sent twice.
"""

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from orders.money import charge_for, parse, plain
from orders.provider.simulator_catalogue import SERVICES, SimulatedService
from orders.provider.simulator_faults import FAULTS, Reply, as_json, chosen
from orders.provider.simulator_progress import COMPLETED, Progress, progress, refill_word
from orders.provider.simulator_state import SimulatedOrder, SimulatorState
from orders.provider.simulator_v1 import IN_V1, in_v1

PATH = "/api/v2"
PATH_V1 = "/api/v1"
KEY = "simulator"
CURRENCY = "USD"
DEPOSITED = parse("100000")
MOST_IDS = 100
MOST_BODY = 1024 * 1024

BY_ID: Mapping[str, SimulatedService] = {str(service.id): service for service in SERVICES}


@dataclass(frozen=True)
class Conduct:
    """How the provider behaves. `faults`: name -> probability. `silence`: seconds that it keeps a caller waiting.

    `unseen`: what it answers for every number that it never gave, instead of "Incorrect order ID"; for measuring with a million
    orders that nobody placed with it.
    """

    seed: int = 1
    speed: float = 1.0
    faults: Mapping[str, float] = field(default_factory=dict)
    silence: float = 60.0
    unseen: Mapping[str, str] | None = None


class Simulator:
    """The provider without its HTTP: form fields in, a reply out. Safe across threads."""

    def __init__(self, state: SimulatorState, conduct: Conduct, clock: Callable[[], float] = time.time) -> None:
        for name in conduct.faults:
            FAULTS[name]  # an unknown name fails here rather than in the middle of a run
        self.state = state
        self.conduct = conduct
        self.clock = clock
        self.actions: Mapping[str, Callable[[Mapping[str, str]], Any]] = {
            "services": self.services,
            "add": self.add,
            "status": self.status,
            "balance": self.balance,
            "cancel": self.cancel,
            "refill": self.refill,
            "refill_status": self.refill_status,
        }

    def reply(self, fields: Mapping[str, str], *, v1: bool = False) -> Reply:
        if fields.get("key", "") in {"", "wrong"}:
            return as_json({"error": "Invalid API key"})
        action = fields.get("action", "")
        if action == "simulator_report":
            return as_json(self.state.report())
        if action not in self.actions or (v1 and action not in IN_V1):
            return as_json({"error": "Incorrect request"})
        self.state.count("request", action)
        number = self.state.count("number", "all")
        name = chosen(self.conduct.faults, action=action, seed=self.conduct.seed, number=number)
        if name is None:
            return as_json(self._answer(action, fields, v1=v1))
        self.state.count("fault", name)
        fault = FAULTS[name]
        answer = self._answer(action, fields, v1=v1) if fault.acts else None
        return fault.spoil(answer)

    def _answer(self, action: str, fields: Mapping[str, str], *, v1: bool) -> Any:
        answer = self.actions[action](fields)
        return in_v1(action, fields, answer) if v1 else answer

    def services(self, _fields: Mapping[str, str]) -> Any:
        return [service.offered() for service in SERVICES]

    def add(self, fields: Mapping[str, str]) -> Any:
        service = BY_ID.get(fields.get("service", ""))
        if service is None:
            return {"error": "Incorrect service ID"}
        link = fields.get("link", "")
        if not link.startswith(("http://", "https://", "@")) or "refused" in link.casefold():
            return {"error": "Bad link"}
        quantity = service.quantity_of(fields)
        if quantity is None:
            return {"error": "Incorrect request"}
        if quantity < service.minimum:
            return {"error": f"Quantity less than minimal {service.minimum}"}
        if quantity > service.maximum:
            return {"error": f"Quantity more than maximum {service.maximum}"}
        rate = parse(service.rate)
        if fields.get("runs"):
            runs = fields["runs"]
            if not service.dripfeed or not runs.isdigit() or not fields.get("interval", "").isdigit():
                return {"error": "Incorrect request"}
            quantity *= int(runs)
        charge = rate if service.is_package else charge_for(rate, quantity)
        if charge > DEPOSITED - self.state.spent():
            return {"error": "Not enough funds on balance"}
        order_id = self.state.accept(service=service.id, link=link, quantity=quantity, charge=charge, now=self.clock())
        return {"order": order_id}

    def status(self, fields: Mapping[str, str]) -> Any:
        if "order" in fields:
            return self._status_of(fields["order"])
        ids = [part.strip() for part in fields.get("orders", "").split(",") if part.strip()]
        if not ids:
            return {"error": "Incorrect request"}
        if len(ids) > MOST_IDS:
            return {"error": "Too many orders"}
        return {one: self._status_of(one) for one in ids}

    def balance(self, _fields: Mapping[str, str]) -> Any:
        return {"balance": plain(DEPOSITED - self.state.spent()), "currency": CURRENCY}

    def cancel(self, fields: Mapping[str, str]) -> Any:
        ids = [part.strip() for part in fields.get("orders", "").split(",") if part.strip()][:MOST_IDS]
        return [{"order": one, "cancel": self._cancel(one)} for one in ids] or {"error": "Incorrect request"}

    def refill(self, fields: Mapping[str, str]) -> Any:
        if "orders" in fields:
            ids = [part.strip() for part in fields["orders"].split(",") if part.strip()][:MOST_IDS]
            return [{"order": one, "refill": self._refill(one)} for one in ids]
        answer = self._refill(fields.get("order", ""))
        return answer if isinstance(answer, dict) else {"refill": str(answer)}

    def _refill(self, text: str) -> Any:
        order = self._find(text)
        if order is None:
            return {"error": "Incorrect order ID"}
        if not BY_ID[str(order.service)].refill_days or "norefill" in order.link.casefold():
            return {"error": "Refill is disabled for this service"}
        if self._progress(order).word != COMPLETED:
            return {"error": "The order is not completed"}
        return self.state.refill(order.id, self.clock())

    def refill_status(self, fields: Mapping[str, str]) -> Any:
        if "refills" in fields:
            ids = [part.strip() for part in fields["refills"].split(",") if part.strip()][:MOST_IDS]
            return [{"refill": one, "status": self._refill_word(one)} for one in ids] or {"error": "Incorrect request"}
        word = self._refill_word(fields.get("refill", ""))
        return word if isinstance(word, dict) else {"status": word}

    def _refill_word(self, text: str) -> Any:
        known = text.isascii() and text.isdigit() and len(text) <= 18
        found = self.state.refill_of(int(text)) if known else None
        if found is None:
            return {"error": "Refill not found"}
        order, asked_at = found
        return refill_word(order.link, elapsed=self.clock() - asked_at, speed=self.conduct.speed)

    def _find(self, text: str) -> SimulatedOrder | None:
        return self.state.order(int(text)) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    def _progress(self, order: SimulatedOrder) -> Progress:
        canceled = None if order.canceled_at is None else order.canceled_at - order.accepted_at
        return progress(
            seed=self.conduct.seed,
            order_id=order.id,
            quantity=order.quantity,
            link=order.link,
            elapsed=self.clock() - order.accepted_at,
            speed=self.conduct.speed,
            canceled_after=canceled,
        )

    def _status_of(self, text: str) -> Any:
        order = self._find(text)
        if order is None:
            return self.conduct.unseen or {"error": "Incorrect order ID"}
        now = self._progress(order)
        kept = order.charge
        if now.settled and now.word != COMPLETED:
            kept = order.charge * (order.quantity - now.remains) // order.quantity
        return {
            "charge": plain(kept),
            "start_count": str(now.start_count),
            "status": now.word,
            "remains": str(now.remains),
            "currency": CURRENCY,
        }

    def _cancel(self, text: str) -> Any:
        order = self._find(text)
        if order is None:
            return {"error": "Incorrect order ID"}
        if not BY_ID[str(order.service)].cancel or self._progress(order).settled:
            return {"error": "Cancel is disabled for this service"}
        self.state.cancel(order.id, self.clock())
        return 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "SimulatorServer"

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MOST_BODY:
            self.close_connection = True
            return self._send(as_json({"error": "Incorrect request"}, status=400))
        body = self.rfile.read(int(length))
        path = self.path.partition("?")[0].rstrip("/")
        if path not in {PATH, PATH_V1}:
            return self._send(as_json({"error": "Not found"}, status=404))
        fields = dict(parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True))
        return self._send(self.server.simulator.reply(fields, v1=path == PATH_V1))

    def do_GET(self) -> None:
        self._send(as_json({"error": "Only POST is answered here"}, status=405))

    def _send(self, reply: Reply) -> None:
        if reply.reset:
            # Lingering for no time at all makes the system answer with RST instead of a polite end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        if reply.hang:
            self.close_connection = True
            self._wait(self.server.simulator.conduct.silence)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if not reply.drip:
            self.wfile.write(reply.body)
            return
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            if self._wait(reply.drip):
                self.close_connection = True
                return

    def _wait(self, seconds: float) -> bool:
        """Hold the line; True where the other side hung up or the simulator stops."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.server.stopping.is_set() or select.select([self.connection], [], [], min(left, 0.2))[0]:
                return True
        return False

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # the panel hung up: its right

    def finish(self) -> None:
        try:
            super().finish()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the terminal belongs to the panel. `simulator_report` tells what happened."""


class SimulatorServer(ThreadingHTTPServer):
    """The simulator on a port; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), _Handler)
        self.simulator = simulator
        self.stopping = threading.Event()

    def shutdown_request(self, request: Any) -> None:
        """Only close: the usual polite end before it would turn a wanted reset into a normal one."""
        self.close_request(request)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}{PATH}"


@dataclass(frozen=True)
class RunningSimulator:
    """What a test needs of a simulator that runs in a thread of its own process."""

    url: str
    key: str
    simulator: Simulator

    @property
    def url_v1(self) -> str:
        return self.url.removesuffix(PATH) + PATH_V1

    @property
    def host(self) -> str:
        """For `allow_private_hosts`."""
        return self.url.removeprefix("http://").partition("/")[0]

    def misbehave(self, faults: Mapping[str, float]) -> None:
        """From now on behave so: fault name -> probability; an empty mapping is faultless."""
        self.simulator.conduct = replace(self.simulator.conduct, faults=faults)

    def report(self) -> dict[str, Any]:
        return self.simulator.state.report()


@contextmanager
def running_simulator(
    *,
    faults: Mapping[str, float] | None = None,
    speed: float = 1.0,
    seed: int = 1,
    state: Path | None = None,
    silence: float = 60.0,
    clock: Callable[[], float] = time.time,
) -> Iterator[RunningSimulator]:
    """Run a simulator on a free port while the block lasts; without `state` it forgets everything afterwards."""
    memory = SimulatorState(state)
    conduct = Conduct(seed=seed, speed=speed, faults=faults or {}, silence=silence)
    server = SimulatorServer(Simulator(memory, conduct, clock))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield RunningSimulator(server.url, KEY, server.simulator)
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        memory.close()
