"""python3 run.py bench NAME [options]: runs one of the measurements in this folder; without a name, says which there are."""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(
    path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_") and "def main()" in path.read_text()
)


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.stdout.write(f"Benchmarks: {', '.join(NAMES)}.\n")
        return 0 if len(sys.argv) < 2 else 2
    name = sys.argv[1]
    sys.argv = [f"bench {name}", *sys.argv[2:]]
    runpy.run_module(f"tests.benchmarks.{name}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
