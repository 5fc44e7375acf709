"""What the benchmarks said, as rows of one table: `rendered(store)` gives it as Markdown. Pure.

A program says names and figures. `... a / b` is a ratio: the figures that it divides are called `... a, unit` and `... b, unit` and
stand in the same row. Everything else is a row of its own. PROMISES say what must hold.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COLUMNS = ("what", "size", "database", "figure", "counterpart", "ratio", "limit", "met", "load")
# What says how a figure was made, and stands elsewhere in the row or in none.
NO_FIGURES = {"database", "minutes", "web processes", "workers", "clients", "requests", "failed", "peak MB", "open"}
CUSTOMERS_QUERIES, SLOWER = 8, 1.2
DOCUMENT_KB, AGAIN_KB, LCP_MS, SHIFT, INP_MS = 60, 12, 1000, 0.05, 100


@dataclass(frozen=True)
class Promise:
    """A limit for the figures (or ratios) of a program whose name matches; on one database alone where it says so."""

    program: str
    name: str
    limit: float
    at_least: bool = False
    database: str = ""

    def about(self, program: str, name: str, database: str) -> bool:
        known = program == self.program and re.fullmatch(self.name, name)
        return bool(known) and database.startswith(self.database)


PROMISES = (
    Promise("placing", "4 clients, door / raw", 0.5, at_least=True, database="PostgreSQL"),
    Promise("reports", r"sweep by \d+, longest wait / one interval", 1.0),
    Promise("export", r".*more memory at \d+ rows, MB", 5.0),
    Promise("startup", "run.py, second start, s", 3.0),
    Promise("ledger_check", "memory, most / at first", 1.2),
    Promise("mass", "faults in the ledger", 0),
    Promise("load", "error rate|accepted more than once|faults in ledger and orders", 0),
)


@dataclass(frozen=True)
class Row:
    what: str
    size: str
    database: str
    figure: str
    counterpart: str = ""
    ratio: float | None = None
    limit: str = ""
    met: bool | None = None
    load: str = ""

    def cells(self) -> Iterator[str]:
        yield from (self.what, self.size, self.database, self.figure, self.counterpart)
        yield "" if self.ratio is None else f"{self.ratio:.2f}"
        yield self.limit
        yield {None: "", True: "yes", False: "**no**"}[self.met]
        yield self.load


def rendered(store: Mapping[str, Any]) -> str:
    """The table, what was measured where, and the programs with their options and times."""
    runs = list(store["runs"].values())
    rows = [row for run in runs for row in rows_of(run)]
    dates = sorted(run["date"] for run in runs)
    lines = [f"Commit `{store['commit']}`, {store['machine']}. " + (f"{dates[0]} to {dates[-1]} UTC." if dates else "")]
    lines += ["", f"| {' | '.join(COLUMNS)} |", "|---|---|---|---:|---:|---:|---:|---|---|"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row.cells())} |" for row in rows]
    lines += ["", "| program | database | options | took |", "|---|---|---|---:|"]
    lines += [f"| {run['name']} | {run['database']} | `{run['options'] or '-'}` | {run['seconds']} s |" for run in runs]
    for run in runs:
        if run["said"]:
            lines += ["", f"{run['name']} on {run['database']} ended with {run['code']}:", "", "```"]
            lines += [*run["said"].splitlines()[-15:], "```"]
    return "\n".join(lines) + "\n"


def rows_of(run: Mapping[str, Any]) -> Iterator[Row]:
    load = f"{run['load'][0]} → {run['load'][1]}"
    if not run["lines"]:
        yield Row(run["name"], run["options"], run["database"], "failed", met=False, load=load)
        return
    special = {"pages": of_pages, "vitals": of_vitals, "ledger_check": of_checks}.get(run["name"])
    found = special(run) if special else of_figures(run["name"], run["database"], run["lines"][-1])
    yield from (Row(**{**row.__dict__, "load": load}) for row in found)


# --- Programs that say names and figures


def of_figures(program: str, database: str, said: Mapping[str, Any]) -> Iterator[Row]:
    said = dict(said)
    # Of a mass order its orders are a result.
    sizes = ("lines",) if program == "mass" else ("orders", "tickets", "articles", "services")
    size = ", ".join(f"{said.pop(name)} {name}" for name in sizes if isinstance(said.get(name), int))
    for name in [name for name in said if name.endswith("longest wait, s")]:
        interval = name.replace("longest wait", "one interval")
        said[name.replace(", s", " / one interval")] = (
            round(said[name] / said[interval], 3) if said.get(interval) else None
        )
    used: set[str] = set()
    rows = []
    for name, value in said.items():
        if not (pair := pair_of(name, said)):
            continue
        used |= {name, *pair}
        figures = [with_unit(said[one], one) for one in pair]
        rows.append(judged(program, name, value, Row(f"{program}: {name}", size, database, *figures, ratio=value)))
    for name, value in said.items():
        if name not in used and name not in NO_FIGURES and value not in ("", None, {}, []):
            rows.append(judged(program, name, value, Row(f"{program}: {name}", size, database, shown(value))))
    yield from rows


def pair_of(name: str, said: Mapping[str, Any]) -> tuple[str, str] | None:
    """The names of the two figures that this ratio divides."""
    prefix, _comma, ratio = name.rpartition(", ")
    first, slash, second = ratio.partition(" / ")
    if not slash or not isinstance(said[name], int | float):
        return None
    begin = f"{prefix}, " if prefix else ""
    found = [next((one for one in said if one != name and one.startswith(f"{begin}{word}") and " / " not in one), "")
             for word in (first, second)]  # fmt: skip
    return (found[0], found[1]) if all(found) else None


def judged(program: str, name: str, value: Any, row: Row) -> Row:
    promise = next((one for one in PROMISES if one.about(program, name, row.database)), None)
    if promise is None or not isinstance(value, int | float):
        return row
    met = value >= promise.limit if promise.at_least else value <= promise.limit
    limit = f"{'≥' if promise.at_least else '≤'} {promise.limit:g}"
    return Row(**{**row.__dict__, "limit": limit, "met": met})


def with_unit(value: Any, name: str) -> str:
    return f"{shown(value)} {name.rpartition(', ')[2]}"


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


# --- Programs that say more


def of_pages(run: Mapping[str, Any]) -> Iterator[Row]:
    """Each page at the largest size against the smallest."""
    first, last = run["lines"][0], run["lines"][-1]
    for page, most in last["pages"].items():
        least = first["pages"][page]
        figure = f"{most['queries']} queries, {most['p50']} / {most['p99']} ms"
        ratio = round(most["p50"] / max(least["p50"], 0.1), 2)
        is_customers = not page.startswith(("/admin/", "/metrics", "/health/"))
        queries = f", ≤ {CUSTOMERS_QUERIES} queries" if is_customers else ""
        met = ratio <= SLOWER and not (is_customers and most["queries"] > CUSTOMERS_QUERIES) and not most["read_whole"]
        what = f"page `{page}`" + "".join(f", reads all of {table}" for table in most["read_whole"])
        before = f"{least['p50']} / {least['p99']} ms at {first['orders']}"
        size = f"{last['orders']} orders"
        yield Row(what, size, run["database"], figure, before, ratio, f"≤ {SLOWER}{queries}", met)


def of_vitals(run: Mapping[str, Any]) -> Iterator[Row]:
    for line in run["lines"]:
        one, two = line["first"], line["second"]
        figure = f"{one['bytes'] / 1000:.1f} KB, again {two['bytes'] / 1000:.1f} KB, "
        figure += f"LCP {one['lcp']:.0f} ms, CLS {one['cls']:.3f}, INP {one['inp']:.0f} ms"
        met = one["bytes"] <= DOCUMENT_KB * 1000 and two["bytes"] <= AGAIN_KB * 1000
        met = met and one["lcp"] <= LCP_MS and one["cls"] <= SHIFT and one["inp"] <= INP_MS
        limit = f"≤ {DOCUMENT_KB} KB, {AGAIN_KB} KB, {LCP_MS} ms, {SHIFT}, {INP_MS} ms"
        yield Row(f"in a browser: `{line['page']}`", "demo shop", run["database"], figure, limit=limit, met=met)


def of_checks(run: Mapping[str, Any]) -> Iterator[Row]:
    first = run["lines"][0]
    for line in run["lines"]:
        row = Row("ledger_check", f"{line['entries']} entries", run["database"],
                  f"{line['seconds']} s, {line['megabytes']} MB")  # fmt: skip
        if line is not first:
            ratio = round(line["megabytes"] / first["megabytes"], 2)
            before = f"{first['megabytes']} MB at {first['entries']}"
            row = Row(**{**row.__dict__, "what": "ledger_check, memory", "counterpart": before, "ratio": ratio})
            row = judged("ledger_check", "memory, most / at first", ratio, row)
        yield row
