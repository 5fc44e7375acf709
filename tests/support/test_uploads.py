"""What each file got: what is kept of it, what is said about it, who may see it, and when it goes."""

import datetime as dt
import io
import os
import time

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.urls import reverse
from PIL import Image

from orders.models import ChoreRun
from support import documents, ticketing, tidying, uploads
from support.models import Attachment, Ticket, TicketState, Topic
from tests.factories import NOW
from tests.support import files_to_send as send
from tests.support.test_pages import page, words_of
from tests.support.test_ticketing import in_state, open_on

pytestmark = pytest.mark.django_db

WISH = {"topic": "other", "message": "See the picture."}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Uploads of this test alone."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "uploads"},
        },
    }
    return tmp_path / "uploads"


@pytest.fixture
def signed_in(client, customer):
    client.force_login(customer)
    return client


def opened(client, *files, **more) -> Ticket:
    answer = client.post("/tickets/new/", WISH | {"files": list(files)} | more)
    assert answer.status_code == 302, words_of(answer)
    return Ticket.objects.latest("pk")


def file_of(ticket: Ticket) -> Attachment:
    return Attachment.objects.get(message__ticket=ticket)


def address(file: Attachment) -> str:
    return reverse("ticket_file", args=[file.message.ticket_id, file.key])


def bytes_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def everything_in(folder) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_a_picture_comes_with_the_ticket_and_stands_in_the_thread(signed_in):
    ticket = opened(signed_in, send.sent(send.picture()), send.sent(send.picture("WEBP"), "two.webp"))
    shown = signed_in.get(page(ticket.pk)).content.decode()
    files = list(Attachment.objects.order_by("id"))
    assert [(f.name, f.kind, f.width, f.height) for f in files] == [
        ("screen.png", "png", 60, 40),
        ("two.webp", "webp", 60, 40),
    ]
    for file in files:
        assert f'src="{address(file)}?size=small"' in shown


def test_a_picture_may_come_with_a_reply(signed_in, customer):
    ticket = open_on(customer)
    answer = signed_in.post(page(ticket.pk), {"message": "Here.", "files": send.sent(send.picture())})
    assert answer.status_code == 302
    assert file_of(ticket).message.text == "Here."


def test_a_file_is_served_as_something_to_save_and_never_as_a_page(signed_in):
    file = file_of(opened(signed_in, send.sent(send.picture())))
    for query, type in (("", "image/png"), ("?size=small", "image/webp")):
        answer = signed_in.get(address(file) + query)
        assert answer["Content-Type"] == type
        assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''screen.png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert Image.open(io.BytesIO(bytes_of(answer))).size == (60, 40)


def test_nobody_else_gets_a_file(client, customer, stranger, agent):
    client.force_login(customer)
    file = file_of(opened(client, send.sent(send.picture())))
    client.logout()
    assert client.get(address(file)).headers["Location"].startswith("/accounts/login/")
    client.force_login(stranger)
    assert client.get(address(file)).status_code == 404
    # Nor through a ticket of one's own.
    mine = open_on(stranger)
    assert client.get(reverse("ticket_file", args=[mine.pk, file.key])).status_code == 404


KEPT = [
    ("polyglot", send.polyglot, "photo.jpg", "photo.jpg"),
    ("script in a PNG", send.png_with_script, "x.png", "x.png"),
    ("photo with a place", send.with_place, "me.jpg", "me.jpg"),
    ("wrong extension", send.picture, "bill.jpg.exe", "bill.jpg.png"),
    ("300 characters", send.picture, "n" * 300 + ".png", "n" * 75 + "….png"),
    ("a path", send.picture, "../../etc/passwd.png", "passwd.png"),
    ("direction marks", send.picture, "gpj\u202eexe.png", "gpjexe.png"),
    ("no name", send.picture, ".png", "png.png"),
]


@pytest.mark.parametrize(("make", "name", "shown"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT])
def test_a_picture_is_rebuilt_and_nothing_else_of_the_file_is_kept(signed_in, folder, make, name, shown):
    file = file_of(opened(signed_in, send.sent(make(), name)))
    assert file.name == shown
    for kept in everything_in(folder):
        assert b"script" not in kept
        assert b"Carol" not in kept
        assert b"Exif" not in kept
        assert not Image.open(io.BytesIO(kept)).info.get("comment")
    disposition = signed_in.get(address(file))["Content-Disposition"]
    assert "\n" not in disposition
    assert '"' not in disposition


