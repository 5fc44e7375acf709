"""Rows by the million, written without the looks that the database gives to each, into a database made for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Field, JSONField, Model

from orders import triggers

POSTGRES_INDEXES = """
    SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE t.relname IN ({marks}) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid)"""
SQLITE_INDEXES = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"
)


class Table:
    """Rows of one model, given as what differs from its defaults and written in bulk."""

    def __init__(self, model: type[Model], *names: str):
        self.model, self.rows, self.next = model, [], newest(model) + 1
        fields = model._meta.concrete_fields
        self.numbers_itself = model._meta.pk.attname not in names
        self.names = [model._meta.pk.attname, *names] if self.numbers_itself else list(names)
        varying = {field.attname: field for field in fields}
        self.columns = [varying.pop(name).column for name in self.names]
        # What is the same in all rows is made text once, not a million times.
        self.same = {field.column: usual_value(field) for field in varying.values()}

    def add(self, *values: Any) -> int:
        number = self.next
        if self.numbers_itself:
            values = (number, *values)
            self.next += 1
        self.rows.append(values)
        return number

    def write(self) -> None:
        rows, self.rows = self.rows, []
        table, columns = self.model._meta.db_table, ", ".join(f'"{name}"' for name in [*self.columns, *self.same])
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                line = "\t".join(["%s"] * len(self.columns) + [copied(value) for value in self.same.values()]) + "\n"
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    copy.write("".join([line % tuple(map(copied, row)) for row in rows]))
                return
            marks = ", ".join(["%s"] * len(self.columns) + [literal(value) for value in self.same.values()])
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608 (our own names)


def copied(value: Any) -> str:
    """As COPY reads it. Nothing that is made here has a tab or a backslash in it."""
    return r"\N" if value is None else str(value)


def literal(value: Any) -> str:
    """As it stands in a statement for SQLite."""
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, int) else "'{}'".format(str(value).replace("%", "%%"))


def usual_value(field: Field) -> Any:
    """What the column holds where nothing else is said."""
    value = field.get_default() if field.has_default() or not field.null else None
    return json.dumps(value) if isinstance(field, JSONField) else field.get_db_prep_save(value, connection)


@contextmanager
def bulk(tables: list[Table]) -> Iterator[None]:
    """One transaction that writes without looking: no triggers, no foreign keys, no indexes until it is over.

    Only for a database made for a measurement, which nobody wants back after a crash; the check of the ledger comes after.
    """
    names = [table.model._meta.db_table for table in tables]
    is_postgres = connection.vendor == "postgresql"
    triggers.drop()
    try:
        with connection.cursor() as cursor:
            if not is_postgres:
                cursor.execute("PRAGMA foreign_keys = OFF")
                cursor.execute("PRAGMA synchronous = OFF")
                cursor.execute("PRAGMA cache_size = -500000")
            with transaction.atomic():
                if is_postgres:
                    cursor.execute("SET LOCAL statement_timeout = 0")
                    cursor.execute("SET LOCAL session_replication_role = replica")
                    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
                later = list(indexes(cursor, names))
                for name, _definition in later:
                    cursor.execute(f'DROP INDEX "{name}"')
                yield
                for _name, definition in later:
                    cursor.execute(definition)
    finally:
        triggers.create()
        connection.close()


def indexes(cursor: Any, tables: list[str]) -> Iterator[tuple[str, str]]:
    """Name and statement of each index of these tables that is no constraint's own."""
    marks = ", ".join(["%s"] * len(tables))
    sql = POSTGRES_INDEXES if connection.vendor == "postgresql" else SQLITE_INDEXES
    cursor.execute(sql.format(marks=marks), tables)
    yield from cursor.fetchall()


def newest(model: type[Model]) -> int:
    return model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
