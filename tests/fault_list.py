"""The faults that the product is tried with, what must happen, and the tests that show it. `docs/reliability.md` is made of it.

Of the ids, the part after `::` is the name of a test function; all its parameters count. `tests/test_faults.py` finds a wrong one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`why_not`: what is missing where no test shows it. `only`: the one database on which it can happen."""

    number: int
    what: str
    expected: str
    tests: tuple[str, ...] = ()
    why_not: str = ""
    only: str = ""

    @property
    def part(self) -> str:
        return next(name for last, name in PARTS.items() if self.number <= last)


# Up to which number.
PARTS = {17: "Money core", 30: "Submission", 37: "Status sync", 44: "Infrastructure"}

ORDERS = "tests/orders"
CRASHES = f"{ORDERS}/test_crashes.py"
RAW_MONEY = f"{ORDERS}/faults/test_money.py"
ON_THE_WIRE = f"{ORDERS}/faults/test_submission.py"
REPORTS = f"{ORDERS}/faults/test_sync.py"
NO_DATABASE = "tests/neopanel/test_failing_database.py"

FAULTS = (
    Fault(
        1,
        "50 orders at once, balance for exactly 10",
        "10 orders, balance 0, 40 told that the balance is short, no error page",
        (f"{ORDERS}/test_concurrency.py::test_fifty_parallel_orders_with_balance_for_ten_are_exactly_ten",),
    ),
    Fault(
        2,
        "the same form posted twice, and 20 times at once",
        "one order, every answer shows it",
        (
            f"{ORDERS}/test_concurrency.py::test_the_same_form_sent_twenty_times_at_once_is_one_order",
            f"{ORDERS}/test_placing.py::test_the_same_wish_twice_is_one_order",
        ),
    ),
    Fault(
        3,
        "the same token or request_id with another quantity",
        "an error, nothing charged",
        (
            f"{ORDERS}/test_placing.py::test_the_same_key_with_another_wish_is_refused",
            f"{ORDERS}/api/test_ordering.py::test_the_same_request_id_with_other_content_is_an_incorrect_request",
        ),
    ),
    Fault(
        4,
        "a program's time-out although the order was placed; it asks again",
        "the same order",
        (
            f"{ORDERS}/api/test_ordering.py::test_the_same_request_id_with_the_same_content_gives_the_first_order",
            f"{CRASHES}::test_an_order_whose_process_dies_is_there_with_its_charge_or_not_at_all_and_a_retry_makes_it_one",
        ),
    ),
    Fault(
        5,
        "an order and an agent's refund on one wallet at once",
        "one after the other, the chain has no gap",
        (f"{ORDERS}/test_concurrency.py::test_orders_and_returns_on_one_wallet_make_one_contiguous_chain",),
    ),
    Fault(
        6,
        "agents refund one order at once, together more than its charge",
        "never above the charge; who comes too late is told",
        (f"{ORDERS}/test_concurrency.py::test_refunds_at_once_never_exceed_the_charge",),
    ),
    Fault(
        7,
        "a return to a frozen or closed account",
        "it is booked: money owed stays owed",
        (
            f"{RAW_MONEY}::test_what_is_owed_to_a_customer_who_may_not_sign_in_any_more_still_comes_in",
            f"{ORDERS}/test_wishes.py::test_a_frozen_customer_orders_nothing_and_still_gets_what_is_owed",
        ),
    ),
    Fault(
        8,
        "a reported payment confirmed ten times, at once",
        "one entry",
        (
            f"{ORDERS}/test_deposits.py::test_ten_confirmations_at_once_are_one_entry",
            f"{ORDERS}/test_deposits.py::test_confirming_again_moves_nothing",
        ),
    ),
    Fault(
        9,
        "the same payment reference reported twice",
        "the second is marked as a likely duplicate, no entry without a person",
        (f"{ORDERS}/test_deposits.py::test_the_same_reference_again_is_a_likely_duplicate_and_books_nothing",),
    ),
    Fault(
        10,
        "a payment is taken back after it was spent",
        "comes with payment gateways",
        why_not="there are no payment gateways yet: a person confirms each payment",
    ),
    Fault(
        11,
        "the price changes between form and post",
        "refused, with the new price",
        (f"{ORDERS}/test_placing.py::test_a_price_that_changed_meanwhile_is_refused_with_the_new_one",),
    ),
    Fault(
        12,
        "the service is switched off between form and post",
        "refused, nothing charged",
        (f"{ORDERS}/test_order_form.py::test_a_service_paused_meanwhile_is_refused",),
    ),
    Fault(
        13,
        "raw UPDATE and DELETE, saves in a shell and in admin",
        "refused by the database",
        (
            f"{RAW_MONEY}::test_raw_sql_against_money_is_refused",
            f"{RAW_MONEY}::test_a_shell_that_saves_or_deletes_money_is_refused",
            f"{RAW_MONEY}::test_a_save_or_deletion_in_admin_changes_no_money",
            f"{ORDERS}/test_ledger.py::test_the_database_itself_refuses",
        ),
    ),
    Fault(
        14,
        "the process dies at any line of placing or returning",
        "all or nothing; a retry gives one order, one return",
        (
            f"{CRASHES}::test_an_order_whose_process_dies_is_there_with_its_charge_or_not_at_all_and_a_retry_makes_it_one",
            f"{CRASHES}::test_a_return_whose_worker_dies_is_whole_or_not_there_and_comes_once_when_asked_again",
            f"{CRASHES}::test_an_agents_refund_whose_process_dies_is_whole_or_not_there",
        ),
    ),
    Fault(
        15,
        "locks taken in the wrong order (a deadlock)",
        "one of the two is given up whole and done again: both finish",
        (
            f"{RAW_MONEY}::test_locks_taken_in_the_wrong_order_end_one_of_the_two_which_is_done_again_and_both_finish",
            f"{ORDERS}/test_deadlocks.py::test_what_the_database_gave_up_is_done_once_more",
        ),
    ),
    Fault(
        16,
        "the ledger is checked under full load",
        "no false alarm",
        (
            f"{ORDERS}/test_concurrency.py::test_the_check_of_the_ledger_gives_no_false_alarm_under_load",
            "tests/test_chaos.py::test_nothing_is_lost_sent_twice_or_miscounted_in_a_storm",
        ),
    ),
    Fault(
        17,
        "an entry is falsified by the database's owner",
        "verify_ledger names it; money is halted",
        (
            f"{ORDERS}/test_ledger.py::test_the_check_finds_what_a_database_owner_falsified",
            f"{ORDERS}/test_wishes.py::test_wrong_books_stop_money_and_nothing_else",
        ),
    ),
    Fault(
        18,
        "the worker dies after the claim, before the call",
        "unknown when its lease is over, never sent by itself",
        (f"{CRASHES}::test_an_order_whose_worker_dies_is_sent_once_or_never_and_nobody_guesses",),
    ),
    Fault(
        19,
        "the worker dies after the call, before the answer is recorded",
        "unknown; an agent links the number; one order upstream",
        (
            f"{CRASHES}::test_an_order_whose_worker_dies_is_sent_once_or_never_and_nobody_guesses",
            f"{CRASHES}::test_an_order_that_arrived_though_its_worker_died_is_linked_by_an_agent_and_delivered",
        ),
    ),
    Fault(
        20,
        "read time-out although the provider accepted",
        "unknown; a late answer of the same worker still counts",
        (
            f"{ORDERS}/test_submission.py::test_an_order_that_nobody_can_be_sure_of_stays_and_is_never_sent_again",
            f"{ORDERS}/test_submission.py::test_the_worker_that_claimed_may_still_answer_late",
        ),
    ),
    Fault(
        21,
        "connection refused, no name, failed TLS",
        "back in the queue, later and later; one order in the end",
        (
            f"{ORDERS}/provider/test_client.py::test_a_refused_connection_was_certainly_not_taken",
            f"{ORDERS}/provider/test_client.py::test_a_name_that_cannot_be_looked_up_was_certainly_not_taken",
            f"{ORDERS}/provider/test_client.py::test_a_failed_tls_handshake_was_certainly_not_taken",
            f"{ORDERS}/test_submission.py::test_what_was_certainly_not_taken_is_tried_again_later_with_growing_pauses",
            f"{ON_THE_WIRE}::test_a_provider_that_is_down_for_six_hours_costs_no_order_and_takes_each_once",
        ),
    ),
    Fault(
        22,
        "502, 504, HTML, nothing, a cut answer, 2 MB, one byte at a time",
        "unknown, within bounded time and memory",
        (
            f"{ON_THE_WIRE}::test_an_answer_that_proves_nothing_leaves_the_order_unknown_and_it_is_never_sent_again",
            f"{ORDERS}/provider/test_client.py::test_an_answer_that_drips_past_the_deadline_is_not_taken_for_a_complete_one",
        ),
    ),
    Fault(
        23,
        "the provider says that our balance there is empty",
        "no return to the customer, the provider is paused, staff are told",
        (f"{ON_THE_WIRE}::test_an_empty_account_at_the_provider_costs_the_customer_nothing_and_stops_sending",),
    ),
    Fault(
        24,
        "a refusal on the list (bad link)",
        "Error, the whole charge back, the reason shown",
        (f"{ON_THE_WIRE}::test_a_refusal_on_the_list_returns_the_whole_charge_with_its_reason",),
    ),
    Fault(
        25,
        "a refusal that is not on the list",
        "unknown",
        (f"{ON_THE_WIRE}::test_an_answer_that_proves_nothing_leaves_the_order_unknown_and_it_is_never_sent_again",),
    ),
    Fault(
        26,
        "HTTP 200 with the order null, -1, letters, an object, 10^30",
        "unknown",
        (
            f"{ON_THE_WIRE}::test_an_answer_that_proves_nothing_leaves_the_order_unknown_and_it_is_never_sent_again",
            f"{ORDERS}/provider/test_wire.py::test_an_order_id_that_is_none_leaves_the_order_unknown",
        ),
    ),
    Fault(
        27,
        "the provider's number belongs to another order already",
        "refused by the database, both wait for a person",
        (f"{ORDERS}/test_submission.py::test_a_number_that_another_order_has_sends_both_to_a_person",),
    ),
    Fault(
        28,
        "a worker sleeps ten minutes and wakes up",
        "its late answer is heard; it sends nothing that another may have sent",
        (
            f"{CRASHES}::test_a_worker_that_sleeps_ten_minutes_in_the_middle_of_a_call_still_has_its_answer_heard",
            f"{CRASHES}::test_a_worker_that_sleeps_between_claim_and_call_does_not_send_what_another_has_sent_meanwhile",
        ),
    ),
    Fault(
        29,
        "the provider answers 307 to another host",
        "not followed, the key goes nowhere, unknown",
        (
            f"{ORDERS}/provider/test_client.py::test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else",
            f"{ON_THE_WIRE}::test_an_answer_that_proves_nothing_leaves_the_order_unknown_and_it_is_never_sent_again",
        ),
    ),
    Fault(
        30,
        "the provider is down for six hours",
        "orders wait, can be canceled, none is lost, none sent twice",
        (f"{ON_THE_WIRE}::test_a_provider_that_is_down_for_six_hours_costs_no_order_and_takes_each_once",),
    ),
    Fault(
        31,
        "reports twice, in another order, stale",
        "the same final state for every permutation",
        (
            f"{ORDERS}/test_lifecycle.py::test_reports_give_one_final_state_in_whatever_order_they_arrive",
            f"{ORDERS}/test_lifecycle.py::test_an_answer_to_an_older_question_changes_nothing",
            f"{ORDERS}/test_money_machine.py::test_whatever_happens_in_whatever_order_the_books_agree_with_the_oracle",
        ),
    ),
    Fault(
        32,
        "Completed then Canceled, one part then a larger one, Canceled then Completed",
        "no money by itself; a person decides on the proposal",
        (
            f"{ORDERS}/test_lifecycle.py::test_a_late_report_moves_nothing_is_recorded_once_and_asks_for_a_person",
            f"{ORDERS}/test_review.py::test_a_late_cancel_proposes_the_whole_charge_and_one_button_returns_it",
            f"{ORDERS}/test_review.py::test_a_later_and_larger_part_proposes_the_difference",
        ),
    ),
    Fault(
        33,
        "a batch with missing, foreign and odd items, one bad one of a hundred",
        "99 applied, one waits for a person",
        (
            f"{REPORTS}::test_one_bad_item_of_a_hundred_waits_for_a_person_and_ninety_nine_are_applied",
            f"{ORDERS}/provider/test_wire.py::test_missing_foreign_and_bad_items_leave_the_others_alone",
        ),
    ),
    Fault(
        34,
        "remains negative, too large, 1e3, null, empty, 10^30, true",
        "no money, a person looks; negative with Completed costs nothing",
        (
            f"{REPORTS}::test_a_part_whose_rest_makes_no_sense_moves_no_money_and_waits_for_a_person",
            f"{REPORTS}::test_more_than_was_ordered_is_shown_and_costs_nothing",
        ),
    ),
    Fault(
        35,
        "all open orders turn Canceled at once",
        "the breaker stops returns by machines",
        (f"{ORDERS}/test_review.py::test_a_flood_of_returns_stops_at_the_breaker_and_waits_for_a_person",),
    ),
    Fault(
        36,
        "of two pollers one dies with orders in its hands",
        "they are asked for again when their time has come",
        (
            f"{CRASHES}::test_orders_whose_poller_died_are_asked_for_again",
            f"{ORDERS}/test_sync.py::test_two_pollers_share_what_is_due_and_a_dead_one_holds_nothing_for_long",
        ),
    ),
    Fault(
        37,
        "a worker's clock is wrong by a day or steps back an hour",
        "nothing is sent twice, no order is stuck",
        (f"{REPORTS}::test_a_worker_whose_clock_is_wrong_sends_nothing_twice_and_leaves_nothing_stuck",),
    ),
    Fault(
        38,
        "the disk is full",
        "503 with Retry-After, no order by halves, goes on afterwards",
        (f"{NO_DATABASE}::test_an_order_meets_it_and_is_placed_once_when_it_has_passed",),
    ),
    Fault(
        39,
        "PostgreSQL crashes under load",
        "no confirmed order is lost",
        ("tests/test_chaos.py::test_nothing_is_lost_sent_twice_or_miscounted_in_a_storm",),
        only="PostgreSQL",
    ),
    Fault(
        40,
        "no connection is left (SQLite: the lock is held for too long)",
        "503 with Retry-After, no order by halves",
        (f"{NO_DATABASE}::test_an_order_meets_it_and_is_placed_once_when_it_has_passed",),
    ),
    Fault(
        41,
        "the database is read-only, or fails in the middle of an order",
        "503, nothing twice, a retry is safe",
        (
            f"{NO_DATABASE}::test_an_order_meets_it_and_is_placed_once_when_it_has_passed",
            f"{NO_DATABASE}::test_a_connection_that_breaks_in_the_middle_of_an_order_leaves_nothing_and_the_next_one_works",
        ),
    ),
    Fault(
        42,
        "a migration is killed half way",
        "the next one finishes it; nothing serves without the guard of money",
        (
            f"{ORDERS}/faults/test_migrations.py::test_a_migration_that_is_killed_is_finished_by_the_next_one",
            f"{ORDERS}/faults/test_migrations.py::test_a_shop_whose_guard_was_set_aside_for_a_migration_that_died"
            "_does_not_serve_before_it_is_back",
        ),
    ),
    Fault(
        43,
        "last night's backup is put back while upstream went on",
        "nothing is sent again, nothing credited twice",
        (
            f"{ORDERS}/test_backup.py::test_a_backup_put_back_after_the_shop_went_on_sends_nothing_and_credits_nothing_twice",
            f"{ORDERS}/test_backup.py::test_what_waited_or_was_being_sent_is_never_sent_again_after_a_restore",
        ),
    ),
    Fault(
        44,
        "the mail server is down",
        "orders and returns go on, letters wait",
        (f"{ORDERS}/test_notifications.py::test_while_the_mail_server_is_down_money_moves_and_the_letter_waits",),
    ),
)
