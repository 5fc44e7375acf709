import pytest

from orders.links import BadLink, canonical, clean, overlap_key, target_key

SAME_TARGET = [
    ["https://youtu.be/AbC123", "http://www.youtube.com/watch?v=AbC123&t=42s", "https://m.youtube.com/shorts/AbC123?si=x"],
    ["https://example.com/p/one", "http://www.example.com/p/one/", "EXAMPLE.com/p/one?utm_source=mail#top", "https://m.example.com:443/p/one"],
    ["https://example.com/p?b=2&a=1", "https://example.com/p/?a=1&b=2&fbclid=zz"],
    ["https://bücher.example/a", "https://xn--bcher-kva.example/a"],
]  # fmt: skip


@pytest.mark.parametrize("spellings", SAME_TARGET)
def test_all_spellings_of_one_target_have_one_form(spellings):
    assert len({target_key(clean(link)) for link in spellings}) == 1


def test_the_case_of_a_path_matters_and_that_of_a_host_does_not():
    assert canonical(clean("https://Example.com/AbC")) == "example.com/AbC"
    assert target_key(clean("https://example.com/abc")) != target_key(clean("https://example.com/AbC"))


def test_services_on_the_same_target_have_different_overlap_keys():
    assert overlap_key(1, "https://example.com/a") != overlap_key(2, "https://example.com/a")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/a",
        "https://user:pass@example.com/",
        "http://[::1]/",
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "https://localhost/",
        "https://intranet.local/",
        "https://example.com:8443/",
        "https://example.com/a b",
        "https://example.com/a\nb",
        "https://example.com/\x00",
        "https://example.com/\u202egpj.exe",
        "https://exаmple.com/",  # noqa: RUF001 (a Cyrillic a)
        "https://example.com/" + "a" * 2000,
        "https://",
        "https://.com",
        "https://exa_mple.com",
        "https://example.com:abc/",
        "\ud800",
    ],
)
def test_what_is_no_public_link_is_refused_with_a_sentence(text):
    with pytest.raises(BadLink) as refused:
        clean(text)
    assert str(refused.value).endswith(".")


def test_a_link_is_kept_as_typed_but_for_outer_space_and_a_missing_scheme():
    assert clean(" https://Example.com/P?x=1 ") == "https://Example.com/P?x=1"
    assert clean("example.com/p") == "https://example.com/p"
