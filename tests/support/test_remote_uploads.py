"""Uploads in a bucket: the setting, and what people are told when the bucket does not take a file."""

import importlib.util

import environ
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage
from django.core.management import CommandError, call_command

from neopanel.env import upload_storage
from support.remote_uploads import Remote

NAME = "NEOPANEL_UPLOADS"


@pytest.fixture
def installed(monkeypatch):
    """As if the extra were installed; what it brings is not needed to read the setting."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)


def test_without_the_setting_files_stay_in_the_data_folder(tmp_path):
    assert upload_storage(NAME, tmp_path)["OPTIONS"] == {"location": tmp_path / "uploads"}


def test_a_bucket_is_named_by_an_address(monkeypatch, installed, tmp_path):
    monkeypatch.setenv(NAME, "s3://shop-files/uploads/?endpoint=https://objects.example.com&region=eu-1")
    storage = upload_storage(NAME, tmp_path)
    assert storage["BACKEND"] == "support.s3_uploads.S3Uploads"
    assert storage["OPTIONS"] == {
        "bucket_name": "shop-files",
        "location": "uploads",
        "endpoint_url": "https://objects.example.com",
        "region_name": "eu-1",
        "file_overwrite": False,
        "default_acl": None,
    }


@pytest.mark.parametrize("wrong", ["/mnt/files", "s3:///uploads", "ftp://files.example.com", "s3://shop?acl=public"])
def test_what_names_no_bucket_is_refused(monkeypatch, installed, tmp_path, wrong):
    monkeypatch.setenv(NAME, wrong)
    with pytest.raises(environ.ImproperlyConfigured, match="s3://bucket/prefix"):
        upload_storage(NAME, tmp_path)


def test_a_missing_library_is_named_with_its_command(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv(NAME, "s3://shop-files")
    with pytest.raises(environ.ImproperlyConfigured, match="installs it"):
        upload_storage(NAME, tmp_path)


class Unlisted(InMemoryStorage):
    """Its key may do everything but list."""

    def listdir(self, path):
        raise OSError("AccessDenied")


def test_a_trial_that_fails_half_way_leaves_nothing_behind(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": f"{__name__}.Unlisted", "OPTIONS": {"location": ""}},
    }
    with pytest.raises(CommandError, match="could not list a file: AccessDenied"):
        call_command("check_uploads")
    assert InMemoryStorage.listdir(default_storage, "checks")[1] == []


class Broken(InMemoryStorage):
    def _save(self, name, content):
        raise RuntimeError("https://bucket.example.com/?signature=secret")


class RemoteBroken(Remote, Broken):
    pass


class RemoteWhole(Remote, InMemoryStorage):
    pass


def test_a_store_that_fails_is_a_disk_that_fails_and_tells_no_secret():
    with pytest.raises(OSError, match="RuntimeError") as told:
        RemoteBroken().save("a.png", ContentFile(b"x"))
    assert "secret" not in str(told.value)


def test_a_store_that_works_keeps_gives_and_removes():
    store = RemoteWhole()
    name = store.save("tickets/a.png", ContentFile(b"x"))
    assert store.open(name).read() == b"x"
    store.delete(name)
    with pytest.raises(FileNotFoundError):
        store.open(name)
