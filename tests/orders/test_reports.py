"""What a report means, row by row of the lifecycle's table."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.models import Order
from orders.money import undelivered
from orders.reports import Meaning, Report, Standing, decide
from orders.statuses import ACTIVE, RANK, RETURNS_MONEY, SETTLED, OrderStatus

S = OrderStatus
CHARGE, QUANTITY = 1000, 100


def standing(status, *, remains=None, refunded=None):
    if refunded is None:
        refunded = {S.CANCELED: CHARGE, S.ERROR: CHARGE, S.PARTIAL: 300, S.REFUNDED: 300}.get(status, 0)
    return Standing(status, QUANTITY, CHARGE, refunded, remains, None)


def meaning(status, to, **report):
    return decide(standing(status), Report(to=to, **report)).meaning


@pytest.mark.parametrize(("status", "to"), list(itertools.product(sorted(ACTIVE), OrderStatus)))
def test_open_orders_move_forward_and_never_back(status, to):
    found = meaning(status, to, remains=40 if to == S.PARTIAL else None)
    if to == status or (status, to) == (S.PROCESSING, S.PENDING):
        assert found == Meaning.NOTHING_NEW  # the provider's Pending is our Processing
    elif to in RANK and RANK[to] < RANK[status]:
        assert found == Meaning.BACKWARD
    else:
        assert found == Meaning.MOVE


@pytest.mark.parametrize(("status", "to"), list(itertools.product(sorted(SETTLED), OrderStatus)))
def test_closed_is_closed_for_machines(status, to):
    said = Report(to=to, remains=40 if to == S.PARTIAL else None)
    found = decide(standing(status, remains=40 if status == S.PARTIAL else None), said)
    assert found.meaning == (Meaning.NOTHING_NEW if to == status else Meaning.LATE)


RETURNS = [
    (S.COMPLETED, None, 0),
    (S.COMPLETED, 0, 0),
    (S.COMPLETED, -5, 0),
    (S.CANCELED, None, CHARGE),
    (S.CANCELED, 0, CHARGE),
    (S.CANCELED, 40, CHARGE),
    (S.ERROR, 40, CHARGE),
    (S.REFUNDED, None, CHARGE),
    (S.REFUNDED, 0, CHARGE),
    (S.REFUNDED, QUANTITY, CHARGE),
    (S.REFUNDED, 40, 400),
    (S.PARTIAL, 40, 400),
]


@pytest.mark.parametrize(("to", "remains", "returned"), RETURNS)
def test_closing_returns_what_the_status_promises(to, remains, returned):
    decision = decide(standing(S.IN_PROGRESS), Report(to=to, remains=remains))
    assert (decision.meaning, decision.to, decision.returned) == (Meaning.MOVE, to, returned)


def test_a_part_that_is_everything_or_nothing_has_another_name():
    assert decide(standing(S.IN_PROGRESS), Report(to=S.PARTIAL, remains=0)).to == S.COMPLETED
    nothing_delivered = decide(standing(S.IN_PROGRESS), Report(to=S.PARTIAL, remains=QUANTITY))
    assert (nothing_delivered.to, nothing_delivered.returned) == (S.CANCELED, CHARGE)


@pytest.mark.parametrize("remains", [None, -1, QUANTITY + 1, 10**30])
def test_a_part_without_a_usable_rest_moves_no_money(remains):
    assert meaning(S.IN_PROGRESS, S.PARTIAL, remains=remains) == Meaning.UNCLEAR


def test_a_rest_that_is_no_number_moves_no_money():
    assert meaning(S.IN_PROGRESS, S.PARTIAL, odd_remains=True, remains=None) == Meaning.UNCLEAR


def test_an_unknown_word_waits_for_a_person():
    assert meaning(S.PROCESSING, None, word="Fulfilled") == Meaning.UNCLEAR


def test_another_part_after_the_first_one_is_late():
    closed = standing(S.PARTIAL, remains=30, refunded=300)
    assert decide(closed, Report(to=S.PARTIAL, remains=30)).meaning == Meaning.NOTHING_NEW
    assert decide(closed, Report(to=S.PARTIAL, remains=50)).meaning == Meaning.LATE


def test_counters_that_cannot_be_read_are_left_as_they_were():
    decision = decide(standing(S.PROCESSING, remains=80), Report(to=S.IN_PROGRESS, odd_remains=True))
    assert (decision.meaning, decision.remains) == (Meaning.MOVE, 80)


statuses = st.sampled_from(list(OrderStatus))
remains = st.none() | st.integers(-200, 200)
reports = st.builds(Report, to=st.none() | statuses, remains=remains, odd_remains=st.booleans())


@given(reports, statuses)
def test_every_report_has_one_meaning_and_money_follows_only_from_a_move(report, status):
    before = standing(status)
    decision = decide(before, report)
    assert decision == decide(before, report)
    if decision.meaning == Meaning.MOVE:
        assert status in ACTIVE
        assert 0 <= decision.returned <= CHARGE
        assert (decision.returned > 0) == (decision.to in RETURNS_MONEY)
        if decision.to == S.PARTIAL:
            assert decision.returned == undelivered(CHARGE, QUANTITY, report.remains)


def test_the_graph_on_the_model_has_every_move_that_a_report_may_ask_for():
    moves = {
        (source, transition.target)
        for transition in Order()._meta.get_field("status").get_all_transitions(Order)
        for source in [transition.source]
    }
    for status, to in itertools.product(sorted(ACTIVE), OrderStatus):
        if to not in RANK or RANK[to] > RANK[status]:
            assert (status, to) in moves
    assert {(source, to) for source, to in moves if source in SETTLED} == {
        (S.COMPLETED, S.REFUNDED),
        (S.PARTIAL, S.REFUNDED),
        (S.REFUNDED, S.REFUNDED),
    }
