"""The order form's POST and the API's `add`, against views that do nothing behind the same middleware.

python3 run.py bench http [--seconds 3] [--rounds 3] [--postgres]

One process with Django's test client, so that nothing but the panel is measured; each thing in turn, medians of the rounds. The
form comes from a signed-in customer with the page's token against forged requests; the API's both dialects come with a key.
"""

import argparse
import sys

from tests.benchmarks.scratch import database, inside, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with database(postgres=options.postgres) as environment:
        figures = inside(environment, "tests.benchmarks.http_parts", str(options.seconds), str(options.rounds))
    told({"database": "PostgreSQL" if options.postgres else "SQLite", **figures})
    return 0


if __name__ == "__main__":
    sys.exit(main())
