"""What providers say of orders: applied by the doors against raw bulk SQL, and a sweep of all that is due by several workers.

python3 run.py bench reports [--orders 1000000] [--workers 1 2 4] [--postgres]

A shop whose orders are all under way. The provider is the simulator (`orders/provider/simulator.py`), a process of its own on this
machine, which says over HTTP of every order that nothing has changed. All orders are due at the same moment, which is the worst
there is: how long one waited is when its answer was written down minus that moment, the most of all read from the orders.
"""

import argparse
import sys

from tests.benchmarks.scratch import database, inside, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    result = {"database": "PostgreSQL" if options.postgres else "SQLite", "orders": options.orders}
    with database(postgres=options.postgres) as environment:
        inside(environment, "tests.benchmarks.shop", str(options.orders), "--active")
        result |= inside(environment, "tests.benchmarks.reports_parts", *map(str, options.workers))
    told(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
