"""The help center as a folder of files, as shops keep it in git and as the first edition comes with the software.

`sections.toml`, `statuses.toml`, `snippets.toml`, `synonyms.toml`, `addresses.toml` and `images.toml` hold the short texts, `*.md`
in any subfolder the articles: TOML between two lines of `+++`, then Markdown. Links between articles are written as addresses.
A text that readers will see later is `.scheduled` before its ending, one that editors work on `.draft`.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpcenter.writing import tidy
from orders.statuses import OrderStatus

FENCE = "+++"
# What the last export wrote, one path a line: the next one into the same folder takes those away first, and nothing else.
WRITTEN = ".exported"
SECTION_FIELDS = ("title", "summary", "icon")
ARTICLE_TEXTS = ("title", "summary", "quick_answer", "keywords")
ADVICE_TEXTS = ("meaning", "what_to_do", "note", "money", "contact_when")


class BadContent(ValueError):
    """A content file that cannot be loaded; the message names the file and says what is wrong."""


@dataclass(frozen=True)
class Facts:
    """How far a text is, as its file says; empty where the file says nothing. Times are ISO 8601 with their zone."""

    state: str = ""
    published_from: str = ""
    written: str = ""
    anchors: tuple[str, ...] = ()


# --- Reading


def read_sections(content: Path) -> Iterator[tuple[str, dict]]:
    for number, row in enumerate(read_toml(content / "sections.toml")["section"], start=1):
        texts = {name: row.get(name, "") for name in SECTION_FIELDS}
        yield row["slug"], {**texts, "parent": row.get("parent", ""), "position": row.get("position", number * 10)}


def read_statuses(content: Path) -> Iterator[tuple[str, dict]]:
    for status, row in read_toml(content / "statuses.toml").items():
        if status not in OrderStatus.values:
            raise BadContent(f"statuses.toml: {status} is no status of an order.")
        yield status, {name: row.get(name, "").strip() for name in ADVICE_TEXTS}


def read_advice(path: Path) -> Iterator[tuple[str, dict, Facts]]:
    """What one file says about statuses; nothing where there is no such file."""
    if not path.exists():
        return
    rows = read_toml(path)
    for status, row in rows.items():
        if status not in OrderStatus.values:
            raise BadContent(f"{path.name}: {status} is no status of an order.")
        yield status, {name: row.get(name, "").strip() for name in ADVICE_TEXTS}, facts_of(row)


def read_snippets(content: Path) -> dict[str, str]:
    path = content / "snippets.toml"
    return {name: text.strip() for name, text in read_toml(path).items()} if path.exists() else {}


def read_synonyms(content: Path) -> list[str]:
    path = content / "synonyms.toml"
    return read_toml(path).get("words", []) if path.exists() else []


def read_addresses(content: Path) -> dict[str, str]:
    """Old addresses and where they lead: `section` or `section/slug`."""
    path = content / "addresses.toml"
    return read_toml(path) if path.exists() else {}


def read_loaded(content: Path) -> dict[str, str]:
    """What `load_help` wrote, by key, so that it knows afterwards what people changed or removed."""
    path = content / "first-edition.toml"
    return read_toml(path) if path.exists() else {}


def read_images(content: Path) -> dict[str, str]:
    """File name in `images/` and alternative text."""
    path = content / "images.toml"
    return read_toml(path) if path.exists() else {}


def read_articles(content: Path) -> Iterator[tuple[str, str, dict]]:
    """Section, slug and texts of each article, in the order of the file names."""
    for path in sorted(content.rglob("*.md")):
        yield read_article(path)


def read_article(path: Path) -> tuple[str, str, dict]:
    return read_page(path)[:3]


def read_page(path: Path) -> tuple[str, str, dict, Facts]:
    front, body = split(path)
    try:
        texts: dict[str, Any] = {
            "title": front["title"],
            "summary": front.get("summary", ""),
            "quick_answer": front.get("quick_answer", "").strip(),
            "body": body,
            "keywords": front.get("keywords", ""),
            "position": front.get("position", 0),
            "is_published": front.get("is_published", True),
            "published_from": front.get("published_from", ""),
            "review_by": front.get("review_by", ""),
            "related": list(front.get("related", [])),
            "faq": [[item["question"], item["answer"].strip()] for item in front.get("faq", [])],
        }
        return front["section"], front["slug"], texts, facts_of(front)
    except KeyError as error:
        raise BadContent(f"{path.name}: {error} is missing.") from error


def facts_of(front: dict[str, Any]) -> Facts:
    return Facts(
        state=str(front.get("state", "")),
        published_from=str(front.get("published_from", "")),
        written=str(front.get("written", "")),
        anchors=tuple(str(item.get("anchor", "")) for item in front.get("faq", [])),
    )


def split(path: Path) -> tuple[dict, str]:
    before, fence, rest = read_text(path).partition(f"{FENCE}\n")
    front, second, body = rest.partition(f"\n{FENCE}\n")
    if before or not fence or not second:
        raise BadContent(f"{path.name}: it must begin with its facts between two lines of {FENCE}.")
    return parse_toml(front, path.name), tidy(body)


def read_toml(path: Path) -> dict:
    return parse_toml(read_text(path), path.name)


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadContent(f"{path.name}: {error}") from error


def parse_toml(text: str, name: str) -> dict:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadContent(f"{name}: {error}") from error


# --- Writing


def clear(folder: Path) -> None:
    """Takes away what an earlier export wrote. Raises BadContent where the folder holds something and no export wrote there."""
    if not folder.exists():
        return
    listed = folder / WRITTEN
    if not listed.is_file():
        if any(path.name != ".git" for path in folder.iterdir()):
            raise BadContent(f"{folder} is not empty, and no export has written there before.")
        return
    home = folder.resolve()
    for line in read_text(listed).splitlines():
        path = (home / line).resolve()
        if line and path.is_relative_to(home) and path.is_file():
            path.unlink()


def list_written(folder: Path, kept: set[Path]) -> None:
    """Writes the list of what this export wrote: everything in the folder but git's own and what was `kept`."""
    paths = sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path not in kept and ".git" not in path.relative_to(folder).parts
    )
    write(folder / WRITTEN, "\n".join(paths) + "\n")


