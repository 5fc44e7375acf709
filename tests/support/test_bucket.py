"""Uploads in a bucket, over the wire: moto's server speaks the S3 dialect on loopback, as a store of another host would."""

import contextlib
import datetime as dt
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from moto.server import ThreadedMotoServer

from helpcenter import images
from helpcenter.models import HelpImage
from neopanel import leaving
from neopanel.env import upload_storage
from support import s3_uploads, ticketing, tidying, uploads
from support.models import Ticket
from tests.factories import NOW
from tests.support import files_to_send as send
from tests.support.test_pages import words_of
from tests.support.test_uploads import WISH, address, bytes_of, file_of, opened

pytestmark = pytest.mark.django_db

NAME = "shop-files"


@pytest.fixture(scope="module")
def store():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(autouse=True)
def bucket(store, settings, monkeypatch, tmp_path):
    """The panel keeps its uploads there, by the setting alone."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("NEOPANEL_UPLOADS", f"s3://{NAME}/uploads?endpoint={store}&region=us-east-1")
    settings.STORAGES = {**settings.STORAGES, "default": upload_storage("NEOPANEL_UPLOADS", tmp_path)}
    bucket = boto3.resource("s3", endpoint_url=store, region_name="us-east-1").Bucket(NAME)
    bucket.create()
    yield bucket
    bucket.objects.delete()
    bucket.delete()


@pytest.fixture
def signed_in(client, customer):
    client.force_login(customer)
    return client


def keys_in(bucket) -> list[str]:
    return [one.key for one in bucket.objects.all()]


@pytest.fixture
def lost(bucket):
    """Somebody has removed the bucket; it is there again for the end of the test."""
    bucket.delete()
    yield
    bucket.create()


def test_a_picture_lies_in_the_bucket_and_comes_back_through_the_panel(signed_in, bucket):
    file = file_of(opened(signed_in, send.sent(send.picture())))
    assert sorted(keys_in(bucket)) == sorted(
        f"uploads/{path}" for path in (uploads.path_of(file.key, file.kind), uploads.thumbnail_path_of(file.key))
    )
    whole, small = signed_in.get(address(file)), signed_in.get(address(file) + "?size=small")
    assert bytes_of(whole)[:4] == b"\x89PNG"
    assert bytes_of(small)[8:12] == b"WEBP"
    assert int(whole["Content-Length"]) > 0
    assert whole["Content-Disposition"].startswith("attachment")


def test_nobody_is_let_in_to_the_bucket_itself(signed_in, bucket):
    opened(signed_in, send.sent(send.picture()))
    everyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    for one in bucket.objects.all():
        assert everyone not in [grant["Grantee"].get("URI") for grant in one.Object().Acl().grants]


def test_a_strangers_picture_is_not_found_in_a_bucket_either(signed_in, client, stranger):
    file = file_of(opened(signed_in, send.sent(send.picture())))
    client.force_login(stranger)
    assert client.get(address(file)).status_code == 404


def test_a_bucket_that_takes_no_file_costs_the_pictures_and_not_the_words(signed_in, lost):
    refused = signed_in.post("/tickets/new/", WISH | {"files": send.sent(send.picture())})
    assert refused.status_code == 422
    assert "The pictures could not be kept just now." in words_of(refused)
    assert "See the picture.</textarea>" in refused.content.decode()
    assert Ticket.objects.count() == 0


def test_a_picture_that_the_bucket_has_lost_is_not_found(signed_in, bucket):
    file = file_of(opened(signed_in, send.sent(send.picture())))
    bucket.objects.delete()
    assert signed_in.get(address(file)).status_code == 404


def test_files_in_a_bucket_go_when_their_time_is_over(signed_in, customer, bucket):
    with time_machine.travel(NOW, tick=False):
        solved = opened(signed_in, send.sent(send.picture()))
        ticketing.solve(ticket_number=solved.pk, actor=customer, now=NOW)
        kept = file_of(opened(signed_in, send.sent(send.picture())))
    later = NOW + tidying.KEEP_AFTER_SOLVED + dt.timedelta(hours=1)
    assert tidying.tidy_due(lambda: later) == 1
    assert sorted({key.rpartition("/")[2].partition(".")[0] for key in keys_in(bucket)}) == [kept.key]


def test_files_in_a_bucket_that_no_row_names_go_after_a_day(signed_in, bucket):
    opened(signed_in, send.sent(send.picture()))
    uploads.keep(uploads.accepted([send.sent(send.picture())], customer=None))
    written = max(one.last_modified for one in bucket.objects.all())
    assert tidying.tidy_due(lambda: written + dt.timedelta(hours=1)) == 0
    assert len(keys_in(bucket)) == 4
    assert tidying.tidy_due(lambda: written + dt.timedelta(days=2)) == 2
    assert len(keys_in(bucket)) == 2


def test_a_picture_of_the_help_center_lies_there_too_and_is_kept_once(client, bucket):
    pixels = send.picture()
    kept = images.keep(data=pixels, alternative="A field", now=NOW)
    images.keep(data=pixels, alternative="A field", now=NOW)
    assert keys_in(bucket) == [f"uploads/{images.path_of(kept.name)}"]
    assert bytes_of(client.get(f"/help/images/{kept.pk}/{kept.name}"))[:4] == b"RIFF"


def test_an_editor_is_told_that_a_picture_could_not_be_kept(client, editor, lost):
    client.force_login(editor)
    sent = {"file": SimpleUploadedFile("x.png", send.picture(), "image/png"), "alternative": "A field"}
    answer = client.post("/admin/helpcenter/helpimage/add/", sent)
    assert answer.status_code == 200
    assert "The picture could not be kept just now." in words_of(answer)
    assert not HelpImage.objects.exists()


class Store(BaseHTTPRequestHandler):
    """A store with faults: it answers a HEAD with `status`, and no GET ever."""

    status = 200
    asked: list[str]
    over: threading.Event

    def do_HEAD(self):
        self.asked.append("HEAD")
        self.send_response(self.status)
        self.send_header("Content-Length", "10")
        self.end_headers()

    def do_GET(self):
        self.asked.append("GET")
        self.over.wait(30)

    def log_message(self, *words):
        pass


@pytest.fixture
def faulty(settings, monkeypatch, tmp_path):
    """A store that lets nothing through, and is given up quickly."""
    monkeypatch.setattr(s3_uploads, "READ_SECONDS", 0.2)
    kind = type("Faulty", (Store,), {"asked": [], "over": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("NEOPANEL_UPLOADS", f"s3://{NAME}?endpoint=http://127.0.0.1:{server.server_port}")

    def moved_there() -> type[Store]:
        settings.STORAGES = {**settings.STORAGES, "default": upload_storage("NEOPANEL_UPLOADS", tmp_path)}
        return kind

    yield moved_there
    kind.over.set()
    server.shutdown()
    server.server_close()


def test_a_store_that_breaks_off_while_a_picture_is_read_is_no_lost_picture(signed_in, faulty, caplog):
    file = file_of(opened(signed_in, send.sent(send.picture())))
    store = faulty()
    signed_in.raise_request_exception = False
    answer = signed_in.get(address(file))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "did not answer as it should" in caplog.text
    assert store.asked.count("GET") == s3_uploads.ATTEMPTS


def test_a_key_without_rights_is_told_to_who_runs_the_shop(signed_in, faulty, caplog):
    faulty().status = 403
    refused = signed_in.post("/tickets/new/", WISH | {"files": send.sent(send.picture())})
    assert refused.status_code == 422
    assert "ClientError 403" in caplog.text


def test_the_place_of_uploads_can_be_tried(bucket, capsys):
    call_command("check_uploads")
    assert capsys.readouterr().out == "the bucket shop-files: a file was written, read, listed and removed.\n"
    assert keys_in(bucket) == []


def test_a_trial_of_a_bucket_that_is_not_there_says_what_is_missing(lost):
    with pytest.raises(CommandError, match=r"could not write a file: .*NoSuchBucket.*to list the bucket"):
        call_command("check_uploads")


def test_a_trial_of_a_folder_names_it(settings, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("NEOPANEL_UPLOADS")
    settings.STORAGES = {**settings.STORAGES, "default": upload_storage("NEOPANEL_UPLOADS", tmp_path)}
    call_command("check_uploads")
    assert f"the folder {tmp_path / 'uploads'}: a file was written" in capsys.readouterr().out


def test_an_account_is_deleted_although_the_store_does_not_give_up_its_files(signed_in, customer, faulty):
    file = file_of(opened(signed_in, send.sent(send.picture())))
    now = timezone.now()
    leaving.ask(user=customer, gives_up_balance=True, now=now)
    faulty()
    assert leaving.leave(user_id=customer.pk, now=now + leaving.WAIT)
    file.refresh_from_db()
    assert file.removed_at == now + leaving.WAIT


def waiting_at(listening: socket.socket) -> int:
    """How many have called there by now."""
    listening.setblocking(False)
    calls = 0
    with contextlib.suppress(BlockingIOError):
        while listening.accept():
            calls += 1
    return calls


def test_a_store_that_never_answers_is_given_up_after_a_second_try(signed_in, settings, monkeypatch, tmp_path):
    monkeypatch.setattr(s3_uploads, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=20) as silent:
        monkeypatch.setenv("NEOPANEL_UPLOADS", f"s3://{NAME}?endpoint=http://127.0.0.1:{silent.getsockname()[1]}")
        settings.STORAGES = {**settings.STORAGES, "default": upload_storage("NEOPANEL_UPLOADS", tmp_path)}
        refused = signed_in.post("/tickets/new/", WISH | {"files": send.sent(send.picture())})
        tries = waiting_at(silent)
    assert refused.status_code == 422
    assert "The pictures could not be kept just now." in words_of(refused)
    assert tries == s3_uploads.ATTEMPTS * 2  # to write it, and to take away what may lie there of it


def test_a_store_of_another_maker_is_sent_no_sums_that_it_may_not_know(signed_in, bucket):
    sent = []
    events = default_storage.bucket.meta.client.meta.events
    events.register("before-send.s3", lambda request, **_: sent.append(request.headers) and None)
    opened(signed_in, send.sent(send.picture()))
    assert len(sent) >= 2
    assert not [name for headers in sent for name in headers if "checksum" in name.lower()]
