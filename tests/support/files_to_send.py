"""Files as customers send them, good and bad, made here so that nothing bad lies in the project."""

import io
import struct
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

SCRIPT = b"<script>alert(document.cookie)</script>"


def picture(format: str = "PNG", size: tuple[int, int] = (60, 40), colour: str = "teal", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format=format, **options)
    return out.getvalue()


def sent(data: bytes, name: str = "screen.png", type: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type=type)


def with_place() -> bytes:
    """A photo that says where it was taken, lying on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # GPS latitude
    exif[0x010E] = "home of Carol"
    return picture("JPEG", exif=exif)


def polyglot() -> bytes:
    """A picture that is a page too: a script in the comment and after the end."""
    return picture("JPEG", comment=SCRIPT) + b"<html>" + SCRIPT


def png_with_script() -> bytes:
    data = picture("PNG")
    chunk = b"tEXt" + b"Comment\x00" + SCRIPT
    chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:33] + chunk + data[33:] + SCRIPT


def bomb() -> bytes:
    """12,000 by 12,000 pixels in some 17 KB."""
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, format="PNG", optimize=True)
    return out.getvalue()


def moving(frames: int = 1000) -> bytes:
    out = io.BytesIO()
    first, *rest = (Image.new("RGB", (8, 8), (n % 256, n // 256, 0)) for n in range(frames))
    first.save(out, format="PNG", save_all=True, append_images=rest)
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'


def document(*objects: bytes, packed: bytes = b"", whole: bool = True) -> bytes:
    """A small PDF with these words among its objects, and `packed` in a compressed one."""
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + b"\n".join(objects)
    stream = zlib.compress(b"BT (receipt) Tj ET " + packed)
    body += b"2 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream\nendobj\n"
    return body + (b"%%EOF\n" if whole else b"")
