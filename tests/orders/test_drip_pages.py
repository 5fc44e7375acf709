"""Drip-feeds, orders that queue behind another, and notes: as the customer's pages and programs see them."""

import csv

import pytest

from accounts import api_keys
from helpcenter import first_edition
from orders import ledger, lifecycle, money, notes, sync, turns
from orders.models import Order
from orders.placing import OrderRefused, Wish, place_order
from orders.statuses import OrderStatus
from orders.verdict import Facts, verdict_for
from orders.verification import verify
from support import ticketing
from support.models import Topic
from tests.factories import NOW, fresh, fund, make_service, order_in, place
from tests.orders.api.calling import as_form
from tests.orders.test_drip import LINK, MINUTE, accept_next, dripped, runs_of, said, wish

pytestmark = pytest.mark.django_db

S = OrderStatus
NEW = "/orders/new/"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def typed(service, **fields):
    return {"service": service.pk, "link": LINK, "quantity": "100", "token": "t-1"} | fields


# --- Drip-feed


def test_the_form_asks_for_runs_only_where_the_service_has_them(carol):
    with_runs, without = make_service(can_drip=True), make_service()
    assert 'name="runs"' in carol.get(f"{NEW}?service={with_runs.pk}").text
    assert 'name="runs"' not in carol.get(f"{NEW}?service={without.pk}").text


def test_the_price_beside_the_form_is_that_of_all_runs(carol):
    service = make_service(can_drip=True)
    html = carol.get(f"{NEW}?service={service.pk}&link={LINK}&quantity=100&runs=5&interval=30").text
    assert "5 runs of 100, 500 in all" in html
    assert "0.45 USD" in html


def test_a_drip_feed_is_placed_seen_and_canceled_by_one_number(carol, customer):
    service = make_service(can_drip=True)
    answer = carol.post(NEW, typed(service, runs="5", interval="30"), follow=True)
    head = Order.objects.get(run=1)
    assert answer.redirect_chain[-1][0] == f"/orders/{head.pk}/"
    assert "Drip-feed #" in answer.text
    assert [f"#{run.pk}" in answer.text for run in runs_of(head)] == [True] * 5
    assert "0.45 USD come back" in answer.text
    answer = carol.post(f"/orders/{head.pk}/cancel/", follow=True)
    assert "0.45 USD are back on your balance" in answer.text
    assert ledger.balance_of(customer) == money.parse("100.00")
    assert {run.status for run in runs_of(head)} == {S.CANCELED}
    assert verify() == []


def test_a_bad_plan_comes_back_beside_its_field_and_writes_nothing(carol):
    answer = carol.post(NEW, typed(make_service(can_drip=True), runs="500", interval="30"))
    assert (answer.status_code, Order.objects.count()) == (422, 0)
    assert "Enter how many runs, from 2 to 100." in answer.text
    assert 'value="500"' in answer.text


def test_runs_for_a_service_without_them_are_refused_where_they_can_be_taken_away(carol):
    answer = carol.post(NEW, typed(make_service(), runs="5", interval="30"))
    assert (answer.status_code, Order.objects.count()) == (422, 0)
    assert "This service has no drip-feed." in answer.text
    assert 'name="runs"' in answer.text


def test_each_run_has_its_page_and_the_first_one_is_not_canceled_alone(carol, customer):
    runs = dripped(customer, runs=2)
    first, second = carol.get(f"/orders/{runs[0].pk}/?run=1").text, carol.get(f"/orders/{runs[1].pk}/").text
    assert f"Run 1 of 2 of drip-feed #{runs[0].pk}" in first
    assert "/cancel/" not in first
    assert f"Run 2 of 2 of drip-feed #{runs[0].pk}" in second
    assert "Cancel and take the money back" in second
    assert f"/orders/{runs[0].pk}/?run=1" in first  # what it asks for again is itself


def test_the_list_shows_it_once_with_its_runs_and_a_status_shows_each_run(carol, customer):
    runs = dripped(customer, runs=3)
    accept_next(NOW)
    said(runs[0], S.COMPLETED, 0)
    html = carol.get("/orders/").text
    assert html.count('<th scope="row">') == 1
    assert "1 of 3 runs settled" in html
    assert "100 / 300" in html
    tab = carol.get("/orders/?status=pending").text
    assert tab.count('<th scope="row">') == 2
    assert f"Run 3 of 3 of drip-feed #{runs[0].pk}" in tab
    assert f"#{runs[2].pk}" in carol.get(f"/orders/?q={runs[2].pk}").text