def write_article(path: Path, front: dict[str, Any], faq: list[dict[str, str]], body: str) -> None:
    lines = [FENCE, *(f"{name} = {value(what)}" for name, what in front.items())]
    for row in faq:
        lines += ["", "[[faq]]", *(f"{name} = {value(what)}" for name, what in row.items())]
    write(path, "\n".join([*lines, FENCE, body]) + "\n")


def write_tables(path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Rows as `[[name]]` one after the other."""
    parts = ["\n".join([f"[[{name}]]", *(f"{key} = {value(what)}" for key, what in row.items())]) for row in rows]
    write(path, "\n\n".join(parts) + "\n")


def write_groups(path: Path, groups: dict[str, dict[str, str]]) -> None:
    parts = ["\n".join([f"[{key}]", *(f"{k} = {value(v)}" for k, v in row.items())]) for key, row in groups.items()]
    write(path, "\n\n".join(parts) + "\n" if parts else "")


def write_values(path: Path, values: dict[str, Any]) -> None:
    write(path, "".join(f"{value(key)} = {value(what)}\n" for key, what in values.items()))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def value(what: Any) -> str:
    """A TOML value: text on one line or, where it has several, on as many."""
    if isinstance(what, bool):
        return "true" if what else "false"
    if isinstance(what, int):
        return str(what)
    if isinstance(what, list):
        return "[" + ", ".join(value(one) for one in what) + "]"
    text = escaped(what)
    return f'"""\n{text}"""' if "\n" in what else f'"{text}"'


def escaped(text: str) -> str:
    out = []
    for sign in text:
        if sign in '"\\':
            out.append(f"\\{sign}")
        elif sign != "\n" and (ord(sign) < 0x20 or ord(sign) == 0x7F):
            out.append(f"\\u{ord(sign):04x}")
        else:
            out.append(sign)
    return "".join(out)
