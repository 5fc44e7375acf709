import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from orders.money import parse
from orders.provider.client import AddRequest, ProviderClient
from orders.provider.simulator import running_simulator
from orders.provider.simulator_catalogue import SERVICES
from orders.provider.simulator_faults import FAULTS, LEVELS, chosen
from orders.provider.simulator_progress import progress
from orders.provider.transport import Timeouts
from orders.provider.wire import Accepted, BatchFailed, OurFault, Refused, TryLater, Unknown
from orders.statuses import SETTLED, OrderStatus

QUICK = Timeouts(connect=0.5, read=0.5, total=0.8)
PLACE = Path(__file__).resolve().parents[3]
RANKS = ["Pending", "Processing", "In progress", "Completed", "Partial", "Canceled"]


class Clock:
    def __init__(self):
        self.time = 1_000_000.0

    def __call__(self):
        return self.time


def client(sim, key="simulator"):
    return ProviderClient(sim.url, key, allow_private_hosts=[sim.host], timeouts=QUICK)


def order(link="https://example.com/p/1", service="1", quantity=100):
    return AddRequest(service=service, link=link, quantity=quantity)


def course(order_id, quantity, link="https://example.com/p", **how):
    return [
        progress(seed=1, order_id=order_id, quantity=quantity, link=link, elapsed=second, speed=1, **how)
        for second in range(100)
    ]


@pytest.mark.parametrize("quantity", [1, 2, 100, 50_000])
def test_every_order_moves_forward_only_and_settles_between_60_and_90_seconds(quantity):
    for order_id in range(200):
        steps = course(order_id, quantity)
        ranks = [RANKS.index(step.word) for step in steps]
        remains = [step.remains for step in steps]
        assert ranks == sorted(ranks)
        assert remains == sorted(remains, reverse=True)
        assert all(0 <= left <= quantity for left in remains)
        assert steps[0].word == "Pending"
        assert steps[90].settled
        if steps[90].word == "Canceled":
            assert steps[90].remains == quantity
        else:
            assert not steps[59].settled
            assert (steps[90].remains == 0) == (steps[90].word == "Completed")


def test_most_orders_complete_some_in_part_and_few_are_canceled():
    ends = [course(order_id, 100)[-1].word for order_id in range(300)]
    assert ends.count("Completed") > ends.count("Partial") > ends.count("Canceled") > 0


@pytest.mark.parametrize(
    ("link", "word"),
    [("/completed", "Completed"), ("/Partial", "Partial"), ("/canceled", "Canceled"), ("/stuck", "Pending")],
)
def test_a_word_in_the_link_forces_the_outcome(link, word):
    assert {course(order_id, 100, "https://example.com" + link)[-1].word for order_id in range(50)} == {word}


def test_a_slow_link_takes_ten_times_as_long_and_speed_makes_it_quick():
    slow = "https://example.com/slow-completed"
    assert not course(1, 100, slow)[-1].settled
    assert progress(seed=1, order_id=1, quantity=100, link=slow, elapsed=1000, speed=1).word == "Completed"
    assert progress(seed=1, order_id=1, quantity=9, link="completed", elapsed=1, speed=100).word == "Completed"


def test_a_cancel_stops_what_was_not_delivered_and_leaves_what_was_settled():
    early, midway, late = (course(1, 100, "completed", canceled_after=after)[-1] for after in (2, 50, 95))
    assert (early.word, early.remains) == ("Canceled", 100)
    assert midway.word == "Partial"
    assert 0 < midway.remains < 100
    assert late.word == "Completed"


def test_the_catalogue_is_a_shop_and_every_row_can_be_imported():
    with running_simulator() as sim:
        found = client(sim).services()
    assert found.skipped == ()
    assert len(found.services) == len(SERVICES) == len({service.id for service in SERVICES})
    assert len({service.category for service in found.services}) == 6
    assert {"Default", "Package"} < {service.type for service in found.services}
    rates = [service.rate for service in found.services]
    assert (min(rates), max(rates)) == (parse("0.001"), parse("60"))


def test_an_order_goes_from_pending_to_completed():
    clock = Clock()
    with running_simulator(clock=clock) as sim:
        assert client(sim).add(order("https://example.com/completed")) == Accepted("10001")
        seen = []
        for _ in range(12):
            report = client(sim).statuses(["10001"]).reports["10001"]
            seen.append(report.status)
            clock.time += 8
    assert list(dict.fromkeys(seen)) == [
        OrderStatus.PENDING,
        OrderStatus.PROCESSING,
        OrderStatus.IN_PROGRESS,
        OrderStatus.COMPLETED,
    ]
    assert (report.remains, report.charge) == (0, "0.038")


