import math
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.provider.simulator import Conduct, Simulator, SimulatorServer
from orders.provider.simulator_faults import LEVELS
from orders.provider.simulator_state import SimulatorState


class Command(BaseCommand):
    help = "Runs a provider that speaks /api/v2 and /api/v1, delivers nothing and needs no database of the panel. Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one, printed)")
        parser.add_argument("--seed", type=int, default=1, help="decides how orders go and when faults happen")
        parser.add_argument(
            "--faults", choices=list(LEVELS), default="none", help="how badly it behaves (default: none)"
        )
        parser.add_argument(
            "--speed",
            type=float,
            default=settings.DEMO_SPEED,
            help="1: an order takes 60 to 90 seconds; 100: under one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["speed"] < math.inf:
            raise CommandError("The speed must be a number above 0.")
        state = SimulatorState(settings.DATA_DIR / "simulator.sqlite3")
        conduct = Conduct(seed=options["seed"], speed=options["speed"], faults=LEVELS[options["faults"]])
        try:
            server = SimulatorServer(Simulator(state, conduct), options["host"], options["port"])
        except (OSError, OverflowError) as error:
            state.close()
            raise CommandError(f"Cannot listen on {options['host']}:{options['port']}: {error}") from None

        def stop(*_: object) -> None:
            # shutdown() waits for the loop that this very thread runs.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        self.stdout.write(f"The provider simulator answers on {server.url}")
        self.stdout.flush()
        server.serve_forever(poll_interval=0.1)
        server.stopping.set()
        server.server_close()
        state.close()
