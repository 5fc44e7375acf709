import datetime as dt
import json

import pytest

from orders.provider.status_answers import parse_statuses
from orders.provider.wire import (
    Accepted,
    BatchFailed,
    OurFault,
    Refused,
    TryLater,
    Unknown,
    parse_added,
    parse_retry_after,
    status_of,
)
from orders.statuses import OrderStatus


def batch(answer, *asked):
    return parse_statuses(json.dumps(answer).encode(), asked)


def one(**item):
    return batch({"7": {"status": "In progress", **item}}, "7").reports["7"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["Pending", "PENDING", "pending ", "0", 0], OrderStatus.PENDING),
        (["Processing", "processing", 1, "1"], OrderStatus.PROCESSING),
        (
            ["In progress", "In-progress", "Inprogress", "in_progress", "IN  PROGRESS", 2, "2"],
            OrderStatus.IN_PROGRESS,
        ),
        (["Completed", "Complete", "COMPLETED", 3, "3"], OrderStatus.COMPLETED),
        (["Partial", "Partially completed", "partially_completed", 4, "4"], OrderStatus.PARTIAL),
        (["Canceled", "Cancelled", "Canelled", "CANCELED", 5, "5"], OrderStatus.CANCELED),
        (["Refunded", "Refunds"], OrderStatus.REFUNDED),
        (["Fail", "Failed", "Error"], OrderStatus.ERROR),
        (["Napping", "", None, True, False, 6, -1, "6", [], {}, "Unknown", "Complet"], None),
    ],
)
def test_every_spelling_of_a_status_is_understood_and_nothing_else(words, status):
    assert {repr(word): status_of(word) for word in words} == {repr(word): status for word in words}


def test_an_unknown_word_is_kept_for_people():
    report = one(status="Napping\x00‮ until noon")
    assert (report.status, report.word) == (None, "Napping until noon")


@pytest.mark.parametrize(
    ("value", "remains"),
    [(157, 157), ("157", 157), (" 157 ", 157), (0, 0), ("0", 0), (-3, -3), ("-3", -3), (99_999_999, 99_999_999)],
)
def test_remains_may_be_a_number_or_text(value, remains):
    report = one(remains=value)
    assert (report.remains, report.remains_odd) == (remains, False)


@pytest.mark.parametrize("value", ["1e3", True, None, "", 1.5, 157.0, "1.5", 10**30, str(10**30), [], {}, "٣", "1,000"])
def test_remains_that_are_no_whole_number_are_odd(value):
    report = one(remains=value)
    assert (report.remains, report.remains_odd) == (None, True)


def test_a_return_that_another_panel_of_ours_cannot_tell_in_pieces_is_not_taken_for_none():
    untold = one(status="Partial", remains="0", status_detail="refunded")
    assert (untold.remains, untold.remains_odd) == (None, True)
    assert one(status="Partial", remains="0", status_detail="partial").remains == 0
    assert one(status="Partial", remains="3", status_detail="refunded").remains == 3


def test_remains_that_are_absent_are_not_odd():
    assert (one().remains, one().remains_odd) == (None, False)


def test_a_number_of_ten_thousand_digits_spoils_only_its_own_order():
    body = b'{"1": {"status": "Completed", "remains": %s}, "2": {"status": "Completed", "remains": 0}}' % (
        b"9" * 10_000
    )
    reports = parse_statuses(body, ["1", "2"]).reports
    assert (reports["1"].remains, reports["1"].remains_odd, reports["2"].remains) == (None, True, 0)


@pytest.mark.parametrize("name", ["start_count", "start_counter"])
def test_the_start_count_has_two_names(name):
    assert one(**{name: "3572"}).start_count == 3572


def test_the_evidence_is_at_most_two_kilobytes_of_text_that_a_database_takes():
    report = one(note="ü\x00\ud800" * 5000)
    assert len(report.raw.encode()) <= 2048
    assert "\x00" not in report.raw


ITEM = {"status": "Completed", "remains": "0"}


