"""What a refusal is called. The words are the trade's own: programs branch on them, so they are never translated or bettered."""

from collections.abc import Callable, Sequence

from orders.placing import Problem

USE_POST = "Use POST: a key must never stand in an address"
TOO_OFTEN = "Too many requests"
INCORRECT_REQUEST = "Incorrect request"
INVALID_KEY = "Invalid API key"
INCORRECT_SERVICE = "Incorrect service ID"
BAD_LINK = "Bad link"
LESS_THAN = "Quantity less than minimal {}"
MORE_THAN = "Quantity more than maximum {}"
OVERLAP = "You have active order with this link. Please wait until order being completed."
NO_FUNDS = "Not enough funds on balance"
INCORRECT_ORDER = "Incorrect order ID"
TOO_MANY = "Too many orders"
NO_CANCEL = "Cancel is disabled for this service"
# Ours: the trade has no words for "it is being sent" and "it is being confirmed". Programs take any text here for a no.
NOT_NOW = "The order cannot be canceled at this moment, try again later"
NO_REFILL = "Refill is disabled for this service"
NOT_COMPLETED = "The order is not completed"
NO_SUCH_REFILL = "Refill not found"

OF_PROBLEM: dict[str, Callable[[Problem], str]] = {
    "service": lambda p: INCORRECT_SERVICE,
    "link": lambda p: BAD_LINK,
    "request": lambda p: INCORRECT_REQUEST,
    "key_reused": lambda p: INCORRECT_REQUEST,
    "input": lambda p: INCORRECT_REQUEST,
    "drip": lambda p: INCORRECT_REQUEST,
    "quantity": lambda p: LESS_THAN.format(p.number),
    "quantity_low": lambda p: LESS_THAN.format(p.number),
    "quantity_high": lambda p: MORE_THAN.format(p.number),
    "overlap": lambda p: OVERLAP,
    "funds": lambda p: NO_FUNDS,
    # The balance cannot be spent now. In these words programs hold their orders back; any other text they would not understand.
    "halted": lambda p: NO_FUNDS,
    "frozen": lambda p: NO_FUNDS,
    "cap": lambda p: NO_FUNDS,
}


class Refused(Exception):
    """The call is answered with these words and nothing was done."""

    def __init__(self, words: str):
        super().__init__(words)
        self.words = words


# People hear of these before anything else. Programs are told what is wrong with their order first, as they are with empty funds.
STOPS = frozenset({"halted", "frozen"})


def of(problems: Sequence[Problem]) -> str:
    """The words for why an order cannot be placed: for the first thing that is wrong, in the order that programs expect."""
    first = next((problem for problem in problems if problem.code not in STOPS), problems[0])
    return OF_PROBLEM[first.code](first)
