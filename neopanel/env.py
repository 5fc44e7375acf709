"""What the environment says, read once and failing loudly. `docs/operations.md` lists every name."""

import datetime as dt
import errno
import importlib.util
import math
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import environ
from cryptography.fernet import Fernet

from accounts.addresses import NotANetwork, read_networks
from orders.money import NotMoney, parse
from support import hours

ROOT = Path(__file__).resolve().parent.parent


class Environment(environ.Env):
    """The environment as an operator means it: `PORT=` in a service's file says nothing, and a `$` in a secret is a letter."""

    def get_value(self, var, cast=None, default=None, parse_default=False):
        value = os.environ.get(var, "")
        if value.strip():
            return self.parse_value(value, cast)
        return self.parse_value(default, cast) if parse_default else default

    def list(self, var, cast=None, default=environ.Env.NOTSET):
        """Separated by commas, with or without spaces after them."""
        return [item.strip() for item in super().list(var, cast, default) if item.strip()]


env = Environment()


@dataclass(frozen=True)
class PollSchedule:
    """How often an open order is asked for, in seconds, by its age (see `NEOPANEL_POLL_SECONDS`)."""

    first_ten_minutes: int
    first_hour: int
    first_day: int
    later: int


@dataclass(frozen=True)
class CallRate:
    """So many calls in a window of so many seconds (see `NEOPANEL_API_RATE`)."""

    most: int
    seconds: int


def data_dir() -> Path:
    """The one folder that the panel writes to; made where it is missing. Raises `ImproperlyConfigured` where it cannot be."""
    path = Path(env.str("NEOPANEL_DATA_DIR", default=str(ROOT / "var"))).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as fault:
        raise environ.ImproperlyConfigured(
            f"NEOPANEL_DATA_DIR must be a folder that can be written to, not '{path}' ({fault.strerror})."
        ) from None
    return path


def whole(name: str, *, default: int, least: int, most: int | None = None) -> int:
    """A whole number. Raises `ImproperlyConfigured` with a sentence for anything else."""
    text = env.str(name, default=str(default)).strip()
    value = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1
    if value < least or (most is not None and value > most):
        bounds = f"from {least} on" if most is None else f"from {least} to {most}"
        raise environ.ImproperlyConfigured(f"{name} must be a whole number {bounds}, not {text!r}.")
    return value


def number(name: str, *, default: float) -> float:
    """A number above nothing. Raises `ImproperlyConfigured` with a sentence for anything else."""
    text = env.str(name, default=str(default))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise environ.ImproperlyConfigured(f"{name} must be a number above 0 like 1 or 2.5, not {text!r}.")
    return value


YES, NO = {"true", "yes", "y", "on", "ok", "1"}, {"false", "no", "n", "off", "0"}


def flag(name: str, *, default: bool = False) -> bool:
    """Yes or no. Raises `ImproperlyConfigured` with a sentence for anything else: a typing error must not mean no."""
    text = env.str(name, default=str(default))
    word = text.strip().lower()
    if word not in YES | NO:
        raise environ.ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")
    return word in YES


def time_zone(name: str) -> str:
    text = env.str(name, default="UTC")
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise environ.ImproperlyConfigured(f"{name} must be a name like UTC or Europe/Madrid, not {text!r}.") from None
    return text


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def log_level(name: str) -> str:
    text = env.str(name, default="WARNING")
    if text.strip().upper() not in LEVELS:
        raise environ.ImproperlyConfigured(f"{name} must be one of {', '.join(LEVELS)}, not {text!r}.")
    return text.strip().upper()


KNOWN_DATABASE = re.compile(r"(?:postgres(?:ql)?|pgsql|psql)://|sqlite:///")


def database(name: str, folder: Path) -> dict[str, Any]:
    """The database that the address names; without one, a file in the data folder, whatever letters that has in its name.

    Raises `ImproperlyConfigured` with a sentence for anything else, without the address where it may hold a password.
    """
    text = env.str(name, default="").strip()
    if not text:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "neopanel.sqlite3")}
    try:
        found = env.db_url_config(text) if KNOWN_DATABASE.match(text) else {}
    except (ValueError, environ.ImproperlyConfigured):
        found = {}
    if not found or found["NAME"] in {"", ":memory:"}:
        shown = "" if "@" in text or "password" in text.lower() else f", not {text!r}"
        raise environ.ImproperlyConfigured(f"{name} must be like postgresql://user:password@host/name{shown}.")
    return found


def mail_server(name: str) -> dict[str, Any]:
    """What Django wants to know of the mail server; nothing where none is named. Its address is never shown: it has a password."""
    text = env.str(name, default="").strip()
    if not text:
        return {}
    try:
        found = env.email_url_config(text)
    except (ValueError, environ.ImproperlyConfigured):
        found = {}
    if not found or (text.startswith("smtp") and not found["EMAIL_HOST"]):
        raise environ.ImproperlyConfigured(f"{name} must be like smtp+tls://user:password@host:587.")
    return found


def generated(folder: Path, name: str, make: Callable[[], str]) -> str:
    """A secret that the demo makes for itself on first start and keeps in its data folder, readable by its owner alone."""
    file = folder / name
    try:
        # "x": of two processes that start together one makes the secret, the other reads it.
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as handle:
            handle.write(make())
    except FileExistsError:
        pass
    return file.read_text().strip()


def make_secret() -> str:
    return secrets.token_urlsafe(48)


def make_field_key() -> str:
    return Fernet.generate_key().decode()