@pytest.mark.parametrize(
    "answer",
    [
        {"12": ITEM, "13": ITEM},
        [{"order": 12, **ITEM}, {"order": 13, **ITEM}],
        [{"order_id": "13", **ITEM}, {"order_id": "12", **ITEM}],
        {"13": {"order": "13", **ITEM}, " 12": ITEM},
    ],
)
def test_answers_are_matched_by_id_whatever_their_shape(answer):
    found = batch(answer, "12", "13")
    assert {key: report.status for key, report in found.reports.items()} == {
        "12": OrderStatus.COMPLETED,
        "13": OrderStatus.COMPLETED,
    }
    assert (found.missing, found.foreign, found.bad) == ((), (), {})


@pytest.mark.parametrize("answer", [ITEM, {"order": 12, **ITEM}, {"order_id": "12", **ITEM}])
def test_a_flat_object_answers_for_the_one_order_asked(answer):
    assert batch(answer, "12").reports["12"].status == OrderStatus.COMPLETED


def test_a_flat_object_for_another_order_says_nothing_about_ours():
    found = batch({"order": 99, **ITEM}, "12")
    assert (dict(found.reports), found.missing, found.foreign) == ({}, ("12",), ("99",))


def test_missing_foreign_and_bad_items_leave_the_others_alone():
    found = batch(
        {
            "1": ITEM,
            "2": {"error": "Incorrect order ID"},
            "3": "Incorrect order ID",
            "4": None,
            "5": {"order": 6, **ITEM},
            "99": ITEM,
        },
        *"1234567",
    )
    assert list(found.reports) == ["1"]
    assert found.missing == ("6", "7")
    assert found.foreign == ("99",)
    assert found.bad == {
        "2": "Incorrect order ID",
        "3": "Incorrect order ID",
        "4": "not understood: ",
        "5": "names another order: 6",
    }


def test_two_different_answers_for_one_order_are_none():
    found = batch([{"order": 1, **ITEM}, {"order": 1, "status": "Canceled"}], "1")
    assert (dict(found.reports), found.bad) == ({}, {"1": "answered twice, differently"})


def test_an_empty_answer_means_that_all_are_missing():
    assert batch([], "1", "2").missing == ("1", "2")
    assert batch({}, "1", "2").missing == ("1", "2")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502</body></html>",
        b'{"1": {"status": "Comp',
        b'{"error": "Incorrect request"}',
        b'{"error": {"code": 5}}',
        b'{"message": "maintenance"}',
        b'"Pending"',
        b"null",
        b"17",
        b"[" * 200_000,
        b'{"1": {"status": "Completed"}}{"1": {"status": "Completed"}}',
    ],
)
def test_an_answer_that_is_no_batch_fails_as_a_whole(body):
    with pytest.raises(BatchFailed) as failed:
        parse_statuses(body, ["1", "2"])
    assert 0 < len(failed.value.reason) < 300


def test_one_unknown_order_asked_alone_is_no_failed_batch():
    assert batch({"error": "Incorrect order ID"}, "12").bad == {"12": "Incorrect order ID"}


def test_a_batch_that_fails_for_our_key_says_so():
    with pytest.raises(BatchFailed) as failed:
        batch({"error": "Invalid API key"}, "12")
    assert failed.value.fault == "key"


@pytest.mark.parametrize(
    ("body", "external_id"),
    [
        (b'{"order": 23501}', "23501"),
        (b'{"order": "23501"}', "23501"),
        (b'{"order_id": 23501}', "23501"),
        (b'{"status": "success", "order": 23501, "error": null}', "23501"),
        (b'\xef\xbb\xbf\n{"order": 23501}\r\n', "23501"),
        (b'{"order": 999999999999999999}', "999999999999999999"),
    ],
)
def test_a_positive_whole_number_is_an_accepted_order(body, external_id):
    assert parse_added(200, body) == Accepted(external_id)


