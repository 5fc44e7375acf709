"""What the environment says, read once and failing loudly. `docs/operations.md` lists every name."""

import datetime as dt
import importlib.util
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import environ
from cryptography.fernet import Fernet

from accounts.addresses import NotANetwork, read_networks
from orders.money import NotMoney, parse
from support import hours

ROOT = Path(__file__).resolve().parent.parent

env = environ.Env()


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
    """The one folder that the panel writes to; made where it is missing."""
    path = Path(env.str("NEOPANEL_DATA_DIR", default=str(ROOT / "var"))).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


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
        return parse(text)
    except NotMoney:
        raise environ.ImproperlyConfigured(f"{name} must be an amount like 50.00, not {text!r}.") from None


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
    chosen = env.cache_url(name, default=default)
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
