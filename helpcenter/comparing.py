"""What differs between two versions of a text, word by word: `<del>` and `<ins>`, which do not speak by colour alone. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

PIECE = re.compile(r"\s+|\w+|[^\w\s]")
# Longer passages that differ are shown as a whole: finding every common word in them takes too long.
MOST_PIECES = 1500


@dataclass(frozen=True)
class Difference:
    """One field that differs; `html` is safe to show."""

    name: str
    html: SafeString


def differences(before: dict[str, str], after: dict[str, str], names: dict[str, str]) -> list[Difference]:
    """The fields of `names` (field: how people call it) that are not the same in both."""
    return [
        Difference(label, compared(before.get(name, ""), after.get(name, "")))
        for name, label in names.items()
        if before.get(name, "") != after.get(name, "")
    ]


def compared(before: str, after: str) -> SafeString:
    """The text with what went and what came, first by line and inside of changed lines by word."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    parts: list[str] = []
    for what, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        parts += [escape(gone)] if what == "equal" else by_word(gone, come)
    return mark_safe("".join(parts))  # noqa: S308  (every piece is escaped)


def by_word(before: str, after: str) -> Iterator[str]:
    old, new = PIECE.findall(before), PIECE.findall(after)
    if len(old) > MOST_PIECES or len(new) > MOST_PIECES:
        yield from (tag("del", before), tag("ins", after))
        return
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        if what == "equal":
            yield escape(gone)
        else:
            yield tag("del", gone)
            yield tag("ins", come)


def tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""
