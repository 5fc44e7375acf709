"""Statements whose text is made once. A leaf, for the few that every order needs: the ORM makes each text anew, which costs more
processor time than everything else that placing an order does in Python.

What the statements mean is the caller's; constraints and triggers guard them like any other. Values go through the model's own
fields in both directions.
"""

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import AutoField, Field, Model

M = TypeVar("M", bound=Model)


def insert(row: Model) -> None:
    """Writes a new row as it stands and gives it its number. No checks but the database's own, and no signals.

    Raises IntegrityError like `save`.
    """
    known = row.__dict__
    # What is NULL need not be said: half of an order's columns at its birth, and texts of at most 50 values the driver remembers.
    given = tuple(field for field in row._meta.concrete_fields if known[field.attname] is not None)
    text, counted = _insertion(type(row), given)
    values = [field.get_db_prep_save(known[field.attname], connection) for field in given]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        if counted:
            row.pk = cursor.fetchone()[0]
    row._state.adding = False
    row._state.db = connection.alias


@functools.cache
def _insertion(model: type[Model], given: tuple[Field, ...]) -> tuple[str, bool]:
    """The statement, and whether it gives the number of the new row."""
    key = model._meta.pk
    names, marks = ", ".join(f'"{field.column}"' for field in given), ", ".join(["%s"] * len(given))
    text = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})'  # noqa: S608 (our own names)
    counted = isinstance(key, AutoField) and key not in given
    return text + (f' RETURNING "{key.column}"' if counted else ""), counted


# The weakest lock that keeps other writers away: rows that name the locked one may still be written.
LOCK = "FOR NO KEY UPDATE OF"


def lock(alias: str, *, skip_locked: bool = False) -> str:
    """The end of a SELECT that locks rows of this table until the transaction ends. Nothing on SQLite, where the IMMEDIATE
    transaction has locked everything already."""
    if not LOCK or not connection.features.has_select_for_no_key_update:
        return ""
    return f"{LOCK} {alias}" + (" SKIP LOCKED" if skip_locked else "")


def update(row: Model, names: Sequence[str]) -> None:
    """Writes these fields of a row that is locked, as they stand. Raises IntegrityError like `save`."""
    text, fields = _update(type(row), tuple(dict.fromkeys(names)))
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(text, values)


@functools.cache
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, tuple[Field, ...]]:
    meta = model._meta
    fields = tuple(meta.get_field(name) for name in names)
    changes = ", ".join(f'"{field.column}" = %s' for field in fields)
    text = f'UPDATE "{meta.db_table}" SET {changes} WHERE "{meta.pk.column}" = %s'  # noqa: S608 (our own names)
    return text, (*fields, meta.pk)


def update_each(
    model: type[Model], change: str, pairs: Sequence[tuple[int, Any]], *values: Any, cast: str = "bigint"
) -> None:
    """One statement for many rows: each gets the `change` with its own `v.it`, of the type `cast`.

    `pairs`: key of the row and its value as the database takes it; `values` are those that `change` asks for by `%s`.
    """
    if connection.vendor == "postgresql":
        # Two values however many rows: the driver remembers the text.
        each = f"SELECT * FROM unnest(%s::bigint[], %s::{cast}[])"  # noqa: S608 (our own names)
        given: list[Any] = [[key for key, _it in pairs], [it for _key, it in pairs]]
    else:
        each = "VALUES " + ", ".join(["(%s, %s)"] * len(pairs))
        given = [value for pair in pairs for value in pair]
    table, key = model._meta.db_table, model._meta.pk.column
    text = f'WITH v(id, it) AS ({each}) UPDATE "{table}" SET {change} FROM v WHERE "{table}"."{key}" = v.id'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(text, [*given, *values])


def moment(value: dt.datetime | None) -> Any:
    """A time as the database takes it where no field stands between."""
    return connection.ops.adapt_datetimefield_value(value)


class Part(Generic[M]):
    """So much of one model's row as part of a wider row: its columns for the statement, and the object of what came back.

    `names`: fields as the object has them (`provider_id`), the key among them; what else is asked of the object is read when it is
    asked. Without names, all fields.
    """

    def __init__(self, model: type[M], *names: str):
        self.model = model
        self.fields = [field for field in model._meta.concrete_fields if field.attname in names or not names]
        self.names = [field.attname for field in self.fields]
        self.key = self.names.index(model._meta.pk.attname)
        self.size = len(self.fields)

    def columns(self, alias: str) -> str:
        return ", ".join(f'{alias}."{field.column}"' for field in self.fields)

    def of(self, values: Sequence[Any]) -> M | None:
        """The object; None where an outer join found no row."""
        if values[self.key] is None:
            return None
        return self.model.from_db(connection.alias, self.names, self.read(values))

    def read(self, values: Sequence[Any]) -> list[Any]:
        """The values as the object would have them, in the order of `names`."""
        found = list(values)
        for place, convert in self._conversions(connection.vendor):
            found[place] = convert(found[place])
        return found

    @functools.cache  # noqa: B019 (there are as many of these as lines that make one)
    def _conversions(self, vendor: str) -> list[tuple[int, Callable[[Any], Any]]]:
        """What SQLite has no type for: truth, moments, JSON."""
        found = []
        for place, field in enumerate(self.fields):
            column = field.cached_col
            steps = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
            if steps:
                found.append((place, functools.partial(_convert, steps, column)))
        return found


def _convert(steps: Sequence[Callable[..., Any]], column: Any, value: Any) -> Any:
    for step in steps:
        value = step(value, column, connection)
    return value