def test_the_page_asks_again_until_the_last_run_is_settled(carol, customer):
    runs = dripped(customer, runs=2)
    address, htmx = f"/orders/{runs[0].pk}/", {"HX-Request": "true"}
    for run, now in zip(runs, (NOW, NOW + 61 * MINUTE), strict=True):
        assert carol.get(address, headers=htmx).status_code == 200
        accept_next(now)
        said(run, S.COMPLETED, 0, now)
    assert carol.get(address, headers=htmx).status_code == 286


def test_the_file_has_each_run_with_its_group(carol, customer):
    runs = dripped(customer, runs=2)
    place(customer)
    text = b"".join(carol.get("/orders/?format=csv")).decode().removeprefix("\ufeff")
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["drip_feed"], row["run"]) for row in rows] == [
        ("", ""),
        (str(runs[0].pk), "2"),
        (str(runs[0].pk), "1"),
    ]


# --- The same for programs


@pytest.fixture
def call(client, customer):
    from_key = key_of(customer)

    def ask(action, **parameters):
        return as_form(client, from_key, action, **parameters).json()

    return ask


def key_of(customer):
    _key, text = api_keys.issue(user=customer, name="shop", now=NOW)
    return text


def test_a_program_has_one_number_for_all_runs(call, customer):
    fund(customer)
    service = make_service(can_drip=True)
    asked = {"service": service.pk, "link": LINK, "quantity": 100, "runs": 3, "interval": 30, "request_id": "r"}
    number = call("add", **asked)["order"]
    assert call("add", **asked) == {"order": number}
    assert Order.objects.count() == 3
    status = call("status", order=number)
    assert (status["status"], status["charge"], status["remains"]) == ("Pending", "0.27", "300")
    runs = runs_of(Order.objects.get(pk=number))
    accept_next(NOW)
    assert call("status", order=number)["status"] == "Processing"
    said(runs[0], S.PARTIAL, 40)
    status = call("status", orders=f"{number}")[str(number)]
    assert (status["status"], status["charge"], status["remains"]) == ("In progress", "0.234", "240")
    assert call("cancel", orders=number) == [{"order": number, "cancel": 1}]
    assert call("cancel", orders=number) == [{"order": number, "cancel": 1}]
    status = call("status", order=number)
    assert (status["status"], status["charge"], status["remains"]) == ("Partial", "0.054", "240")
    assert ledger.balance_of(customer) == money.parse("99.946")
    assert call("refill", order=number) == {"error": "Refill is disabled for this service"}


@pytest.mark.parametrize(
    ("runs", "interval"),
    [("1e3", "30"), ("3", "x"), ("500", "30"), ("3", ""), ("", "30"), ("-1", "30"), (str(2**63), "30")],
)
def test_an_odd_plan_of_a_program_is_an_incorrect_request_and_writes_nothing(call, customer, runs, interval):
    fund(customer)
    wish = {"service": make_service(can_drip=True).pk, "link": LINK, "quantity": 100}
    assert call("add", **wish, runs=runs, interval=interval) == {"error": "Incorrect request"}
    assert Order.objects.count() == 0


def test_runs_of_a_service_without_them_are_an_incorrect_request(call, customer):
    fund(customer)
    wish = {"service": make_service().pk, "link": LINK, "quantity": 100, "runs": 3, "interval": 30}
    assert call("add", **wish) == {"error": "Incorrect request"}


# --- Queue behind, and other services on the link


def test_a_refused_second_order_offers_to_wait_and_then_goes_by_itself(carol, customer, service):
    first = order_in(S.IN_PROGRESS, customer, service=service, link=LINK)
    answer = carol.post(NEW, typed(service))
    assert answer.status_code == 422
    assert f"Queue it behind order #{first.pk}" in answer.text
    answer = carol.post(NEW, typed(service, queue="on"), follow=True)
    order = Order.objects.latest("id")
    assert (order.waits_for_id, order.overlap_key, order.send_after) == (first.pk, None, None)
    assert "Waits for its turn" in answer.text
    assert f'<a href="/orders/{first.pk}/">#{first.pk}</a>' in answer.text
    assert accept_next(NOW + MINUTE) == []
    said(first, S.COMPLETED, 0)
    assert accept_next(NOW + MINUTE) == [order.pk]
    assert fresh(order).overlap_key is not None
    assert verify() == []


def test_while_it_waits_it_is_canceled_at_once(carol, customer, service):
    order_in(S.IN_PROGRESS, customer, service=service, link=LINK)
    before = ledger.balance_of(customer)
    carol.post(NEW, typed(service, queue="on"))
    order = Order.objects.latest("id")
    assert ledger.balance_of(customer) < before
    assert "whole charge is back" in carol.post(f"/orders/{order.pk}/cancel/", follow=True).text
    assert ledger.balance_of(customer) == before


