"""The lock files: every package by hash, all that pyproject.toml asks for, nothing of the machine that made them."""

import re
import tomllib

import pytest

from tools.environment import BUCKET_LOCK, DEVELOPMENT_LOCK, ROOT, RUNTIME_LOCK, runtime_locks

LOCKS = [RUNTIME_LOCK, BUCKET_LOCK, DEVELOPMENT_LOCK]
PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)(\[[a-z0-9,-]+\])?==\S+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def locked(text: str) -> dict[str, int]:
    """The packages of a lock file and how many hashes each has. Raises ValueError for a line that is neither."""
    packages: dict[str, int] = {}
    name = ""
    for line in text.splitlines():
        if pinned := PINNED.fullmatch(line):
            name = pinned["name"]
            packages.setdefault(name, 0)
        elif HASH.fullmatch(line) and name:
            packages[name] += 1
        else:
            raise ValueError(f"neither a pinned package nor a hash: {line!r}")
    return packages


def required(group: str = "", *, extra: str = "") -> set[str]:
    """The names that pyproject.toml asks for, written as lock files write them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["dependency-groups"][group] if group else project["project"]["dependencies"]
    asked += project["project"]["optional-dependencies"][extra] if extra else []
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", text, maxsplit=1)[0]).lower() for text in asked}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_and_has_a_hash(lock):
    without = [name for name, hashes in locked(lock.read_text()).items() if not hashes]
    assert without == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address_and_no_folder(lock):
    text = lock.read_text()
    assert "://" not in text
    assert re.findall(r"(?:^|[\s=@\"'])/\S+", text, re.MULTILINE) == []


def test_the_runtime_lock_holds_every_dependency():
    assert required() - set(locked(RUNTIME_LOCK.read_text())) == set()


def test_the_development_lock_holds_every_tool():
    assert required("dev") - set(locked(DEVELOPMENT_LOCK.read_text())) == set()


def test_the_lock_for_a_bucket_holds_its_library_and_everything_else():
    assert required(extra="s3") - set(locked(BUCKET_LOCK.read_text())) == set()


def test_the_library_for_a_bucket_is_installed_where_uploads_are_kept_in_one(monkeypatch):
    monkeypatch.delenv("NEOPANEL_UPLOADS", raising=False)
    assert runtime_locks() == [RUNTIME_LOCK]
    monkeypatch.setenv("NEOPANEL_UPLOADS", "s3://shop-files")
    assert runtime_locks() == [RUNTIME_LOCK, BUCKET_LOCK]


@pytest.mark.parametrize("other", [BUCKET_LOCK, DEVELOPMENT_LOCK], ids=lambda lock: lock.name)
def test_the_locks_agree_on_versions(other):
    def versions(text: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))

    runtime, more = versions(RUNTIME_LOCK.read_text()), versions(other.read_text())
    assert {name for name in runtime.keys() & more.keys() if runtime[name] != more[name]} == set()


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example.com/simple",
        "django @ https://example.com/django.whl",
        "django==5.2",
        "django>=5.2 \\",
        "-e /srv/neopanel",
    ],
)
def test_a_line_that_is_not_pinned_by_hash_is_noticed(line):
    with pytest.raises(ValueError, match="neither"):
        locked(line)
