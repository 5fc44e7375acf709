import pytest

from orders.links import BadLink, canonical, clean, clean_for, kind_of, overlap_key, target_key
from orders.platforms import LinkKind

SAME_TARGET = [
    ["https://youtu.be/AbC123", "http://www.youtube.com/watch?v=AbC123&t=42s", "https://m.youtube.com/shorts/AbC123?si=x"],
    ["https://example.com/p/one", "http://www.example.com/p/one/", "EXAMPLE.com/p/one?utm_source=mail#top", "https://m.example.com:443/p/one"],
    ["https://example.com/p?b=2&a=1", "https://example.com/p/?a=1&b=2&fbclid=zz"],
    ["https://bücher.example/a", "https://xn--bcher-kva.example/a"],
]  # fmt: skip


SAME_TARGET += [
    ["https://www.instagram.com/p/AbC1/?igsh=x", "https://instagram.com/reel/AbC1", "instagr.am/tv/AbC1"],
    ["https://instagram.com/Some.One/reel/AbC1/?img_index=2", "https://instagram.com/reels/AbC1"],
    ["https://instagram.com/Some.One", "https://www.instagram.com/some.one/?hl=de"],
    ["https://www.tiktok.com/@Ann/video/73?is_from_webapp=1", "https://m.tiktok.com/@ann/video/73"],
    ["https://twitter.com/Ann/status/12?s=20", "https://x.com/bob/status/12", "https://mobile.twitter.com/ann/status/12/photo/1"],
    ["https://twitter.com/Ann", "x.com/ann"],
    ["https://fb.com/Ann", "https://m.facebook.com/ann", "https://de-de.facebook.com/ann"],
    ["https://www.facebook.com/watch/?v=9", "https://facebook.com/ann/videos/title/9"],
    ["https://t.me/s/Chan/5", "https://telegram.me/chan/5?single"],
    ["https://t.me/joinchat/AbC", "https://t.me/+AbC"],
    ["https://open.spotify.com/intl-de/track/4x?si=1", "https://open.spotify.com/track/4x"],
    ["https://soundcloud.com/Ann/Song?in=x", "https://m.soundcloud.com/ann/song"],
    ["https://discord.com/invite/AbC", "https://discord.gg/AbC"],
    ["https://www.youtube.com/@Ann", "https://youtube.com/@ann/"],
    ["https://threads.net/@Ann/post/C1", "https://www.threads.com/@ann/post/C1"],
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
        "https://exаmple.com/",
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


@pytest.mark.parametrize(
    "link", ["https://xn--pple-43d.com/x", "https://www.XN--pple-43d.com/x", "https://xn--xn--pple-43d-.com/"]
)
def test_a_forged_name_is_refused_in_the_letters_of_machines_too(link):
    with pytest.raises(BadLink):
        clean(link)


def test_a_forged_name_hears_the_same_in_either_spelling():
    for link in ("https://аpple.com/x", "https://xn--pple-43d.com/x"):
        with pytest.raises(BadLink, match="mixes alphabets"):
            clean(link)


@pytest.mark.parametrize(
    "label", ["xn--a", "xn--\u00fc", "xn---", "xn--99999999", "xn--apple-mt3b", "xn--ls8h" + "a" * 60]
)
def test_a_name_that_no_letters_stand_behind_is_refused(label):
    with pytest.raises(BadLink):
        clean(f"https://{label}.com/x")


@pytest.mark.parametrize(
    "host",
    [
        "xn--bcher-kva.example", "xn--strae-oqa.de", "xn--ls8h.la", "xn--e1afmkfd.xn--p1ai", "пример.рф",
        "お名前カード.example", "xn--t8jx73hngb.com",
    ],
)  # fmt: skip
def test_a_name_in_one_alphabet_is_taken_in_either_spelling(host):
    assert clean(f"https://{host}/x") == f"https://{host}/x"


PRIVATE = ["lan", "home.arpa", "localdomain", "invalid", "internal", "local", "localhost", "test"]


@pytest.mark.parametrize("name", PRIVATE)
def test_names_that_are_nowhere_in_public_are_refused(name):
    for host in (f"shop.{name}", f"a.shop.{name.upper()}."):
        with pytest.raises(BadLink):
            clean(f"https://{host}/x")


def test_an_order_that_was_taken_before_its_site_was_refused_keeps_its_form():
    assert canonical("https://xn--pple-43d.com/x") == "xn--pple-43d.com/x"


def test_a_public_name_may_end_like_a_private_one():
    assert clean("https://thelan.com/x") == "https://thelan.com/x"


def test_a_link_is_kept_as_typed_but_for_outer_space_and_a_missing_scheme():
    assert clean(" https://Example.com/P?x=1 ") == "https://Example.com/P?x=1"
    assert clean("example.com/p") == "https://example.com/p"


DIFFERENT = [
    ("https://youtu.be/AbC123", "https://youtu.be/abc123"),
    ("https://instagram.com/p/AbC", "https://instagram.com/p/abc"),
    ("https://instagram.com/ann", "https://instagram.com/p/ann"),
    ("https://x.com/ann", "https://x.com/ann/status/1"),
    ("https://t.me/chan/5", "https://t.me/chan/6"),
    ("https://facebook.com/ann/videos/9", "https://facebook.com/ann/videos/8"),
    ("https://open.spotify.com/track/1", "https://open.spotify.com/album/1"),
    ("https://example.com/watch?v=1", "https://youtube.com/watch?v=1"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_targets_never_share_a_form(one, other):
    assert target_key(clean(one)) != target_key(clean(other))


KINDS = [
    ("https://instagram.com/ann", LinkKind.PROFILE),
    ("https://instagram.com/reel/x", LinkKind.POST),
    ("https://youtube.com/@ann", LinkKind.PROFILE),
    ("https://youtu.be/x", LinkKind.POST),
    ("https://t.me/+x", LinkKind.GROUP),
    ("https://facebook.com/groups/x", LinkKind.GROUP),
    ("https://example.com/ann", None),
    ("https://instagram.com/explore", None),
]


@pytest.mark.parametrize(("link", "kind"), KINDS)
def test_a_platforms_addresses_tell_what_they_lead_to(link, kind):
    assert kind_of(link) == kind


def test_a_service_says_which_link_it_wants_and_what_was_given():
    assert clean_for("instagram.com/ann", LinkKind.PROFILE) == "https://instagram.com/ann"
    assert clean_for("https://example.com/ann", LinkKind.POST) == "https://example.com/ann"
    with pytest.raises(BadLink, match="wants the link of a post or video; this one leads to a profile"):
        clean_for("https://instagram.com/ann", LinkKind.POST)


@pytest.mark.parametrize("name", ["ann", "@Ann.B_2", "a-b"])
def test_a_service_may_want_a_username(name):
    assert clean_for(f" {name} ", LinkKind.USERNAME) == name
    assert target_key(name) == target_key(name.upper()) == target_key("@" + name.removeprefix("@"))


@pytest.mark.parametrize("text", ["", "@", "a b", "https://instagram.com/ann", "a" * 101, "ann\x00", "аnn", "-ann"])
def test_what_is_no_username_is_refused(text):
    with pytest.raises(BadLink, match="username"):
        clean_for(text, LinkKind.USERNAME)
