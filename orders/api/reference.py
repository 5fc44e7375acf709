"""The one table of what programs may call: the page `/api/`, the OpenAPI file and their tests all read it.

What it says is held against real answers by `tests/orders/api/test_reference.py`.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.api import schemas as s
from orders.api import v1, v2, words
from orders.api.schemas import Schema
from orders.service_types import RULES, Kind, ServiceType

Words = str | Promise


@dataclass(frozen=True)
class Parameter:
    name: str
    words: Words
    schema: Schema
    example: Any = None
    required: bool = True


@dataclass(frozen=True)
class Form:
    """One way of calling an action, and what comes back where nothing is wrong. `example`: an answer as it is written."""

    action: str
    title: Words
    answer: Schema
    example: Any
    parameters: tuple[Parameter, ...] = ()
    words: Words = ""

    @property
    def ident(self) -> str:
        """Short and the same for ever: for anchors and for the names of schemas."""
        return "-".join([self.action, *(p.name for p in self.parameters if p.required and p.name.endswith("s"))][:2])


@dataclass(frozen=True)
class Dialect:
    name: str
    path: str
    forms: tuple[Form, ...]


ORDER = Parameter("order", _("The number of an order."), s.SENT_NUMBER, 23501)
ORDERS = Parameter("orders", _("Numbers of orders, separated by commas, 100 at most."), s.SENT_IDS, "23501,23502")
REFILL = Parameter("refill", _("The number of a refill."), s.SENT_NUMBER, 1)
REFILLS = Parameter("refills", _("Numbers of refills, separated by commas, 100 at most."), s.SENT_IDS, "1,2")
REQUEST_ID = Parameter(
    "request_id",
    _("A text of your own that names this one order. The same again gives the same order and charges nothing."),
    {"type": ["string", "integer"]},
    "mine-0001",
    required=False,
)


def _inputs() -> tuple[Parameter, ...]:
    """The inputs that some type of service takes, each once; which type takes which says `inputs_of`."""
    found: dict[str, Parameter] = {}
    for rule in RULES.values():
        for wanted in rule.inputs:
            schema = s.SENT_LINES if wanted.kind == Kind.LINES else {"type": ["string", "integer"]}
            found.setdefault(wanted.name, Parameter(wanted.name, wanted.label, schema, required=False))
    return tuple(found.values())


ADD = (
    Parameter("service", _("The number of a service."), s.SENT_NUMBER, 1),
    Parameter("link", _("The page, post or account."), s.TEXT, "https://example.com/p/1"),
    Parameter("quantity", _("How many, where the service's type asks for it."), s.SENT_NUMBER, 1000, required=False),
    *_inputs(),
    Parameter(
        "runs",
        _("Drip-feed, where the service has it: deliver the quantity so many times (2 to 100)."),
        s.SENT_NUMBER,
        required=False,
    ),
    Parameter("interval", _("With runs: minutes between two of them."), s.SENT_NUMBER, required=False),
    REQUEST_ID,
)
TESTED: Schema = {"test": {"const": True}, "charge": s.MONEY, "currency": s.CURRENCY}

TOLD_V2 = s.thing(
    {"review": {"const": True}},
    charge=s.MONEY,
    start_count=s.DIGITS,
    status=s.words(*v2.WORDS.values()),
    remains=s.DIGITS,
    currency=s.CURRENCY,
    status_detail=s.TEXT,
)
EXAMPLE_V2 = {
    "charge": "0.27819",
    "start_count": "3572",
    "status": "Partial",
    "remains": "157",
    "currency": "USD",
    "status_detail": "partial",
}
REFILL_WORD = s.words(*sorted(set(v2.REFILL_WORDS.values())))
WRONG_ID = {"error": words.INCORRECT_ORDER}
ID: Schema = {"type": ["integer", "string"]}
DONE = {"anyOf": [s.exactly(1), s.ERROR]}

V2 = Dialect(
    "v2",
    "/api/v2",
    (
        Form(
            "services",
            _("What is on sale"),
            s.rows(
                s.thing(
                    service=s.NUMBER,
                    name=s.TEXT,
                    type=s.words(*ServiceType.values),
                    category=s.TEXT,
                    rate=s.MONEY,
                    min=s.DIGITS,
                    max=s.DIGITS,
                    refill=s.FLAG,
                    cancel=s.FLAG,
                    dripfeed=s.FLAG,
                    desc=s.TEXT,
                )
            ),
            [
                {
                    "service": 1,
                    "name": "Photo likes",
                    "type": "Default",
                    "category": "Likes",
                    "rate": "0.90",
                    "min": "50",
                    "max": "10000",
                    "refill": True,
                    "cancel": True,
                    "dripfeed": True,
                    "desc": "",
                }
            ],
            words=_("The rate is the price of 1,000; of a package, the price of the package."),
        ),
        Form("add", _("Place an order"), s.thing(TESTED, order=s.NUMBER), {"order": 23501}, ADD),
        Form("status", _("One order"), TOLD_V2, EXAMPLE_V2, (ORDER,)),
        Form(
            "status",
            _("Many orders"),
            s.by_id(TOLD_V2, s.ERROR),
            {"23501": EXAMPLE_V2, "23502": WRONG_ID},
            (ORDERS,),
            _("Keyed by the numbers as you asked."),
        ),
        Form(
            "cancel",
            _("Cancel orders"),
            s.rows(s.thing(order=ID, cancel=DONE)),
            [{"order": 23501, "cancel": 1}, {"order": 23502, "cancel": WRONG_ID}],
            (ORDERS,),
            _("1 means: canceled, or the wish is passed on. The status tells which. Asking again is safe."),
        ),
        Form(
            "refill",
            _("Refill one order"),
            s.thing(refill=s.DIGITS),
            {"refill": "1"},
            (ORDER,),
            _("The number of the refill. While one is under way, asking again gives the same number."),
        ),
        Form(
            "refill",
            _("Refill many orders"),
            s.rows(s.thing(order=ID, refill={"anyOf": [s.NUMBER, s.ERROR]})),
            [{"order": 23501, "refill": 1}, {"order": 23502, "refill": WRONG_ID}],
            (ORDERS,),
        ),
        Form("refill_status", _("One refill"), s.thing(status=REFILL_WORD), {"status": "Completed"}, (REFILL,)),
        Form(
            "refill_status",
            _("Many refills"),
            s.rows(s.thing(refill=ID, status={"anyOf": [REFILL_WORD, s.ERROR]})),
            [{"refill": 1, "status": "Completed"}, {"refill": 2, "status": {"error": words.NO_SUCH_REFILL}}],
            (REFILLS,),
        ),
        Form(
            "balance",
            _("Your balance"),
            s.thing(balance=s.MONEY, currency=s.CURRENCY),
            {"balance": "100.84292", "currency": "USD"},
        ),
    ),
)

SUCCESS = s.exactly("success")
TOLD_V1 = s.thing(
    order=s.DIGITS,
    status=s.words(*(word.lower() for word in v2.WORDS.values())),
    charge=s.MONEY,
    start_count=s.DIGITS,
    remains=s.DIGITS,
)
EXAMPLE_V1 = {"order": "32", "status": "in progress", "charge": "0.036", "start_count": "0", "remains": "40"}

V1 = Dialect(
    "v1",
    "/api/v1",
    (
        Form(
            "services",
            _("What is on sale"),
            s.rows(
                s.thing(
                    service=s.DIGITS,
                    name=s.TEXT,
                    category=s.TEXT,
                    rate=s.MONEY,
                    min=s.DIGITS,
                    max=s.DIGITS,
                    type=s.words(*(v1.type_word(word) for word in ServiceType.values)),
                    desc=s.TEXT,
                    dripfeed={"enum": [0, 1]},
                )
            ),
            [
                {
                    "service": "1",
                    "name": "Photo likes",
                    "category": "Likes",
                    "rate": "1.02",
                    "min": "100",
                    "max": "10000",
                    "type": "default",
                    "desc": "",
                    "dripfeed": 1,
                }
            ],
        ),
        Form(
            "add",
            _("Place an order"),
            s.thing(TESTED, status=SUCCESS, order=s.NUMBER),
            {"status": "success", "order": 32},
            ADD,
        ),
        Form("status", _("One order"), TOLD_V1, EXAMPLE_V1, (ORDER,)),
        Form(
            "status",
            _("Many orders"),
            s.by_id(TOLD_V1, s.exactly(words.INCORRECT_ORDER)),
            {"32": EXAMPLE_V1, "33": words.INCORRECT_ORDER},
            (ORDERS,),
        ),
        Form(
            "balance",
            _("Your balance"),
            s.thing(status=SUCCESS, balance=s.MONEY, currency=s.CURRENCY),
            {"status": "success", "balance": "0.03", "currency": "USD"},
        ),
    ),
)

DIALECTS = (V2, V1)

# Word for word, in the order in which things are checked.
ERRORS: tuple[tuple[str, Words], ...] = (
    (
        words.INVALID_KEY,
        _("The key is missing, wrong or revoked, the account is disabled, the call comes from an address that the key "
          "does not allow, or a key that may only read is to order."),
    ),
    (
        words.INCORRECT_REQUEST,
        _("The body cannot be read, the action is unknown, a quantity is no whole number, an input of the type is missing "
          "or wrong, or a request_id came before with other content."),
    ),
    (words.INCORRECT_SERVICE, _("There is no such service on sale.")),
    (words.BAD_LINK, _("The link is no public web address, or not one that the service takes.")),
    (words.LESS_THAN.format("N"), _("The quantity is missing or below N.")),
    (words.MORE_THAN.format("N"), _("The quantity is above N.")),
    (words.OVERLAP, _("Your order of this service on this link is not settled yet.")),
    (
        words.NO_FUNDS,
        _("The balance does not cover the charge, the key has reached its daily cap, or orders are stopped for a check. Hold "
          "your orders back and try again later."),
    ),
    (words.INCORRECT_ORDER, _("You have no order with this number.")),
    (words.TOO_MANY, _("More than 100 numbers in one call.")),
    (words.NO_CANCEL, _("The order is settled, or on its way where nobody can stop it.")),
    (words.NOT_NOW, _("The order is being sent or confirmed just now, or money is stopped.")),
    (
        words.NO_REFILL,
        _("The service is not refilled, the refill period is over, money of the order was returned, or a later order of the "
          "service is on the same link."),
    ),
    (words.NOT_COMPLETED, _("Only a completed order is refilled.")),
    (words.NO_SUCH_REFILL, _("You have no refill with this number.")),
    (words.TOO_OFTEN, _("With HTTP 429: more calls than the rate allows. Wait as many seconds as Retry-After says.")),
    (words.USE_POST, _("With HTTP 405: calls are made with POST alone.")),
)  # fmt: skip


def inputs_of(service_type: ServiceType) -> tuple[str, ...]:
    """The names of what an order of this type takes; those in brackets may be left out."""
    rule = RULES[service_type]
    quantity = ("quantity",) if rule.counted else ()
    return ("link", *quantity, *(i.name if i.required else f"[{i.name}]" for i in rule.inputs))
