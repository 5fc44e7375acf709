"""What must be true before the panel may serve: safe settings in production, a database that keeps money safe."""

from collections.abc import Iterator

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection

SHORTEST_TOKEN = 20
# What a shop's environment and database can get wrong. Pages, admin and models are the same everywhere: `run.py check` looks at
# them, and looking takes as long as importing every page.
AT_START = (checks.Tags.security, checks.Tags.database, checks.Tags.caches, checks.Tags.files, checks.Tags.translation)
INSECURE_KEY_LENGTH, INSECURE_KEY_VARIETY = 50, 5


def production_faults() -> Iterator[str]:
    """Every setting that must not reach the public, each as a sentence that says what to set."""
    if len(settings.SECRET_KEY) < INSECURE_KEY_LENGTH or len(set(settings.SECRET_KEY)) < INSECURE_KEY_VARIETY:
        yield f"SECRET_KEY must be set to at least {INSECURE_KEY_LENGTH} random characters."
    if not settings.FIELD_KEYS:
        yield "NEOPANEL_FIELD_KEYS must hold at least one key (python3 run.py manage make_field_key prints one)."
    elif not all(is_field_key(key) for key in settings.FIELD_KEYS):
        yield "NEOPANEL_FIELD_KEYS holds what is no key (python3 run.py manage make_field_key prints one)."
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS must name the host names of this shop; * is not allowed."
    if settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend" and settings.EMAIL_HOST == "localhost":
        yield "EMAIL_URL must say how mail is sent, for example smtp+tls://user:password@mail.example.com:587."
    if "locmem" in settings.CACHES["default"]["BACKEND"]:
        yield "CACHE_URL must be a cache that all processes share (dbcache://neopanel_cache serves)."
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        yield f"NEOPANEL_METRICS_TOKEN must have at least {SHORTEST_TOKEN} characters."
    if settings.DEBUG:
        yield "DEBUG must be off."


def is_field_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


@checks.register(checks.Tags.security)
def safe_settings(app_configs, **kwargs):
    if settings.DEMO:
        if settings.HOST not in {"127.0.0.1", "localhost", "::1"}:
            return [
                checks.Error(
                    f"The demo has known passwords and refuses to answer on HOST={settings.HOST}; set NEOPANEL_ENV=production.",
                    id="neopanel.E001",
                )
            ]
        return []
    return [checks.Error(fault, id="neopanel.E002") for fault in production_faults()]


@checks.register(checks.Tags.database)
def immediate_transactions(app_configs, databases=None, **kwargs):
    """On SQLite only IMMEDIATE transactions protect a balance from two simultaneous spends."""
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if connection.vendor == "sqlite" and options.get("transaction_mode") != "IMMEDIATE":
        return [checks.Error("SQLite must run with transaction_mode IMMEDIATE.", id="neopanel.E003")]
    return []


@checks.register(checks.Tags.database)
def timeouts_of_the_role(app_configs, databases=None, **kwargs):
    """Behind a pooler no connection can be given time-outs by us: without the role's own a lock would be waited for for ever."""
    if not (databases and settings.POOLED and connection.vendor == "postgresql"):
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), current_user")
            lock, statement, role = cursor.fetchone()
    except DatabaseError:
        return []  # that it does not answer is told by `orders/checks.py`
    if "0" not in {lock, statement}:
        return []
    return [
        checks.Error(
            "Behind a pooler the role needs time-outs of its own; as the database's owner: "
            f"ALTER ROLE {role} SET lock_timeout = '10s'; ALTER ROLE {role} SET statement_timeout = '60s'; "
            "then restart the pooler.",
            id="neopanel.E004",
        )
    ]


def refuse_to_start_unsafely() -> None:
    """Raises SystemExit with one list of all that is wrong. A failing check alone does not stop a WSGI server."""
    found = [
        m for m in checks.run_checks(tags=AT_START, databases=["default"]) if m.is_serious() and not m.is_silenced()
    ]
    if found:
        lines = "\n".join(f"  - {message.msg}" for message in found)
        raise SystemExit(f"neopanel refuses to start:\n{lines}")
