"""What the environment says: nothing where it is empty, one sentence where it is wrong, and never a word of a secret."""

import subprocess
import sys
from zoneinfo import available_timezones

import environ
import pytest

import run
from neopanel import env
from neopanel.env import ROOT

SECRET = "pass-word-of-the-shop"


def manage(*arguments: str, **names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=run.neutral_environment() | names,
        capture_output=True,
        text=True,
        timeout=60,
    )


def shown(expression: str, **names: str) -> str:
    """What a setting is with these names set."""
    code = f"from neopanel import settings; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=run.neutral_environment() | names,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


# --- Whole programs


def test_names_in_a_list_may_have_spaces_between_them(tmp_path):
    names = {"NEOPANEL_DATA_DIR": str(tmp_path), "ALLOWED_HOSTS": "shop.example, www.shop.example ,"}
    assert shown("settings.ALLOWED_HOSTS", **names) == "['shop.example', 'www.shop.example']"


WRONG = {
    "NEOPANEL_DEMO_SPEED": ("abc", "NEOPANEL_DEMO_SPEED must be a number above 0 like 1 or 2.5, not 'abc'."),
    "PORT": ("abc", "PORT must be a whole number from 1 to 65535, not 'abc'."),
    "TIME_ZONE": ("Nowhere/X", "TIME_ZONE must be a name like UTC or Europe/Madrid, not 'Nowhere/X'."),
    "CACHE_URL": ("foo", "CACHE_URL must be like dbcache://neopanel_cache.\n"),
    "DATABASE_URL": ("foo", "DATABASE_URL must be like postgresql://user:password@host/name, not 'foo'.\n"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_ends_the_start_with_one_sentence(tmp_path, name):
    value, sentence = WRONG[name]
    answer = manage("check", **{"NEOPANEL_DATA_DIR": str(tmp_path), name: value})
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(sentence)
    assert answer.stderr.count("\n") == 1


def test_the_starter_hears_the_same(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(run, "ensure", lambda locks: None)
    wrong = run.neutral_environment() | {"NEOPANEL_DATA_DIR": str(tmp_path), "NEOPANEL_BEHIND_PROXY": "maybe"}
    with pytest.raises(SystemExit) as ended:
        run.prepare(wrong)
    assert ended.value.code == 1
    assert capfd.readouterr().err == "NEOPANEL_BEHIND_PROXY must be true or false, not 'maybe'.\n"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for folder in (file, file / "below"):
        answer = manage("check", NEOPANEL_DATA_DIR=str(folder))
        assert answer.returncode == 1
        assert answer.stderr.startswith(f"NEOPANEL_DATA_DIR must be a folder that can be written to, not '{folder}' (")
        assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["what?", "number#1", "a%20b", "two words"])
def test_the_database_lies_in_the_data_folder_whatever_its_name(tmp_path, name):
    folder = tmp_path / name
    assert shown("settings.DATABASES['default']['NAME']", NEOPANEL_DATA_DIR=str(folder)) == f"{folder}/neopanel.sqlite3"
    assert manage("migrate", "-v0", NEOPANEL_DATA_DIR=str(folder), DATABASE_URL="").returncode == 0
    assert {file.name for file in tmp_path.iterdir()} == {name}
    assert (folder / "neopanel.sqlite3").stat().st_size > 0


def test_what_is_empty_is_not_set(tmp_path):
    names = [
        *(run.SHOP_NAMES - {"DJANGO_SETTINGS_MODULE"}), "LOG_FORMAT", "NEOPANEL_ENV", "NEOPANEL_CURRENCY", "NEOPANEL_BRAND",
        "NEOPANEL_MONEY_LIMIT", "NEOPANEL_API_RATE", "NEOPANEL_POLL_SECONDS", "NEOPANEL_FIRST_REPLY", "NEOPANEL_NEXT_REPLY",
        "NEOPANEL_BEHIND_PROXY", "NEOPANEL_DEMO_SPEED", "NEOPANEL_METRICS_FROM", "NEOPANEL_LANGUAGES", "NEOPANEL_UPLOADS",
        "NEOPANEL_BREAKER_PERCENT", "NEOPANEL_BREAKER_ORDERS", "NEOPANEL_FIELD_KEYS", "NEOPANEL_SUPPORT_HOURS",
    ]  # fmt: skip
    every = "{n: v for n, v in vars(settings).items() if n.isupper() and n != 'LOGIN_URL'}"
    folder = {"NEOPANEL_DATA_DIR": str(tmp_path)}
    assert shown(every, **folder, **dict.fromkeys(names, "")) == shown(every, **folder)


def test_an_empty_data_folder_is_the_usual_one(monkeypatch):
    monkeypatch.setattr(env, "ROOT", env.ROOT / "nowhere")
    monkeypatch.setattr(env.Path, "mkdir", lambda *args, **options: None)
    monkeypatch.setattr(env.os, "access", lambda *args: True)
    for empty in ("", " "):
        monkeypatch.setenv("NEOPANEL_DATA_DIR", empty)
        assert env.data_dir() == env.ROOT / "var"


# --- One by one


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (lambda: env.whole("X", default=3, least=0, most=100), "101", "X must be a whole number from 0 to 100, not '101'."),
        (lambda: env.whole("X", default=3, least=0, most=100), "-1", "X must be a whole number from 0 to 100, not '-1'."),
        (lambda: env.whole("X", default=3, least=1), "٣", "X must be a whole number from 1 on, not '٣'."),
        (lambda: env.number("X", default=1.0), "nan", "X must be a number above 0 like 1 or 2.5, not 'nan'."),
        (lambda: env.number("X", default=1.0), "0", "X must be a number above 0 like 1 or 2.5, not '0'."),
        (lambda: env.flag("X"), "2", "X must be true or false, not '2'."),
        (lambda: env.amount_of("X", default="50.00"), "-1", "X must be an amount like 50.00, not '-1'."),
        (lambda: env.time_zone("X"), "/etc/passwd", "X must be a name like UTC or Europe/Madrid, not '/etc/passwd'."),
        (lambda: env.time_zone("X"), "America", "X must be a name like UTC or Europe/Madrid, not 'America'."),
        (
            lambda: env.log_level("X"),
            "loud",
            "X must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'loud'.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_is_expected(monkeypatch, reader, value, expected):
    monkeypatch.setenv("X", value)
    with pytest.raises(environ.ImproperlyConfigured) as wrong:
        reader()
    assert str(wrong.value) == expected


@pytest.mark.parametrize(
    ("text", "meant"),
    [("true", True), ("Yes", True), ("1", True), ("on", True), ("false", False), ("NO", False), ("0", False), ("off", False)],
)  # fmt: skip
def test_yes_and_no_are_read_in_their_usual_words(monkeypatch, text, meant):
    monkeypatch.setenv("X", text)
    assert env.flag("X", default=not meant) is meant


def test_every_zone_that_there_is_may_be_the_shops(monkeypatch):
    for name in sorted(available_timezones())[::50]:
        monkeypatch.setenv("X", name)
        assert env.time_zone("X") == name


@pytest.mark.parametrize(
    "address",
    [
        f"mysql://shop:{SECRET}@db/shop",
        f"shop:{SECRET}@db/shop",
        f"postgresql://shop:{SECRET}@db:port/shop",
        f"postgresql://shop:{SECRET}@db",
        f"sqlite://{SECRET}",
        "sqlite://:memory:",
    ],
)
def test_an_address_of_a_database_that_is_none_is_refused_without_its_password(monkeypatch, tmp_path, address):
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(environ.ImproperlyConfigured, match=r"^DATABASE_URL must be like postgresql://") as wrong:
        env.database("DATABASE_URL", tmp_path)
    if "@" in address:
        assert SECRET not in str(wrong.value)


def test_addresses_of_databases_are_read(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://shop:{SECRET}@/shop?host=/run/postgresql")
    found = env.database("DATABASE_URL", tmp_path)
    assert (found["ENGINE"], found["NAME"], found["PASSWORD"]) == ("django.db.backends.postgresql", "shop", SECRET)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://shop:{SECRET}#@db/shop")
    assert env.database("DATABASE_URL", tmp_path)["PASSWORD"] == f"{SECRET}#"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/x.sqlite3")
    assert env.database("DATABASE_URL", tmp_path)["NAME"] == f"{tmp_path}/x.sqlite3"


@pytest.mark.parametrize(
    "address", ["foo", f"pigeon://shop:{SECRET}@mail", f"smtp+tls://shop:{SECRET}@mail:x", "smtp://"]
)
def test_a_mail_server_that_is_none_is_refused_without_its_password(monkeypatch, address):
    monkeypatch.setenv("EMAIL_URL", address)
    with pytest.raises(environ.ImproperlyConfigured) as wrong:
        env.mail_server("EMAIL_URL")
    assert str(wrong.value) == "EMAIL_URL must be like smtp+tls://user:password@host:587."


def test_a_secret_that_begins_with_a_dollar_is_taken_as_it_stands(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "$" + SECRET)
    assert env.env.str("SECRET_KEY", default="") == "$" + SECRET
