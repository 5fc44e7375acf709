import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.money import MOST, NotMoney, charge_for, parse, plain, show, undelivered

amounts = st.integers(min_value=-MOST, max_value=MOST)


@given(amounts)
def test_what_is_printed_plainly_reads_as_the_same_amount(units):
    assert parse(plain(units)) == units


@given(st.integers(1, 10**12), st.integers(1, 10**6))
def test_a_charge_is_never_free_and_never_below_the_exact_price(rate, quantity):
    charge = charge_for(rate, quantity)
    assert charge >= 1
    assert 0 <= charge * 1000 - rate * quantity < 1000


@given(st.integers(1, 10**15), st.integers(1, 10**9), st.data())
def test_what_is_kept_and_what_is_returned_are_the_charge_exactly(charge, quantity, data):
    remains = data.draw(st.integers(0, quantity))
    returned = undelivered(charge, quantity, remains)
    assert 0 <= returned <= charge
    assert (returned == 0) == (remains == 0)
    assert undelivered(charge, quantity, quantity) == charge
    if remains < quantity:
        assert returned <= undelivered(charge, quantity, remains + 1)


@pytest.mark.parametrize("remains", [-1, 1001])
def test_more_than_everything_or_less_than_nothing_cannot_remain(remains):
    with pytest.raises(ValueError, match="of 1000"):
        undelivered(100, 1000, remains)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("12", 1_200_000_000),
        ("0.00000001", 1),
        ("-3.50", -350_000_000),
        (" 7 ", 700_000_000),
        ("0.0036", 360_000),
        ("-0.5000000000", -50_000_000),
    ],
)
def test_plain_digits_are_money(text, units):
    assert parse(text) == units


@pytest.mark.parametrize(
    "text",
    [
        *["", "1,00", "1e3", "Infinity", "NaN", "٣", "0.000000001", "1.", ".5", "--1", "0x10", "92233720369", "1 000"],
        "92233720367.999999999999999999",  # must not be rounded to a balance that somebody has
    ],
)
def test_anything_else_is_no_money(text):
    with pytest.raises(NotMoney):
        parse(text)


def test_people_see_grouped_digits_and_the_currency():
    assert show(123_450_000_000, "USD") == "1,234.50 USD"
    assert show(-1, "USD") == "-0.00000001 USD"
    assert show(0, "EUR") == "0.00 EUR"


def test_a_charge_beyond_what_a_column_holds_is_refused():
    with pytest.raises(NotMoney):
        charge_for(MOST, 2000)