def test_queues_are_kept_in_order_and_whoever_leaves_one_lets_nobody_jump(customer, service):
    first = order_in(S.PROCESSING, customer, service=service, link=LINK)
    queued = [
        place_order(customer=customer, wish=Wish(service.pk, LINK, 100, queue=True), client_key=f"q{n}", now=NOW)
        for n in range(2)
    ]
    assert [order.waits_for_id for order in queued] == [first.pk, queued[0].pk]
    lifecycle.cancel(order_id=queued[0].pk, actor=customer, now=NOW)
    assert accept_next(NOW) == []
    assert fresh(queued[1]).waits_for_id == first.pk
    said(first, S.CANCELED, None)
    assert accept_next(NOW) == [queued[1].pk]


def test_a_queue_by_hand_goes_on_too(customer):
    service = make_service(by_hand=True)
    first = place(customer, service=service, link=LINK)
    second = place_order(customer=customer, wish=Wish(service.pk, LINK, 100, queue=True), client_key="q", now=NOW)
    assert verdict_for(second, Facts(), NOW).headline == "Waits for its turn"
    assert lifecycle.can_cancel_at_once(second)
    assert not lifecycle.can_cancel_at_once(first)
    turns.release_due(lambda: NOW)
    assert fresh(second).waits_for_id == first.pk


def test_without_the_wish_to_wait_the_second_order_is_refused_as_ever(customer, service):
    order_in(S.PROCESSING, customer, service=service, link=LINK)
    with pytest.raises(OrderRefused):
        place_order(customer=customer, wish=wish(service, runs=None, interval=None), client_key="n", now=NOW)


def test_another_service_on_the_same_target_is_asked_about_once_and_placed_knowingly(carol, customer, service):
    other = place(customer, service=make_service(), link="https://www.example.com/p/1")
    answer = carol.post(NEW, typed(service))
    assert (answer.status_code, Order.objects.count()) == (422, 1)
    assert f"Your order #{other.pk} of another service is open on this link." in answer.text
    assert 'name="knows"' in answer.text
    assert carol.post(NEW, typed(service, knows="on")).status_code == 302
    assert carol.post(NEW, typed(service)).status_code == 302  # the same form again is the same order, and asks nothing
    assert Order.objects.count() == 2


def test_programs_are_not_asked(call, customer, service):
    place(customer, service=make_service(), link=LINK)
    assert "order" in call("add", service=service.pk, link=LINK, quantity=100)


# --- Notes


def test_a_note_is_kept_with_the_order_found_by_its_words_and_in_the_file(carol, service):
    carol.post(NEW, typed(service, note="Autumn campaign, client =7"))
    order = Order.objects.get()
    assert order.note == "Autumn campaign, client =7"
    assert "Autumn campaign" in carol.get(f"/orders/{order.pk}/").text
    assert f"#{order.pk}" in carol.get("/orders/?q=campaign, client").text
    assert "No order matches" in carol.get("/orders/?q=spring campaign").text
    answer = carol.post(f"/orders/{order.pk}/note/", {"note": "=SUM(A1)"})
    assert (answer.status_code, fresh(order).note) == (302, "=SUM(A1)")
    assert "'=SUM(A1)" in b"".join(carol.get("/orders/?format=csv")).decode()


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b"])
def test_a_note_that_cannot_be_kept_comes_back_as_typed(carol, customer, note):
    order = place(customer)
    answer = carol.post(f"/orders/{order.pk}/note/", {"note": note})
    assert (answer.status_code, fresh(order).note) == (422, "")


def test_a_note_is_sent_to_nobody(customer, service):
    order = place(customer, service=service)
    notes.write(customer=customer, order_id=order.pk, text="secret words")
    assert "secret words" not in str(sync.request_of(fresh(order)))
    assert notes.write(customer=customer, order_id=order.pk + 1, text="x") is False


def test_what_is_said_of_all_runs_is_not_what_the_last_one_came_to(carol, customer):
    first_edition.load(now=NOW)
    runs = dripped(customer, runs=2)
    accept_next(NOW)
    said(runs[0], S.COMPLETED, 0)
    carol.post(f"/orders/{runs[0].pk}/cancel/")
    html = carol.get(f"/orders/{runs[0].pk}/").text
    assert "Done: the undelivered part is back" in html
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=runs[1], text="Where is it?", now=NOW)
    html = carol.get(f"/orders/{runs[0].pk}/").text
    assert f'href="/tickets/{ticket.number}/"' in html