@pytest.mark.parametrize(
    "value",
    [
        "null",
        "-1",
        '"abc"',
        "{}",
        "[]",
        "1" + "0" * 30,
        "true",
        "1.5",
        "5.0",
        "0",
        '""',
        '"0"',
        '"1e3"',
        '" 7"',
        '"007"',
    ],
)
def test_an_order_id_that_is_none_leaves_the_order_unknown(value):
    assert isinstance(parse_added(200, b'{"order": %s}' % value.encode()), Unknown)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>Welcome</html>"),
        (200, b'{"order": 2350'),
        (200, b'{"order": 1}{"order": 1}'),
        (200, b"[1]"),
        (200, b"17"),
        (200, b'{"order": 1, "error": "Bad link"}'),
        (200, b'{"order": 1, "order_id": 2}'),
        (200, b'{"error": "The service sleeps"}'),
        (200, b'{"error": {"message": "Bad link"}}'),
        (200, b'{"error": true}'),
        (200, b'{"error": "neworder.error.link_duplicate"}'),
        (200, b'{"error": "Bad linkage"}'),
        (307, b""),
        (400, b'{"order": 1}'),
        (403, b"<html>Forbidden</html>"),
        (429, b'{"order": 1}'),
        (500, b'{"error": "Bad link"}'),
        (502, b"<html>Bad gateway</html>"),
        (503, b'{"order": 1}'),
    ],
)
def test_everything_that_proves_nothing_is_unknown(status, body):
    outcome = parse_added(status, body, retry_after=30)
    assert isinstance(outcome, Unknown)
    assert outcome.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Bad link", "link"),
        ("bad link.", "link"),
        ("BAD  LINK: not public", "link"),
        ("Incorrect service ID", "service"),
        ("Quantity less than minimal 50", "min_quantity"),
        ("Quantity more than maximum 10000", "max_quantity"),
        ("neworder.error.link", "link"),
        ("neworder.error.min_quantity", "min_quantity"),
        ("neworder.error.max_quantity", "max_quantity"),
        ("error.incorrect_service_id", "service"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_refusal_on_the_list_is_certain(text, reason, status):
    outcome = parse_added(status, json.dumps({"error": text}).encode())
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason


def test_a_provider_may_have_its_own_list_of_refusals():
    own = {"Lien invalide": "link"}
    assert parse_added(200, b'{"error": "lien invalide"}', own) == Refused("lien invalide", "link")
    assert isinstance(parse_added(200, b'{"error": "Bad link"}', own), Unknown)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Not enough funds on balance", "funds"),
        ("not enough funds", "funds"),
        ("neworder.error.not_enough_funds", "funds"),
        ("Invalid API key", "key"),
    ],
)
def test_an_empty_balance_or_a_refused_key_is_our_own_fault(text, reason):
    assert parse_added(200, json.dumps({"error": text}).encode()) == OurFault(reason, text)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": "Too many"}'])
def test_too_many_requests_were_certainly_not_taken(body):
    assert parse_added(429, body, retry_after=7) == TryLater(7, "HTTP 429")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("999999", 3600),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0),
        ("٣", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_at_most_an_hour(text, seconds):
    assert parse_retry_after(text, dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)) == seconds


# --- The old dialect


@pytest.mark.parametrize("status", ["error", "fail", "pending", "", 0])
def test_by_the_old_dialect_an_id_beside_no_success_proves_nothing(status):
    body = json.dumps({"status": status, "order": 32}).encode()
    assert isinstance(parse_added(200, body, says_success=True), Unknown)


@pytest.mark.parametrize(
    "body", [b'{"status": "success", "order": 32}', b'{"status": "Success", "order": "32"}', b'{"order": 32}']
)
def test_by_the_old_dialect_success_and_an_id_are_an_order(body):
    assert parse_added(200, body, says_success=True) == Accepted("32")


@pytest.mark.parametrize("word", ["error", "fail", "success"])
def test_a_word_on_the_call_is_no_word_on_the_order(word):
    with pytest.raises(BatchFailed):
        parse_statuses(json.dumps({"order": "32", "status": word}).encode(), ["32"], says_success=True)


def test_an_order_that_failed_with_its_counters_is_told():
    report = parse_statuses(b'{"order": "32", "status": "error", "charge": "0"}', ["32"], says_success=True)
    assert report.reports["32"].status == OrderStatus.ERROR
