"""Static files as a shop serves them: collected, named by their content, compressed ahead."""

import gzip

import brotli
import pytest
from django.http import HttpResponse
from django.utils.module_loading import import_string
from whitenoise.middleware import WhiteNoiseMiddleware

from neopanel import settings as of_the_shop

TEXT = "main { margin: 0; }\n" * 200


@pytest.fixture
def get(settings, tmp_path, rf):
    """Asks for the one collected style sheet, by the name that its content gives it."""
    settings.STATIC_ROOT, settings.WHITENOISE_AUTOREFRESH = tmp_path, False
    (tmp_path / "one.css").write_text(TEXT)
    storage = import_string(of_the_shop.STORAGES["staticfiles"]["BACKEND"])(location=tmp_path)
    [*storage.post_process({"one.css": (storage, "one.css")})]
    middleware = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))

    def ask(accepted: str) -> tuple[HttpResponse, bytes]:
        response = middleware(rf.get(f"/static/{storage.stored_name('one.css')}", HTTP_ACCEPT_ENCODING=accepted))
        return response, b"".join(response.streaming_content)

    return ask


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"),
    [("gzip, deflate, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress), ("identity", "", bytes)],
)
def test_a_file_comes_in_the_smallest_form_that_the_browser_reads(get, accepted, encoding, unpack):
    response, body = get(accepted)
    assert (response.status_code, response.get("Content-Encoding", "")) == (200, encoding)
    assert unpack(body).decode() == TEXT
    assert "Accept-Encoding" in response["Vary"]
