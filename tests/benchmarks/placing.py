"""Placing an order by its door, without HTTP, against the same statements sent raw through the driver in one transaction.

python3 run.py bench placing [--clients 1 4 16] [--seconds 5] [--rounds 3] [--postgres]

Each client is a process with a customer of its own; the figures are medians of the rounds, door and raw in turn.
"""

import argparse
import sys

from tests.benchmarks.scratch import database, inside, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    result = {"database": "PostgreSQL" if options.postgres else "SQLite"}
    with database(postgres=options.postgres) as environment:
        for clients in options.clients:
            arguments = (str(clients), str(options.seconds), str(options.rounds))
            figures = inside(environment, "tests.benchmarks.placing_parts", *arguments)
            result |= {f"{clients} clients, {name}": value for name, value in figures.items() if name != "peak MB"}
    told(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
