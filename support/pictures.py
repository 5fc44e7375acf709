"""A picture that a customer sent, rebuilt from its pixels: nothing else of the file survives. Pure: bytes in, bytes out.

Opening and saving again is not enough, Pillow carries comments and profiles over; so the raw pixels go into a new picture.
"""

import threading
from dataclasses import dataclass
from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_PIXELS = 25_000_000
LONGEST_SIDE = 4000
THUMBNAIL_SIDE = 320
FORMATS = ("PNG", "JPEG", "WEBP")
EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp", "pdf": "pdf"}

# A decoded picture takes a hundred times the memory of its file: so many at once in one process.
AT_WORK = threading.BoundedSemaphore(2)


class BadPicture(ValueError):
    """The file is no picture that is kept; the exception's text says why, for the person who sent it."""


@dataclass(frozen=True)
class Picture:
    """What is kept: `kind` is what the bytes are, whatever the file was called. A document has no size and no thumbnail."""

    kind: str
    width: int
    height: int
    data: bytes
    thumbnail: bytes  # WebP


def rebuilt(data: bytes) -> Picture:
    """The same picture, upright, at most LONGEST_SIDE long, made anew. Raises BadPicture with a sentence."""
    with AT_WORK:
        try:
            return _rebuilt(data)
        except BadPicture:
            raise
        except Image.DecompressionBombError:
            raise BadPicture(_too_large()) from None
        except Exception:
            # A decoder meets broken input in more ways than it has exceptions for; each means the same here.
            raise BadPicture(_("It cannot be read as a PNG, JPEG or WebP picture.")) from None


def _rebuilt(data: bytes) -> Picture:
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        kind = (opened.format or "").lower()
        # The header tells the size: a bomb is refused before a pixel is decoded.
        if opened.width * opened.height > MOST_PIXELS:
            raise BadPicture(_too_large())
        if getattr(opened, "is_animated", False):
            raise BadPicture(_("It is a moving picture. Send a still one."))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        pixels = upright.convert("RGBA" if upright.has_transparency_data and kind != "jpeg" else "RGB")
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())
    small = clean.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Picture(kind, *clean.size, data=_written(clean, kind), thumbnail=_written(small, "webp"))


def _written(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    options = {"png": {"optimize": False}, "jpeg": {"quality": 88}, "webp": {"quality": 82, "method": 2}}[kind]
    image.save(out, format=kind.upper(), **options)
    return out.getvalue()


def _too_large() -> str:
    words = {"pixels": f"{MOST_PIXELS // 1_000_000}"}
    return _("It has more than %(pixels)s million pixels. Make it smaller and send it again.") % words
