import pytest

from orders import money, sync
from orders.placing import OrderRefused, Wish, place_order, quote
from orders.service_types import INPUT_NAMES, RULES, Counted, ServiceType, known_type, read_inputs, why_not_sold
from tests.factories import NOW, fresh, fund, make_service

pytestmark = pytest.mark.django_db

T = ServiceType
LINK = "https://example.com/p/1"

# What each type is sent, as a program would, and the quantity that it comes to.
GOOD = {
    T.DEFAULT: ({}, 100),
    T.PACKAGE: ({}, 1),
    T.SEO: ({"keywords": "red shoes\nblue shoes"}, 100),
    T.CUSTOM_COMMENTS: ({"comments": "Nice, really\r\n\r\n  Great!  \nOh, well, yes"}, 3),
    T.CUSTOM_COMMENTS_PACKAGE: ({"comments": "One\nTwo"}, 1),
    T.MENTIONS: ({"usernames": "ann\nbob"}, 100),
    T.MENTIONS_WITH_HASHTAGS: ({"usernames": "ann\nbob", "hashtags": "#one\n#two"}, 100),
    T.MENTIONS_CUSTOM_LIST: ({"usernames": "ann\nbob\n"}, 2),
    T.MENTIONS_HASHTAG: ({"hashtag": "#one"}, 100),
    T.MENTIONS_USER_FOLLOWERS: ({"username": "ann"}, 100),
    T.MENTIONS_MEDIA_LIKERS: ({"media": "https://example.com/m/1"}, 100),
    T.COMMENT_LIKES: ({"username": "ann"}, 100),
    T.POLL: ({"answer_number": "2"}, 100),
    T.INVITES_FROM_GROUPS: ({"groups": "g1\ng2"}, 100),
    T.WEB_TRAFFIC: ({"country": "US", "device": "5", "type_of_traffic": "1", "google_keyword": "shoes"}, 100),
}


def service_of(type, **fields):
    return make_service(type=type, rate="10.00", minimum=1, maximum=1000, **fields)


def wish(service, inputs, quantity=100):
    return Wish(service_id=service.pk, link=LINK, quantity=quantity, inputs=inputs)


def problems(customer, service, inputs, **how):
    return [(p.code, p.field) for p in quote(customer=customer, wish=wish(service, inputs, **how)).problems]


def test_every_type_has_a_rule_and_a_proof_here():
    assert set(RULES) == set(T) == set(GOOD)


