"""A catalogue of thousands: the import of a provider's list, and the pages that show it.

python3 run.py bench catalogue [--services 4000] [--postgres]
"""

import argparse
import sys

from tests.benchmarks.scratch import database, inside, told

INSIDE = "tests.benchmarks.catalogue_parts"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=4000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    result = {"database": "PostgreSQL" if options.postgres else "SQLite", "services": options.services}
    with database(postgres=options.postgres) as environment:
        for part in ("start", "first", "again", "repriced", "pages"):
            said = inside(environment, INSIDE, part, str(options.services))
            if part == "start":
                result["nothing but Django, peak MB"] = said["peak MB"]
            elif part == "pages":
                said.pop("peak MB")
                result |= said
            else:
                result[f"import, {part}: seconds"] = said["seconds"]
                result[f"import, {part}: CPU seconds"] = said["CPU"]
                result[f"import, {part}: peak MB"] = said["peak MB"]
    told(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