def amount_of(name: str, *, default: str) -> int:
    """An amount of money in units. Raises `ImproperlyConfigured` with a sentence for anything else."""
    text = env.str(name, default=default)
    try:
        amount = parse(text)
    except NotMoney:
        amount = -1
    if amount < 0:
        raise environ.ImproperlyConfigured(f"{name} must be an amount like 50.00, not {text!r}.")
    return amount


def poll_schedule(text: str) -> PollSchedule:
    """`30,120,600,3600` as a schedule. Raises `ImproperlyConfigured` with a sentence for anything else."""
    try:
        seconds = [int(part) for part in text.split(",")]
        if len(seconds) != 4 or min(seconds) < 1:
            raise ValueError
    except ValueError:
        raise environ.ImproperlyConfigured(
            f"NEOPANEL_POLL_SECONDS must be four whole numbers of seconds like 30,120,600,3600, not {text!r}."
        ) from None
    return PollSchedule(*seconds)


WINDOWS = {"sec": 1, "min": 60, "hour": 3600}


def call_rate(text: str) -> CallRate:
    """`120/min` as a rate. Raises `ImproperlyConfigured` with a sentence for anything else."""
    most, _slash, window = text.strip().partition("/")
    if not (most.isascii() and most.isdigit() and 0 < int(most) < 10**9 and window in WINDOWS):
        raise environ.ImproperlyConfigured(
            f"NEOPANEL_API_RATE must be a number of calls a sec, min or hour like 120/min, not {text!r}."
        )
    return CallRate(int(most), WINDOWS[window])


def networks(name: str, *, default: str) -> str:
    """Addresses and networks, one a line; never everybody. Raises `ImproperlyConfigured` with a sentence for anything else."""
    text = env.str(name, default=default)
    try:
        found = read_networks(text)
    except NotANetwork as wrong:
        raise environ.ImproperlyConfigured(f"{name} holds {wrong.text!r}, which is no address or network.") from None
    return found or read_networks(default)


TARGET = re.compile(r"([1-9]\d{0,3})(min|h)")


def reply_target(name: str, *, default: str) -> dt.timedelta:
    """`30min` or `4h` of business hours. Raises `ImproperlyConfigured` with a sentence for anything else."""
    text = env.str(name, default=default)
    found = TARGET.fullmatch(text.strip())
    if found is None:
        raise environ.ImproperlyConfigured(f"{name} must be a time like 30min or 4h, not {text!r}.")
    return dt.timedelta(**{{"min": "minutes", "h": "hours"}[found[2]]: int(found[1])})


def support_hours(text: str) -> hours.Hours:
    """`Mon-Fri 09:00-18:00` as hours; empty is always. Raises `ImproperlyConfigured` with a sentence for anything else."""
    try:
        return hours.parse(text)
    except hours.BadHours as bad:
        raise environ.ImproperlyConfigured(f"NEOPANEL_SUPPORT_HOURS: {bad}") from None


def upload_storage(name: str, folder: Path) -> dict[str, Any]:
    """Where uploads are kept, as Django's STORAGES wants it: in the data folder, or in a bucket by `s3://bucket/prefix?endpoint=...`.

    Keys come from the environment as every S3 program reads them (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). Raises
    `ImproperlyConfigured` with a sentence for anything else, and where the library is not installed.
    """
    text = env.str(name, default="")
    if not text:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder / "uploads"}}
    told = urlsplit(text)
    options = dict(parse_qsl(told.query))
    if told.scheme != "s3" or not told.netloc or set(options) - {"endpoint", "region"}:
        raise environ.ImproperlyConfigured(f"{name} must be like s3://bucket/prefix?endpoint=https://...&region=...")
    if not all(importlib.util.find_spec(module) for module in ("storages", "boto3")):
        raise environ.ImproperlyConfigured(
            f"{name} needs a library: python3 run.py installs it, or .venv/bin/pip install -r requirements-s3.lock"
        )
    return {
        "BACKEND": "support.s3_uploads.S3Uploads",
        "OPTIONS": {
            "bucket_name": told.netloc,
            "location": told.path.strip("/"),
            "endpoint_url": options.get("endpoint"),
            "region_name": options.get("region"),
            "file_overwrite": False,
            "default_acl": None,  # as the bucket says: it must not be public
        },
    }


def shared_cache(name: str, *, default: str) -> dict[str, Any]:
    """The cache that the variable names. One in the database never makes room among what still counts."""
    try:
        chosen = env.cache_url(name, default=default)
    except (KeyError, environ.ImproperlyConfigured):
        raise environ.ImproperlyConfigured(f"{name} must be like dbcache://neopanel_cache.") from None
    if chosen["BACKEND"] == "django.core.cache.backends.db.DatabaseCache":
        chosen["BACKEND"] = "neopanel.caches.LastingDatabaseCache"
    return chosen


def languages(codes: list[str], known: dict[str, str], *, first: str) -> list[tuple[str, str]]:
    """The languages that the shop offers, its own first. Raises `ImproperlyConfigured` for one without a catalogue."""
    for code in (first, *codes):
        if code not in known:
            names = ", ".join(known)
            raise environ.ImproperlyConfigured(f"LANGUAGE_CODE and NEOPANEL_LANGUAGES may name {names}; not {code!r}.")
    return [(code, known[code]) for code in dict.fromkeys([first, *codes])]


def incoming(folder: Path) -> Path:
    """Where files wait while they are sent; inside the data folder, made where it is missing."""
    path = folder / "incoming"
    path.mkdir(exist_ok=True)
    return path