@pytest.mark.parametrize("type", list(T))
def test_each_type_is_ordered_charged_and_sent_by_its_rule(customer, type):
    fund(customer)
    inputs, quantity = GOOD[type]
    service = service_of(type)
    order = place_order(
        customer=customer, wish=wish(service, {**inputs, "charge": "0", "nonsense": "x"}), client_key="k", now=NOW
    )
    order = fresh(order)
    rule = RULES[type]
    assert order.quantity == quantity
    assert order.charge == (money.parse("10.00") * quantity // 1000 if rule.per_thousand else money.parse("10.00"))
    asked = sync.request_of(order)
    assert asked.quantity == (quantity if rule.counted else None)
    assert dict(asked.inputs) == order.inputs
    assert set(order.inputs) == set(inputs)


def test_a_comma_changes_nothing_and_empty_lines_count_for_nothing(customer):
    kept, wrong = read_inputs(RULES[T.CUSTOM_COMMENTS], {"comments": "a, b, c\n\n \nd\r\ne\rf"})
    assert (kept, wrong) == ({"comments": "a, b, c\nd\ne\nf"}, [])


def test_a_count_is_what_the_lines_say_never_what_is_sent(customer):
    fund(customer)
    offer = quote(customer=customer, wish=wish(service_of(T.CUSTOM_COMMENTS), {"comments": "a\nb"}, quantity=999))
    assert (offer.quantity, offer.charge) == (2, money.parse("0.02"))


def test_too_few_or_too_many_lines_are_said_beside_the_list(customer):
    fund(customer)
    service = make_service(type=T.CUSTOM_COMMENTS, rate="1.00", minimum=2, maximum=3)
    assert problems(customer, service, {}) == [("quantity_low", "comments")]
    assert problems(customer, service, {"comments": "a"}) == [("quantity_low", "comments")]
    assert problems(customer, service, {"comments": "a\nb\nc\nd"}) == [("quantity_high", "comments")]


@pytest.mark.parametrize("type", [T.CUSTOM_COMMENTS, T.MENTIONS_CUSTOM_LIST])
def test_a_list_is_asked_for_lines_where_the_form_has_no_quantity(customer, type):
    service = make_service(type=type, rate="1.00", minimum=2, maximum=3)

    def said(lines: str) -> str:
        [problem] = quote(customer=customer, wish=wish(service, {RULES[type].lines_of: lines})).problems
        return problem.sentence

    fund(customer)
    assert said("") == said("a") == "Write at least 2, one a line."
    assert said("a\nb\nc\nd") == "Write at most 3, one a line."


@pytest.mark.parametrize("type", [t for t in T if RULES[t].inputs and RULES[t].quantity != Counted.LINES])
def test_what_a_type_needs_is_demanded_beside_its_field(customer, type):
    fund(customer)
    needed = [found.name for found in RULES[type].inputs if found.required]
    assert problems(customer, service_of(type), {}) == [("input", name) for name in needed]
    assert problems(customer, service_of(type), dict.fromkeys(INPUT_NAMES, "   ")) == [("input", n) for n in needed]


@pytest.mark.parametrize(
    ("type", "name", "text"),
    [
        (T.POLL, "answer_number", "0"),
        (T.POLL, "answer_number", "1e3"),
        (T.POLL, "answer_number", "٣"),
        (T.POLL, "answer_number", "99999999"),
        (T.MENTIONS_HASHTAG, "hashtag", "a" * 501),
        (T.MENTIONS_HASHTAG, "hashtag", "a\nb"),
        (T.COMMENT_LIKES, "username", "ann\x00"),
        (T.COMMENT_LIKES, "username", "\u202eann"),
        (T.SEO, "keywords", "a" * 501),
        (T.SEO, "keywords", "a\n" * 100_001),
        (T.SEO, "keywords", "fine\nnot \x07 fine"),
        (T.SEO, "keywords", "half \ud800 a pair"),
        (T.WEB_TRAFFIC, "device", "6"),
        (T.WEB_TRAFFIC, "type_of_traffic", "0"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(customer, type, name, text):
    fund(customer)
    with pytest.raises(OrderRefused) as refused:
        place_order(
            customer=customer, wish=wish(service_of(type), {**GOOD[type][0], name: text}), client_key="k", now=NOW
        )
    [problem] = [p for p in refused.value.problems if p.field == name]
    assert problem.sentence.endswith(".")


@pytest.mark.parametrize(("kind", "name"), [("1", "google_keyword"), ("2", "referring_url")])
def test_visitors_from_somewhere_need_that_place(customer, kind, name):
    fund(customer)
    inputs = {"country": "US", "device": "1", "type_of_traffic": kind}
    assert problems(customer, service_of(T.WEB_TRAFFIC), inputs) == [("input", name)]
    assert problems(customer, service_of(T.WEB_TRAFFIC), {**inputs, name: "x"}) == []
    assert problems(customer, service_of(T.WEB_TRAFFIC), {**inputs, "type_of_traffic": "3"}) == []


def test_emoji_of_several_parts_stay_whole(customer):
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    kept, wrong = read_inputs(RULES[T.CUSTOM_COMMENTS], {"comments": family})
    assert (kept, wrong) == ({"comments": family}, [])


def test_the_same_key_with_other_comments_is_another_wish(customer):
    fund(customer)
    service = service_of(T.CUSTOM_COMMENTS)
    first = place_order(customer=customer, wish=wish(service, {"comments": "a\nb"}), client_key="k", now=NOW)
    again = place_order(customer=customer, wish=wish(service, {"comments": "a\r\nb\n"}), client_key="k", now=NOW)
    assert again == first
    with pytest.raises(OrderRefused) as refused:
        place_order(customer=customer, wish=wish(service, {"comments": "a\nc"}), client_key="k", now=NOW)
    assert refused.value.problems[0].code == "key_reused"


@pytest.mark.parametrize("word", ["Custom Comments", "custom_comments", " CUSTOM COMMENTS ", "custom comments"])
def test_a_providers_word_for_a_type_is_known_in_any_spelling(word):
    assert known_type(word) == T.CUSTOM_COMMENTS


def test_an_import_says_why_a_type_is_not_sold():
    assert known_type("Subscriptions") is None
    assert "Subscriptions" in why_not_sold("subscriptions")
    assert "Teleport" in why_not_sold("Teleport")
