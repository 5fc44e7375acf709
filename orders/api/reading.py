"""What a reseller's program sends, read once: form or JSON body, numbers as numbers or text. Pure but for the request."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,40}", re.ASCII)


class Unreadable(ValueError):
    """The body is neither a form nor a JSON object, or it is too large."""


class NotWhole(ValueError):
    """A parameter that should be a whole number is none."""


class NotText(ValueError):
    """A parameter that should be a text is none, or was sent twice."""


@dataclass(frozen=True)
class Parameters:
    """As sent. JSON's null is no value: typed clients write it for what they leave out."""

    values: dict[str, Any]

    def names(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str) -> str:
        """The parameter as text, as sent; "" where it is missing or no plain value."""
        value = self.values.get(name, "")
        if isinstance(value, bool) or not isinstance(value, str | int):
            return ""
        return str(value)

    def label(self, name: str) -> str:
        """A text of the program's own, "" where it is missing or null. Raises NotText for a list, an object, true or false.

        Taken for missing, a `request_id` sent twice would protect from nothing.
        """
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise NotText(name)
        return str(value)

    def lines(self, name: str) -> str:
        """The parameter as lines of text; a JSON list of texts is one line each."""
        value = self.values.get(name, "")
        if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
            return "\n".join(line.replace("\n", " ") for line in value)
        return self.text(name)

    def whole(self, name: str) -> int | None:
        """The parameter as a whole number; None where it is missing or null. Raises NotWhole for `1e3`, ` 10 `, `1.5`, true, []."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int) or not WHOLE_NUMBER.fullmatch(str(value)):
            raise NotWhole(name)
        return int(value)

    def ids(self, name: str) -> list[str]:
        """A comma-separated list (or a JSON list) of ids as asked, outer space removed; empty where it is missing."""
        value = self.values.get(name, "")
        parts = value if isinstance(value, list) else self.text(name).split(",")
        return [str(part).strip() for part in parts if str(part).strip()]


def read(request: HttpRequest) -> Parameters:
    """The parameters of a call. Raises Unreadable."""
    try:
        # Many clients send JSON under another name (curl calls it a form). A multipart body cannot be looked at twice.
        if request.content_type != "multipart/form-data" and (
            request.content_type == "application/json" or request.body.lstrip()[:1] == b"{"
        ):
            return Parameters(_object(request.body))
        form = request.POST
        # A parameter sent twice has no one meaning: it reads like no value at all.
        return Parameters({name: form[name] if len(form.getlist(name)) == 1 else [] for name in form})
    except (RequestDataTooBig, TooManyFieldsSent, MultiPartParserError, SuspiciousOperation, OSError):
        raise Unreadable from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        # Numbers with a point or an exponent stay text, so that `1e3` is never taken for 1000.
        found = json.loads(body or b"{}", parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(found, dict):
        raise Unreadable
    return found
