"""What the role may do that web server and worker sign in as, on PostgreSQL: all of their work, and nothing to history.

The owner of the tables migrates; triggers hold even the owner (`orders/triggers.py`), and this holds everybody else once more.
"""

from django.db import connection

# Written once, never changed; and rows that carry money, which change but never go.
APPEND_ONLY = ("orders_ledgerentry", "orders_orderevent")
NEVER_DELETED = ("orders_wallet", "orders_order", "orders_deposit")
ROLE_SETTINGS = (
    "lock_timeout = '10s'",
    "statement_timeout = '60s'",
    "timezone = 'UTC'",
    "max_parallel_workers_per_gather = 0",
    "jit = off",
)


def grants(role: str) -> list[str]:
    """The statements, in order, for the owner of the database. Running them again changes nothing."""
    name, database = _quoted(role), _quoted(connection.settings_dict["NAME"])
    return [
        f"GRANT CONNECT ON DATABASE {database} TO {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        # Tables of later versions; the ones named below are guarded anew by running these statements after an upgrade.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {name}",
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {name}" for table in APPEND_ONLY),
        *(f"REVOKE DELETE, TRUNCATE ON {table} FROM {name}" for table in NEVER_DELETED),
        # Behind a pooler nobody else can give them (`NEOPANEL_POOLED`).
        *(f"ALTER ROLE {name} SET {setting}" for setting in ROLE_SETTINGS),
    ]


def _quoted(name: str) -> str:
    """As an identifier, whatever is in it. (Django's own quoting trusts the name.)"""
    return '"' + name.replace('"', '""') + '"'
