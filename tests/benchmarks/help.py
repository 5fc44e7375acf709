"""The help center with many articles: search, an article's page, a repeated visit, and what a page weighs on the wire.

python3 run.py bench help [--articles 10000] [--postgres]
"""

import argparse
import subprocess
import sys
from typing import Any

from tests.benchmarks.scratch import ROOT, database, inside, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with database(postgres=options.postgres) as environment:
        run: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([sys.executable, "manage.py", "load_help", "--verbosity", "0"], **run)
        result = inside(environment, "tests.benchmarks.articles", str(options.articles))
    told({"database": "PostgreSQL" if options.postgres else "SQLite", "articles": options.articles, **result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
