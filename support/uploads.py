"""Files that people send: what is taken, where it is kept, who pays for the room, when it goes.

Nothing of a file is believed: it is decoded, rebuilt (`support/pictures.py`), and kept under a random name in the data folder,
which no web server reaches. Where the shop takes PDF, those are looked at and kept as they came (`support/documents.py`).
Rows are written by `support/ticketing.py`; here are the bytes.
"""

import logging
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.db.models import Sum
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import User
from support import documents
from support.models import Attachment
from support.pictures import EXTENSIONS, BadPicture, Picture, rebuilt

log = logging.getLogger(__name__)

MOST_FILES = 5
MOST_BYTES = 8_000_000
MOST_BYTES_OF_A_CUSTOMER = 100_000_000
LONGEST_NAME = 80
FOLDER = "tickets"

UNSAFE_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\"\\/:*?<>|;%]+")


class BadFile(ValueError):
    """Files that are not taken; the exception's text says why, for the person who sent them."""


class NotKept(OSError):
    """The disk did not take the files. What may be left of them is named by no row and goes with `tidying.py`."""


@dataclass(frozen=True)
class Sent:
    """A file that was taken, before it is kept: its name to show, and the rebuilt picture."""

    name: str
    picture: Picture


@dataclass(frozen=True)
class Kept:
    """A file on the disk that no row names yet."""

    key: str
    sent: Sent


def accepted(files: Iterable[UploadedFile], *, customer: User | None) -> list[Sent]:
    """The files, each rebuilt. `customer` is whose room they take; None for the team's own. Raises BadFile with a sentence."""
    files = list(files)
    if len(files) > MOST_FILES:
        words = {"count": len(files), "most": MOST_FILES}
        raise BadFile(_("These are %(count)s files; %(most)s is the most. Send the ones that show it best.") % words)
    sent = [_accepted(file) for file in files]
    if sent and customer is not None:
        wanted = sum(len(one.picture.data) for one in sent)
        if room_taken(customer) + wanted > MOST_BYTES_OF_A_CUSTOMER:
            raise BadFile(_("Your pictures in earlier tickets fill your room. Send this without pictures."))
    return sent


def _accepted(file: UploadedFile) -> Sent:
    name = shown_name(file.name)
    if not file.size:
        raise BadFile(_("%(name)s is empty.") % {"name": name})
    if file.size > MOST_BYTES:
        words = {"name": name, "most": MOST_BYTES // 1_000_000}
        raise BadFile(_("%(name)s is larger than %(most)s MB. Make it smaller and send it again.") % words)
    file.seek(0)
    try:
        data = file.read()
        picture = documents.checked(data) if settings.TICKET_PDF and documents.is_pdf(data) else rebuilt(data)
    except BadPicture as bad:
        raise BadFile(_("%(name)s: %(reason)s") % {"name": name, "reason": bad}) from bad
    stem = name.rpartition(".")[0] or name
    return Sent(f"{stem}.{EXTENSIONS[picture.kind]}", picture)


def shown_name(name: str | None) -> str:
    """The name as it is shown and offered for saving: one line, no path, no signs that a header or a shell would read."""
    visible = "".join(c for c in (name or "") if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co"})
    cleaned = " ".join(UNSAFE_IN_NAMES.sub(" ", visible).split()).strip(". ")
    if len(cleaned) > LONGEST_NAME:
        stem, dot, extension = cleaned.rpartition(".")
        tail = f".{extension}" if dot and len(extension) < 6 else ""
        cleaned = Truncator(stem if tail else cleaned).chars(LONGEST_NAME - len(tail)) + tail
    return cleaned or _("picture")


def room_taken(customer: User) -> int:
    """Bytes that this customer's files take now."""
    rows = Attachment.objects.filter(message__ticket__customer=customer, message__by_staff=False, removed_at=None)
    return rows.aggregate(total=Sum("size"))["total"] or 0


def keep(files: Iterable[Sent]) -> list[Kept]:
    """Writes the files under random names. Raises NotKept where the disk refuses, and takes back what it took."""
    kept: list[Kept] = []
    try:
        for sent in files:
            one = Kept(secrets.token_hex(16), sent)
            kept.append(one)
            default_storage.save(path_of(one.key, sent.picture.kind), ContentFile(sent.picture.data))
            if sent.picture.thumbnail:
                default_storage.save(thumbnail_path_of(one.key), ContentFile(sent.picture.thumbnail))
    except OSError as error:
        log.error("A file was not kept: %s", error)
        discard(kept)
        raise NotKept from error
    return kept


def discard(kept: Iterable[Kept]) -> None:
    """Takes files from the disk again that no row names yet."""
    give_up((one.key, one.sent.picture.kind) for one in kept)


def give_up(files: Iterable[tuple[str, str]]) -> None:
    """Removes files (key, kind) that no row names any more. After the first that the disk does not give up the rest waits for
    `tidying.py`: with a store that does not answer each would take its time."""
    try:
        for key, kind in files:
            remove(key, kind)
    except OSError as error:
        log.error("A file that nothing names was not removed: %s", error)


def remove(key: str, kind: str) -> None:
    default_storage.delete(path_of(key, kind))
    default_storage.delete(thumbnail_path_of(key))


def path_of(key: str, kind: str) -> str:
    return f"{FOLDER}/{key[:2]}/{key}.{EXTENSIONS[kind]}"


def thumbnail_path_of(key: str) -> str:
    return f"{FOLDER}/{key[:2]}/{key}.small.webp"


class BoundedUpload(FileUploadHandler):
    """Stands before Django's own handlers: of an endless file, and of a hundred files, so much reaches the disk and no more.

    What is cut off is over the limit still, so that the form says its sentence and keeps the words that came along.
    """

    MOST_OF_A_REQUEST = (MOST_FILES + 1) * MOST_BYTES

    def __init__(self, request=None):
        super().__init__(request)
        self.of_all = self.of_this = 0

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.of_this = 0

    def receive_data_chunk(self, raw_data, start):
        if self.of_this > MOST_BYTES or self.of_all > self.MOST_OF_A_REQUEST:
            return None
        self.of_this += len(raw_data)
        self.of_all += len(raw_data)
        return raw_data

    def file_complete(self, file_size):
        return None