def test_a_partial_order_keeps_only_what_it_delivered():
    clock = Clock()
    with running_simulator(clock=clock) as sim:
        before = client(sim).balance().units
        client(sim).add(order("https://example.com/partial"))
        assert before - client(sim).balance().units == parse("0.038")
        clock.time += 100
        report = client(sim).statuses(["10001"]).reports["10001"]
    assert report.status == OrderStatus.PARTIAL
    assert parse(report.charge) == parse("0.038") * (100 - report.remains) // 100


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (order(service="999"), "Incorrect service ID"),
        (order(link="nonsense"), "Bad link"),
        (order(link="https://example.com/refused"), "Bad link"),
        (order(quantity=9), "Quantity less than minimal 10"),
        (order(quantity=50_001), "Quantity more than maximum 50000"),
    ],
)
def test_what_cannot_be_ordered_is_refused_and_not_counted_as_accepted(request_, word):
    with running_simulator() as sim:
        outcome = client(sim).add(request_)
        assert sim.report()["orders"] == 0
    assert isinstance(outcome, Refused)
    assert outcome.word == word


def test_a_package_costs_its_rate_once_and_needs_no_quantity():
    with running_simulator() as sim:
        before = client(sim).balance().units
        assert client(sim).add(AddRequest("10", "https://example.com/p")) == Accepted("10001")
        assert before - client(sim).balance().units == parse("1.49")


def test_a_wrong_key_is_refused():
    with running_simulator() as sim:
        assert client(sim, key="wrong").add(order()) == OurFault("key", "Invalid API key")


def test_a_restart_goes_on_where_it_stopped(tmp_path):
    file = tmp_path / "simulator.sqlite3"
    with running_simulator(state=file) as sim:
        client(sim).add(order())
    with running_simulator(state=file, speed=1000) as sim:
        assert client(sim).add(order()) == Accepted("10002")
        assert client(sim).statuses(["10001"]).missing == ()
        accepted = sim.report()["accepted"]
    assert accepted == [{"service": "1", "link": "https://example.com/p/1", "quantity": 100, "times": 2}]


def add_with(fault):
    with running_simulator(faults={fault: 1.0}, silence=1.0) as sim:
        outcome = client(sim).add(order())
        return type(outcome), sim.report()["orders"]


@pytest.mark.parametrize("fault", [name for name, fault in FAULTS.items() if "add" in fault.actions])
def test_each_fault_of_an_order_leads_to_what_is_certain(fault):
    expected = {"rate_limited": TryLater, "not_enough_funds": OurFault, "id_as_text": Accepted}
    outcome, accepted = add_with(fault)
    assert outcome is expected.get(fault, Unknown)
    assert accepted == (1 if FAULTS[fault].acts else 0)
    if outcome in {TryLater, OurFault, Refused}:
        assert accepted == 0, "what counts as certainly not taken was not taken"


def statuses_with(fault, elapsed):
    """Three completed orders of 100, asked for while `fault` happens."""
    clock = Clock()
    with running_simulator(clock=clock) as sim:
        for number in range(3):
            client(sim).add(order(f"https://example.com/completed/{number}"))
        clock.time += elapsed
        sim.misbehave({fault: 1.0})
        return client(sim).statuses(["10001", "10002", "10003"])


@pytest.mark.parametrize(
    "fault", ["numbers_as_text", "numbers_as_numbers", "list", "misspelt", "start_counter", "backward"]
)
def test_unusual_answers_about_settled_orders_are_understood(fault):
    batch = statuses_with(fault, 100)
    assert {(r.status, r.remains, r.start_count is None) for r in batch.reports.values()} == {
        (OrderStatus.COMPLETED, 0, False)
    }
    assert len(batch.reports) == 3


def test_wrong_answers_arrive_as_they_are():
    def statuses(fault, elapsed=100.0):
        return [report.status for report in statuses_with(fault, elapsed).reports.values()]

    def remains(fault):
        return {report.remains for report in statuses_with(fault, 100).reports.values()}

    assert statuses("unknown_word") == [None] * 3
    assert statuses("change_of_mind") == [OrderStatus.CANCELED] * 3
    assert statuses("backward", elapsed=40) == [OrderStatus.PENDING] * 3
    assert remains("remains_negative") == {-7}
    assert remains("remains_above") == {99_999_999}
    assert all(report.remains_odd for report in statuses_with("remains_odd", 100).reports.values())


def test_one_bad_item_leaves_the_others():
    assert statuses_with("missing_id", 100).missing == ("10001",)
    assert statuses_with("bad_id", 100).bad == {"10001": "Incorrect order ID"}
    foreign = statuses_with("foreign_id", 100)
    assert (len(foreign.reports), foreign.foreign) == (3, ("1",))


@pytest.mark.parametrize(
    "fault",
    ["reset", "http_500", "html_502", "html_200", "empty", "rate_limited", "redirect", "cut_json", "batch_error"],
)
def test_a_spoilt_batch_fails_as_a_whole(fault):
    with pytest.raises(BatchFailed):
        statuses_with(fault, 100)