def test_a_photo_on_its_side_stands_upright_without_saying_where_it_was_taken(signed_in):
    file = file_of(opened(signed_in, send.sent(send.with_place(), "me.jpg")))
    assert (file.width, file.height) == (40, 60)
    assert not Image.open(io.BytesIO(bytes_of(signed_in.get(address(file))))).getexif()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a\r\nSet-Cookie: x=1.png", "aSet-Cookie x=1.png"),
        ('x"; filename="evil.html', "x filename= evil.html"),
        ("C:\\temp\\one.png", "C temp one.png"),
        ("\x00\x1b[31m.png", "[31m.png"),
        ("   . . ", "picture"),
        (None, "picture"),
        ("n" * 300, "n" * 79 + "…"),
    ],
)
def test_a_name_is_one_line_that_no_header_or_shell_reads(sent, shown):
    assert uploads.shown_name(sent) == shown


REFUSED = [
    ("bomb", lambda: [send.sent(send.bomb())], "screen.png: It has more than 25 million pixels."),
    ("moving", lambda: [send.sent(send.moving())], "screen.png: It is a moving picture. Send a still one."),
    ("svg", lambda: [send.sent(send.SVG, "x.svg")], "x.svg: It cannot be read as a PNG, JPEG or WebP picture."),
    ("svg as png", lambda: [send.sent(send.SVG, "x.png")], "x.png: It cannot be read as a PNG, JPEG or WebP picture."),
    ("empty", lambda: [send.sent(b"")], "screen.png is empty."),
    ("text", lambda: [send.sent(b"hello " * 99)], "It cannot be read as a PNG, JPEG or WebP picture."),
    (
        "pdf",
        lambda: [send.sent(send.document(), "a.pdf")],
        "a.pdf: It cannot be read as a PNG, JPEG or WebP picture.",
    ),
    (
        "gif",
        lambda: [send.sent(send.picture("GIF"), "a.gif")],
        "a.gif: It cannot be read as a PNG, JPEG or WebP picture.",
    ),
    ("half", lambda: [send.sent(send.picture("JPEG", (900, 900))[:900])], "It cannot be read as a PNG, JPEG or WebP"),
    ("too large", lambda: [send.sent(send.picture() + b"\0" * 9_000_000)], "screen.png is larger than 8 MB."),
    ("too many", lambda: [send.sent(send.picture())] * 6, "These are 6 files; 5 is the most."),
    ("one of two", lambda: [send.sent(send.picture()), send.sent(b"", "two.png")], "two.png is empty."),
]


