import pytest

from orders import ledger, money
from orders.models import LedgerEntry, Order, OrderEvent
from orders.placing import OrderRefused, Wish, place_order, quote
from orders.statuses import OrderStatus
from tests.factories import NOW, fund, make_service, order_in, place

pytestmark = pytest.mark.django_db

LINK = "https://example.com/p/1"


def wish(service, *, link=LINK, quantity=1000):
    return Wish(service_id=service.pk, link=link, quantity=quantity)


def refused(customer, wanted, **how):
    """The codes of all that is wrong; and nothing was written."""
    before = Order.objects.count(), LedgerEntry.objects.count(), OrderEvent.objects.count()
    with pytest.raises(OrderRefused) as caught:
        place_order(customer=customer, wish=wanted, client_key=how.pop("client_key", "k"), now=NOW, **how)
    assert (Order.objects.count(), LedgerEntry.objects.count(), OrderEvent.objects.count()) == before
    assert all(problem.sentence.endswith(".") for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]


def test_an_order_takes_price_and_stated_times_from_its_service(customer):
    fund(customer, "10.00")
    service = make_service(rate="1.50", stated_start=30, stated_speed=500)
    order = place_order(customer=customer, wish=wish(service, quantity=500), client_key="k", now=NOW)
    assert (order.charge, order.rate, order.stated_start, order.stated_speed) == (
        money.parse("0.75"),
        money.parse("1.50"),
        30,
        500,
    )
    assert ledger.balance_of(customer) == money.parse("9.25")
    [event] = order.events.all()
    assert (event.code, event.source, event.actor, event.money) == ("placed", "customer", customer, -order.charge)


def test_a_package_costs_its_rate_once_whatever_quantity_is_sent(customer):
    fund(customer, "10.00")
    service = make_service(type="Package", rate="4.00", minimum=1, maximum=1)
    order = place_order(customer=customer, wish=wish(service, quantity=50_000), client_key="k", now=NOW)
    assert (order.quantity, order.charge) == (1, money.parse("4.00"))


def test_the_tiniest_order_is_not_free(customer):
    order = place(customer, service=make_service(rate="0.00000001", minimum=1), quantity=1)
    assert order.charge == 1


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        (None, "quantity"),
        (0, "quantity_low"),
        (-1, "quantity_low"),
        (9, "quantity_low"),
        (10_001, "quantity_high"),
        (10**30, "quantity_high"),
    ],
)
def test_a_quantity_outside_the_limits_is_refused(customer, quantity, code):
    fund(customer)
    assert refused(customer, wish(make_service(), quantity=quantity)) == [code]


def test_a_service_that_is_paused_or_unknown_is_refused(customer):
    fund(customer)
    paused = make_service(is_on_sale=False)
    assert refused(customer, wish(paused)) == ["service"]
    for unknown in (0, -1, 999_999, 2**63, 10**30):
        assert refused(customer, Wish(service_id=unknown, link=LINK, quantity=100)) == ["service"]


def test_a_price_that_changed_meanwhile_is_refused_with_the_new_one(customer):
    fund(customer)
    service = make_service(rate="1.10")
    with pytest.raises(OrderRefused, match=r"1\.10 USD"):
        place_order(customer=customer, wish=wish(service), client_key="k", now=NOW, seen_rate=money.parse("0.90"))
    assert refused(customer, wish(service), seen_rate=money.parse("0.90")) == ["price"]


def test_too_little_balance_says_how_much_is_missing(customer):
    fund(customer, "0.50")
    with pytest.raises(OrderRefused, match=r"0\.40 USD"):
        place_order(customer=customer, wish=wish(make_service(rate="0.90")), client_key="k", now=NOW)
    assert refused(customer, wish(make_service(rate="0.90"))) == ["funds"]


def test_everything_that_is_wrong_is_said_at_once(customer):
    assert refused(customer, wish(make_service(), link="nonsense", quantity=5)) == ["link", "quantity_low"]
    assert refused(customer, wish(make_service(), link="nonsense")) == ["link", "funds"]


def test_a_second_open_order_on_the_same_link_and_service_is_refused_and_names_the_first(customer):
    service = make_service()
    first = place(customer, service=service, link="https://example.com/p/7")
    with pytest.raises(OrderRefused, match=f"#{first.pk}"):
        place_order(
            customer=customer,
            wish=wish(service, link="http://www.example.com/p/7/?utm_source=x"),
            client_key="k",
            now=NOW,
        )
    assert refused(customer, wish(service, link="example.com/p/7#a")) == ["overlap"]


@pytest.mark.parametrize("status", [OrderStatus.COMPLETED, OrderStatus.CANCELED, OrderStatus.ERROR])
def test_a_settled_order_leaves_its_link_free(customer, status):
    service = make_service()
    order_in(status, customer, service=service, link=LINK)
    assert place(customer, service=service, link=LINK).pk


def test_other_services_and_other_customers_may_use_the_same_link(customer, stranger):
    service = make_service()
    place(customer, service=service, link=LINK)
    assert place(customer, link=LINK).pk
    assert place(stranger, service=service, link=LINK).pk


def test_the_same_wish_twice_is_one_order(customer):
    fund(customer)
    service = make_service()
    first = place_order(customer=customer, wish=wish(service), client_key="k", now=NOW)
    again = place_order(customer=customer, wish=wish(service), client_key="k", now=NOW)
    assert again == first
    assert LedgerEntry.objects.filter(kind="charge").count() == 1


def test_the_same_wish_again_is_answered_even_when_it_could_not_be_placed_any_more(customer):
    fund(customer)
    service = make_service()
    first = place_order(customer=customer, wish=wish(service), client_key="k", now=NOW)
    service.is_on_sale = False
    service.save(update_fields=["is_on_sale"])
    assert place_order(customer=customer, wish=wish(service), client_key="k", now=NOW) == first


def test_the_same_key_with_another_wish_is_refused(customer):
    fund(customer)
    service = make_service()
    place_order(customer=customer, wish=wish(service), client_key="k", now=NOW)
    for other in (wish(service, quantity=999), wish(service, link="https://example.com/2"), wish(make_service())):
        assert refused(customer, other, client_key="k") == ["key_reused"]


def test_keys_of_two_customers_do_not_meet(customer, stranger):
    for who in (customer, stranger):
        fund(who)
        place_order(customer=who, wish=wish(make_service()), client_key="k", now=NOW)
    assert Order.objects.count() == 2


def test_a_quote_writes_nothing_and_shows_the_balance_after(customer):
    fund(customer, "2.00")
    offer = quote(customer=customer, wish=wish(make_service(rate="0.90")))
    assert (offer.charge, offer.balance_after, offer.missing, offer.problems) == (
        money.parse("0.90"),
        money.parse("1.10"),
        0,
        (),
    )
    assert Order.objects.count() == 0
