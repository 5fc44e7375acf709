"""The Spanish catalogue is whole: everything that customers read is in it, and what is compiled is what is written."""

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from neopanel.env import ROOT
from tests.english_left import catalogue, english_on

READ = ("accounts", "helpcenter", "neopanel", "orders", "support", "templates")
SPANISH = ROOT / "locale" / "es" / "LC_MESSAGES" / "django.po"
# What the team alone reads may stay English: admin, the desk, the making of help texts, the terminal.
TEAM = re.compile(
    r"(^|/)(admin|management)(/|\.py$)|/styleguide\.|/desk(_forms)?\.py|/apps\.py|first_things|help_from_ticket|people\.py|orders/(catalogue_jobs|importing|steering|pricing)\.py"
    r"|orders/models/(provider|measuring|tally|running)\.py|support/(workspace|bulk|canned|queues|reports)\.py"
    r"|support/models/(desk|reading|mail)\.py|helpcenter/models/(desk|places|searching|texts)\.py"
    r"|helpcenter/(editing|writing|publishing|rendering|redaction|missing|images)"
)


def read(po: Path, tmp_path: Path) -> dict:
    mo = tmp_path / "read.mo"
    subprocess.run(["msgfmt", "--output-file", mo, po], check=True)
    with open(mo, "rb") as file:
        return gettext.GNUTranslations(file)._catalog


@pytest.fixture
def extracted(tmp_path, settings, monkeypatch) -> Path:
    """The catalogue as `makemessages` leaves it when it has read every page and program; the kept one is not touched.

    It reads a copy: it writes files of its own beside those that it reads, and two processes of a run would meet there.
    """
    for name in READ:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    copy = tmp_path / "locale" / "es" / "LC_MESSAGES" / "django.po"
    copy.parent.mkdir(parents=True)
    shutil.copy(SPANISH, copy)
    monkeypatch.chdir(tmp_path)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    call_command("makemessages", locale=["es"], verbosity=0)
    return copy


def lacking(po: Path, kind: str) -> list[str]:
    """What is of this kind (`--untranslated`, `--only-fuzzy`) and read by customers."""
    listed = subprocess.run(["msgattrib", kind, "--no-wrap", po], check=True, capture_output=True, text=True).stdout
    entries = [entry for entry in listed.split("\n\n") if "\n#: " in f"\n{entry}"]
    return [entry for entry in entries if not all(TEAM.search(place) for place in places(entry))]


def places(entry: str) -> list[str]:
    return [place for line in entry.splitlines() if line.startswith("#: ") for place in line[3:].split()]


@pytest.mark.parametrize("kind", ["--untranslated", "--only-fuzzy"])
def test_everything_that_customers_read_is_translated(extracted, kind):
    left = lacking(extracted, kind)
    assert not left, "Run makemessages and translate (docs/translating.md):\n\n" + "\n\n".join(left)


def test_what_is_compiled_is_what_is_written(tmp_path):
    with open(SPANISH.with_suffix(".mo"), "rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    assert compiled == read(SPANISH, tmp_path), "Run compilemessages and keep its .mo, too."


def test_each_translation_keeps_the_places_and_tags_of_its_message(tmp_path):
    place = re.compile(r"%\([a-z_]+\)[sd]|%%|\{[a-z_]+\}|</?[a-z]+[^>]*>")
    wrong = []
    for key, words in read(SPANISH, tmp_path).items():
        # A plural's only form for one thing may leave its number out.
        english, may_lack = (key, False) if isinstance(key, str) else (key[0], True)
        said, kept = sorted(place.findall(english)), sorted(place.findall(words))
        if english and said != kept and not (may_lack and set(said) <= set(kept) | set(said)):
            wrong.append(f"{english} -> {words}")
    assert not wrong, "\n".join(wrong)
    checked = subprocess.run(["msgfmt", "--check", "--output-file", tmp_path / "checked.mo", SPANISH], check=False)
    assert checked.returncode == 0


def test_the_catalogue_says_that_it_is_a_draft():
    assert "A FIRST DRAFT" in SPANISH.read_text().split("msgid", 1)[0]


def test_english_that_is_left_on_a_page_is_found():
    assert "Your balance" in catalogue("es")
    page = '<h1>Your balance</h1><p lang="en">Order</p><p>Tu saldo</p><input type="text" value="Order"><a title="Ticket #5">x</a>'
    assert list(english_on(page)) == ["Your balance", "Ticket #5"]