def test_faults_depend_on_seed_and_number_alone():
    def run(seed):
        return [chosen(LEVELS["many"], action="add", seed=seed, number=number) for number in range(300)]

    assert run(1) == run(1) != run(2)
    assert len(set(run(1))) > 10
    assert sum(LEVELS["many"].values()) <= 1
    assert {chosen(LEVELS["none"], action="add", seed=1, number=n) for n in range(100)} == {None}


def test_an_unknown_fault_is_refused_at_the_start():
    with pytest.raises(KeyError), running_simulator(faults={"gremlins": 1.0}):
        pass


def test_many_faults_never_make_the_client_raise_and_orders_settle():
    clock = Clock()
    quick_ones = {name: chance for name, chance in LEVELS["many"].items() if name != "drip"}
    with running_simulator(faults=quick_ones, clock=clock, silence=0.05) as sim:
        outcomes = [client(sim).add(order(f"https://example.com/{number}")) for number in range(100)]
        ids = [outcome.external_id for outcome in outcomes if isinstance(outcome, Accepted)]
        certain_not = sum(isinstance(outcome, TryLater | OurFault | Refused) for outcome in outcomes)
        report = sim.report()
        sim.misbehave({})
        clock.time += 100
        statuses = {found.status for found in client(sim).statuses(ids).reports.values()}
    assert len(ids) <= report["orders"] <= 100 - certain_not
    assert all(row["times"] == 1 for row in report["accepted"])
    assert statuses <= SETTLED


def test_the_command_runs_as_a_process_of_its_own(tmp_path):
    environment = {**os.environ, "NEOPANEL_DATA_DIR": str(tmp_path), "DATABASE_URL": "sqlite:////nowhere/at/all"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "simulate_provider", "--speed", "50"],
        cwd=PLACE,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().rsplit(" ", 1)[1].strip()
        with urllib.request.urlopen(url, data=b"key=k&action=simulator_report", timeout=5) as answer:  # noqa: S310
            assert json.load(answer)["orders"] == 0
        with pytest.raises(urllib.error.HTTPError, match="405"):
            urllib.request.urlopen(url, timeout=5)  # noqa: S310
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert (tmp_path / "simulator.sqlite3").exists()


# --- The old dialect


def old_client(sim):
    return ProviderClient(sim.url_v1, sim.key, allow_private_hosts=[sim.host], timeouts=QUICK, dialect="v1")


def test_the_old_dialect_is_spoken_in_its_own_words():
    clock = Clock()
    with running_simulator(clock=clock) as sim:
        assert answer(sim, action="add", service="1", link="https://example.com/completed", quantity="100") == {
            "status": "success",
            "order": 10001,
        }
        clock.time += 40
        one = answer(sim, action="status", order="10001")
        assert (one["order"], one["status"]) == ("10001", "in progress")
        assert answer(sim, action="status", orders="10001,7") == {"10001": one, "7": "Incorrect order ID"}
        assert answer(sim, action="balance")["status"] == "success"
        assert answer(sim, action="cancel", orders="10001") == {"error": "Incorrect request"}
        row = next(row for row in answer(sim, action="services") if row["service"] == "1")
    assert (row["type"], row["dripfeed"], "cancel" in row, "refill" in row) == ("default", 1, False, False)


def answer(sim, **fields):
    body = "&".join(f"{name}={value}" for name, value in {"key": sim.key, **fields}.items()).encode()
    with urllib.request.urlopen(sim.url_v1, body, timeout=5) as told:  # noqa: S310 (our own)
        return json.load(told)


def test_our_client_follows_an_order_by_the_old_dialect():
    clock = Clock()
    with running_simulator(clock=clock) as sim:
        assert old_client(sim).add(order("https://example.com/completed")) == Accepted("10001")
        assert old_client(sim).add(order("https://example.com/partial")) == Accepted("10002")
        clock.time += 100
        batch = old_client(sim).statuses(["10001", "10002", "7"])
        assert batch.reports["10001"].status == OrderStatus.COMPLETED
        assert batch.reports["10002"].status == OrderStatus.PARTIAL
        assert batch.bad == {"7": "Incorrect order ID"}
        assert old_client(sim).statuses(["10001"]).reports["10001"].remains == 0
        assert old_client(sim).balance().says_success
        found = old_client(sim).services()
    assert found.skipped == ()
    assert {(service.cancel, service.refill) for service in found.services} == {(False, False)}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_makes_the_old_dialect_send_twice_or_say_more_than_it_knows(fault):
    with running_simulator(faults={fault: 1.0}, silence=2) as sim:
        outcome = old_client(sim).add(order())
        taken = sim.report()["orders"]
        if isinstance(outcome, Accepted | Unknown):
            assert taken <= 1
        else:
            assert not taken, "what is called certain is certain"
        sim.misbehave({})
        old_client(sim).add(order("https://example.com/2"))
        sim.misbehave({fault: 1.0})
        try:
            batch = old_client(sim).statuses(["10001", "7"])
        except BatchFailed:
            return
        assert set(batch.reports) <= {"10001"}
