"""A PDF that a customer sent: looked at, because it cannot be rebuilt as a picture can. Pure: bytes in, a verdict out.

Nobody is shown its pages here: it is kept as it came and offered to be saved. What runs, opens or carries something else is
refused, also where it hides in a compressed part; what is encrypted cannot be looked into and is refused, too.
"""

import re
import zlib

from django.utils.translation import gettext as _

from support.pictures import BadPicture, Picture

BEGINS = b"%PDF-"
# Names of a PDF that make a program do something beside showing pages, or that hold another file.
ACTIVE = (
    b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/EmbeddedFiles", b"/OpenAction", b"/AA", b"/RichMedia",
    b"/XFA", b"/SubmitForm", b"/ImportData", b"/GoToE", b"/GoToR",
)  # fmt: skip
NAME = re.compile(rb"/[A-Za-z0-9#]+")
ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM = re.compile(rb"stream\r?\n")
# What its compressed parts may come to, all together: a bomb is refused, not unpacked.
MOST_UNPACKED = 40_000_000
PIECE = 65_536


def is_pdf(data: bytes) -> bool:
    return data.startswith(BEGINS)


def checked(data: bytes) -> Picture:
    """The document as it came, without size and thumbnail. Raises BadPicture with a sentence."""
    if b"%%EOF" not in data[-2048:]:
        raise BadPicture(_("It is no whole PDF."))
    for part in [data, *_unpacked(data)]:
        names = _names(part)
        if b"/Encrypt" in names:
            raise BadPicture(_("It is encrypted. Send a picture of the page instead."))
        if not names.isdisjoint(ACTIVE):
            raise BadPicture(_("It does more than show pages. Send a picture of the page instead."))
    return Picture("pdf", 0, 0, data=data, thumbnail=b"")


def _names(part: bytes) -> set[bytes]:
    """Its names as a reader understands them: `/J#53` is `/JS`."""
    return {ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), name) for name in NAME.findall(part)}


def _unpacked(data: bytes) -> list[bytes]:
    """The compressed parts. What is compressed in another way shows no names, and readers find no objects in it."""
    parts, left = [], MOST_UNPACKED
    for found in STREAM.finditer(data):
        part = _unpacked_at(data, found.end(), left)
        left -= len(part)
        if left <= 0:
            raise BadPicture(_("It is too large when it is unpacked. Send a picture of the page instead."))
        parts.append(part)
    return parts


def _unpacked_at(data: bytes, start: int, most: int) -> bytes:
    """What begins here, by pieces: what follows it is not copied for each part again."""
    unpacking, out, view = zlib.decompressobj(), bytearray(), memoryview(data)
    try:
        while start < len(data) and not unpacking.eof and len(out) < most:
            piece = unpacking.unconsumed_tail or view[start : start + PIECE]
            start += 0 if unpacking.unconsumed_tail else PIECE
            out += unpacking.decompress(piece, most - len(out))
    except zlib.error:
        pass  # where it breaks off it may have said enough
    return bytes(out)