@pytest.mark.parametrize(("make", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_file_that_is_not_taken_gets_a_sentence_and_the_words_stay(signed_in, folder, make, sentence):
    refused = signed_in.post("/tickets/new/", {"topic": "other", "message": "Kept with care.", "files": make()})
    assert refused.status_code == 422
    assert sentence in words_of(refused)
    assert "Kept with care.</textarea>" in refused.content.decode()
    assert (Ticket.objects.count(), everything_in(folder)) == (0, [])


def test_a_receipt_may_be_a_pdf_where_the_shop_takes_them_and_is_only_saved(signed_in, settings):
    settings.TICKET_PDF = True
    assert "application/pdf" in signed_in.get("/tickets/new/").content.decode()
    sent = send.document()
    ticket = opened(signed_in, send.sent(sent, "receipt.exe"))
    answer = signed_in.get(address(file_of(ticket)))
    assert bytes_of(answer) == sent
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''receipt.pdf")
    assert (answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == (
        "nosniff",
        "default-src 'none'; sandbox",
    )
    assert signed_in.get(address(file_of(ticket)) + "?size=small").status_code == 404
    shown = signed_in.get(page(ticket.pk))
    assert "receipt.pdf (" in words_of(shown)
    assert "?size=small" not in shown.content.decode()


BAD_DOCUMENTS = [
    ("script", lambda: send.document(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "It does more than show pages."),
    ("escaped name", lambda: send.document(b"<< /S /J#61vaScript >>"), "It does more than show pages."),
    ("packed script", lambda: send.document(packed=b"<< /OpenAction 3 0 R >>"), "It does more than show pages."),
    ("a file inside", lambda: send.document(b"<< /Type /EmbeddedFile >>"), "It does more than show pages."),
    ("encrypted", lambda: send.document(b"<< /Encrypt 4 0 R >>"), "It is encrypted."),
    ("a bomb", lambda: send.document(packed=b"0" * 60_000_000), "It is too large when it is unpacked."),
    ("half", lambda: send.document(whole=False), "It is no whole PDF."),
    ("only its name", lambda: send.SVG, "It cannot be read as a PNG, JPEG or WebP picture."),
]


@pytest.mark.parametrize(
    ("make", "sentence"), [row[1:] for row in BAD_DOCUMENTS], ids=[row[0] for row in BAD_DOCUMENTS]
)
def test_a_document_that_does_more_than_show_pages_is_not_taken(signed_in, folder, settings, make, sentence):
    settings.TICKET_PDF = True
    refused = signed_in.post("/tickets/new/", WISH | {"files": send.sent(make(), "a.pdf")})
    assert refused.status_code == 422
    assert f"a.pdf: {sentence}" in words_of(refused)
    assert everything_in(folder) == []


def test_many_parts_of_a_document_are_looked_at_in_bounded_time():
    many = send.document(b"stream\n" * 20_000)
    begun = time.process_time()
    assert documents.checked(many).kind == "pdf"
    assert time.process_time() - begun < 10


def test_an_endless_file_is_cut_off_on_its_way_and_refused(signed_in, folder):
    refused = signed_in.post("/tickets/new/", WISH | {"files": send.sent(os.urandom(60_000_000))})
    assert refused.status_code == 422
    assert "screen.png is larger than 8 MB." in words_of(refused)
    handler = uploads.BoundedUpload()
    handler.new_file("files", "x", "image/png", 0)
    passed = sum(len(handler.receive_data_chunk(b"x" * 65_536, 0) or b"") for _chunk in range(1000))
    assert uploads.MOST_BYTES < passed < uploads.MOST_BYTES + 2 * 65_536


def test_good_pictures_must_be_chosen_again_where_the_words_come_back(signed_in):
    refused = signed_in.post("/tickets/new/", {"topic": "other", "message": "", "files": send.sent(send.picture())})
    assert refused.status_code == 422
    assert "Choose the pictures once more: a browser does not keep them." in words_of(refused)


def test_a_customers_room_is_bounded_and_the_words_go_without_pictures(signed_in, monkeypatch):
    opened(signed_in, send.sent(send.picture()))
    monkeypatch.setattr(uploads, "MOST_BYTES_OF_A_CUSTOMER", 200)
    refused = signed_in.post("/tickets/new/", WISH | {"files": send.sent(send.picture())})
    assert refused.status_code == 422
    assert "Your pictures in earlier tickets fill your room." in words_of(refused)
    assert signed_in.post("/tickets/new/", WISH).status_code == 302


def test_a_full_disk_costs_the_pictures_and_not_the_words(signed_in, folder, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", full)
    refused = signed_in.post("/tickets/new/", WISH | {"files": send.sent(send.picture())})
    assert refused.status_code == 422
    assert "The pictures could not be kept just now." in words_of(refused)
    assert "See the picture.</textarea>" in refused.content.decode()
    assert Ticket.objects.count() == 0


def test_the_same_form_twice_keeps_its_picture_once(signed_in, folder):
    for _time in range(2):
        opened(signed_in, send.sent(send.picture()), token="form-1")
    assert (Ticket.objects.count(), Attachment.objects.count(), len(everything_in(folder))) == (1, 1, 2)


def test_a_refused_ticket_leaves_no_file_behind(customer, folder):
    order_ticket = open_on(customer, topic=Topic.OTHER)
    files = uploads.accepted([send.sent(send.picture())], customer=customer)
    with pytest.raises(Ticket.DoesNotExist):
        ticketing.reply(
            ticket_number=order_ticket.pk + 1, author=customer, text="x", by_staff=False, files=files, now=NOW
        )
    assert everything_in(folder) == []


def test_files_go_after_their_ticket_is_solved_for_long_and_the_thread_says_so(signed_in, customer, agent, folder):
    ticket = opened(signed_in, send.sent(send.picture()))
    still_open = opened(signed_in, send.sent(send.picture()))
    ticketing.solve(ticket_number=ticket.pk, actor=customer, now=NOW)
    later = NOW + tidying.KEEP_AFTER_SOLVED
    assert tidying.tidy_due(lambda: later) == 0
    assert tidying.tidy_due(lambda: later + dt.timedelta(hours=1)) == 1
    with time_machine.travel(later + dt.timedelta(hours=1), tick=False):
        signed_in.force_login(customer)
        assert signed_in.get(address(file_of(ticket))).status_code == 404
        assert signed_in.get(address(file_of(still_open))).status_code == 200
        assert "removed some time after the ticket was solved" in words_of(signed_in.get(page(ticket.pk)))
    assert len(everything_in(folder)) == 2


def test_files_that_no_row_names_go_after_a_day_and_the_others_stay(signed_in, folder):
    opened(signed_in, send.sent(send.picture()))
    uploads.keep(uploads.accepted([send.sent(send.picture())], customer=None))
    for path in folder.rglob("*"):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert tidying.tidy_due(lambda: NOW + dt.timedelta(hours=1)) == 0
    assert tidying.tidy_due(lambda: NOW + dt.timedelta(days=2)) == 2
    assert len(everything_in(folder)) == 2


def not_given_up(folder, file: Attachment) -> None:
    """The disk refuses to remove this file, until somebody mends it."""
    path = folder / uploads.path_of(file.key, file.kind)
    path.unlink()
    (path / "in the way").mkdir(parents=True)


def test_a_file_that_the_disk_does_not_give_up_holds_up_no_other(signed_in, customer, folder, caplog):
    tickets = [opened(signed_in, send.sent(send.picture())) for _ in range(3)]
    for ticket in tickets:
        ticketing.solve(ticket_number=ticket.pk, actor=customer, now=NOW)
    stuck = file_of(tickets[0])
    not_given_up(folder, stuck)
    uploads.keep(uploads.accepted([send.sent(send.picture())], customer=None))
    for path in folder.rglob("*"):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    later = NOW + tidying.KEEP_AFTER_SOLVED + dt.timedelta(hours=1)
    assert tidying.tidy_due(lambda: later) == 2 + 2
    assert Attachment.objects.get(removed_at=None) == stuck
    assert ChoreRun.objects.get(name="tidy").outcome == "4 files removed, 1 not given up"
    assert "A file was not removed" in caplog.text


def test_a_store_that_gives_up_nothing_is_left_alone_until_the_next_run(signed_in, customer, folder):
    for _ in range(5):
        ticket = opened(signed_in, send.sent(send.picture()))
        ticketing.solve(ticket_number=ticket.pk, actor=customer, now=NOW)
        not_given_up(folder, file_of(ticket))
    later = NOW + tidying.KEEP_AFTER_SOLVED + dt.timedelta(hours=1)
    assert tidying.tidy_due(lambda: later) == 0
    assert ChoreRun.objects.get(name="tidy").outcome == "0 files removed, 3 not given up"
    assert Attachment.objects.filter(removed_at=None).count() == 5


def test_the_chore_runs_once_for_all_workers(db):
    first = [tidying.timetable.take(name="tidy", every=tidying.EVERY, now=NOW) for _worker in range(3)]
    assert first == [True, False, False]


def test_an_agents_picture_reaches_the_customer(client, customer, agent, signed_in):
    ticket = in_state(TicketState.RECEIVED, customer, agent)
    client.force_login(agent)
    sending = {"message": "Look here.", "then": "waiting", "files": send.sent(send.picture())}
    assert client.post(reverse("admin:support_ticket_reply", args=[ticket.pk]), sending).status_code == 302
    client.force_login(customer)
    assert client.get(address(file_of(ticket))).status_code == 200
