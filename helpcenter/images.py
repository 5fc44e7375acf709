"""Pictures in texts. What is kept are new pixels: no byte of what was sent survives, neither metadata nor a hidden script."""

import datetime as dt
import hashlib
import io

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from helpcenter.markup import Picture
from helpcenter.models import HelpImage

FOLDER = "help"
CONTENT_TYPE = "image/webp"
KINDS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 24_000_000
# Wider than this nobody sees it; a page stays small.
WIDEST = 1400
QUALITY = 80


def keep(*, data: bytes, alternative: str, added_by=None, now: dt.datetime) -> HelpImage:
    """Keeps the first frame of a picture as new pixels. Raises ValidationError where it is none, too large, or has no words."""
    if not alternative.strip():
        raise ValidationError(_("Say what the picture shows, for who cannot see it."))
    fresh = redrawn(data)
    out = io.BytesIO()
    fresh.save(out, "WEBP", quality=QUALITY, method=4)
    return store(pixels=out.getvalue(), size=fresh.size, alternative=alternative.strip(), added_by=added_by, now=now)


def store(*, pixels: bytes, size: tuple[int, int], alternative: str, added_by=None, now: dt.datetime) -> HelpImage:
    """Keeps pixels that are ours already."""
    name = name_of(pixels)
    known = HelpImage.objects.filter(name=name).first()
    if known:
        return known
    if not default_storage.exists(path_of(name)):
        default_storage.save(path_of(name), ContentFile(pixels))
    return HelpImage.objects.create(
        alternative=alternative, name=name, width=size[0], height=size[1], added_by=added_by, added_at=now
    )


def redrawn(data: bytes) -> Image.Image:
    if len(data) > MOST_BYTES:
        raise ValidationError(too_large())
    try:
        with Image.open(io.BytesIO(data), formats=KINDS) as sent:
            if sent.width * sent.height > MOST_PIXELS:
                raise ValidationError(_("The picture has too many pixels."))
            upright = ImageOps.exif_transpose(sent)
            mode = "RGBA" if upright.has_transparency_data else "RGB"
            drawn = upright.convert(mode)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as unreadable:
        raise ValidationError(_("This is no picture that can be read: send PNG, JPEG, WebP or GIF.")) from unreadable
    drawn.thumbnail((WIDEST, WIDEST * 4))
    return Image.frombytes(mode, drawn.size, drawn.tobytes())


def name_of(pixels: bytes) -> str:
    """Another name for other pixels: browsers may keep a picture for as long as they like."""
    return f"{hashlib.sha256(pixels).hexdigest()[:20]}.webp"


def too_large() -> str:
    return _("The picture is larger than %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024}


def path_of(name: str) -> str:
    return f"{FOLDER}/{name}"


def pictures(numbers: set[int]) -> dict[int, Picture]:
    """What the renderer must know of these pictures; one query."""
    return {row.pk: picture_of(row) for row in HelpImage.objects.filter(pk__in=numbers)}


def picture_of(row: HelpImage) -> Picture:
    return Picture(
        url=reverse("help_image", args=[row.pk, row.name]),
        width=row.width,
        height=row.height,
        alternative=row.alternative,
    )
