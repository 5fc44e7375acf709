"""The databases' own full-text parts beside the table of SearchText: an FTS5 index with triggers, or a generated tsvector.

Made after every migrate, since Django drops triggers when it rebuilds a table on SQLite.
"""

from django.db import DEFAULT_DB_ALIAS, connections

COLUMNS = ("title", "keywords", "summary", "headings", "body")
TABLE = "helpcenter_searchtext"
INDEX = "helpcenter_search"

_names = ", ".join(COLUMNS)
_new = ", ".join(f"new.{name}" for name in COLUMNS)
_old = ", ".join(f"old.{name}" for name in COLUMNS)
_ADD = f"INSERT INTO {INDEX}(rowid, {_names}) VALUES (new.revision_id, {_new});"  # noqa: S608
_TAKE = f"INSERT INTO {INDEX}({INDEX}, rowid, {_names}) VALUES ('delete', old.revision_id, {_old});"  # noqa: S608

SQLITE = (
    f"DROP TABLE IF EXISTS {INDEX}",
    f"CREATE VIRTUAL TABLE {INDEX} USING fts5({_names}, content='{TABLE}', content_rowid='revision_id', "
    "tokenize='porter unicode61', prefix='2 3 4')",
    f"DROP TRIGGER IF EXISTS {INDEX}_add",
    f"DROP TRIGGER IF EXISTS {INDEX}_take",
    f"DROP TRIGGER IF EXISTS {INDEX}_change",
    f"CREATE TRIGGER {INDEX}_add AFTER INSERT ON {TABLE} BEGIN {_ADD} END",
    f"CREATE TRIGGER {INDEX}_take AFTER DELETE ON {TABLE} BEGIN {_TAKE} END",
    f"CREATE TRIGGER {INDEX}_change AFTER UPDATE ON {TABLE} BEGIN {_TAKE} {_ADD} END",
    f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')",  # noqa: S608
)
# Title and keywords weigh the same, then summary, headings, text.
_WEIGHTS = {"title": "A", "keywords": "A", "summary": "B", "headings": "C", "body": "D"}
_VECTOR = " || ".join(
    # A vector holds at most a megabyte; the longest text is far below it.
    f"setweight(to_tsvector('english'::regconfig, {name}), '{weight}')"
    for name, weight in _WEIGHTS.items()
)
POSTGRES = (
    f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS vector tsvector GENERATED ALWAYS AS ({_VECTOR}) STORED",
    f"CREATE INDEX IF NOT EXISTS {INDEX}_vector ON {TABLE} USING gin (vector)",
)


def create(using: str = DEFAULT_DB_ALIAS) -> None:
    """Puts index and triggers in place, filled from what the table holds.

    On PostgreSQL nothing is touched where the index is there: the role that serves does not own the tables.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT 1 FROM pg_indexes WHERE indexname = %s", [f"{INDEX}_vector"])
            if cursor.fetchone():
                return
        for statement in SQLITE if connection.vendor == "sqlite" else POSTGRES:
            cursor.execute(statement)
