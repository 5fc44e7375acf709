"""What stands in calls and answers, as JSON Schema. A leaf: `reference.py` puts the pieces together."""

from typing import Any

Schema = dict[str, Any]

MONEY: Schema = {"type": "string", "pattern": r"^[0-9]+\.[0-9]{2,8}$"}
DIGITS: Schema = {"type": "string", "pattern": "^[0-9]+$"}
NUMBER: Schema = {"type": "integer", "minimum": 1}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
CURRENCY: Schema = {"type": "string", "minLength": 1}

# What a program may send: numbers as numbers or as text, lists as one text or, in JSON, as a list.
SENT_NUMBER: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 0}
SENT_IDS: Schema = {
    "anyOf": [
        {"type": "string", "pattern": "^ *[0-9]+( *, *[0-9]+)* *$"},
        {"type": "array", "items": SENT_NUMBER, "minItems": 1, "maxItems": 100},
    ]
}
SENT_LINES: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}

ERROR: Schema = {"$ref": "#/components/schemas/Error"}


def words(*allowed: str) -> Schema:
    return {"type": "string", "enum": list(allowed)}


def exactly(value: str | int) -> Schema:
    return {"const": value}


def thing(optional: Schema | None = None, **fields: Schema) -> Schema:
    """An object with these fields and no others; those of `optional` may be missing."""
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
        "additionalProperties": False,
    }


def rows(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def by_id(item: Schema, otherwise: Schema) -> Schema:
    """An object keyed by the ids as they were asked."""
    return {"type": "object", "additionalProperties": {"anyOf": [item, otherwise]}}
