"""A mass order: lines checked and placed, each a transaction of its own, and the ledger verified afterwards.

python3 run.py bench mass [--lines 1000] [--postgres]
"""

import argparse
import sys

from tests.benchmarks.scratch import database, inside, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    result = {"database": "PostgreSQL" if options.postgres else "SQLite", "lines": options.lines}
    with database(postgres=options.postgres) as environment:
        result |= inside(environment, "tests.benchmarks.mass_parts", str(options.lines))
    told(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
