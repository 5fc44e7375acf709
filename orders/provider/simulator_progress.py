"""How a simulated order goes: a pure function of who it is and how long ago it was accepted.

Words in the link force an outcome, for tests and for showing the panel to somebody:

    completed, partial, canceled    ends so (a partial of quantity 1 is completed: it has no part)
    stuck                           stays Pending for ever
    slow                            takes ten times as long
    norefill, rejectrefill          is not refilled: the wish is refused, or rejected after a while
    refused                         is not accepted at all: `Bad link` (see `simulator.add`)
"""

import hashlib
from dataclasses import dataclass

PENDING, PROCESSING, IN_PROGRESS = "Pending", "Processing", "In progress"
COMPLETED, PARTIAL, CANCELED = "Completed", "Partial", "Canceled"


@dataclass(frozen=True)
class Progress:
    """The provider's word, and 0 <= remains <= quantity."""

    word: str
    remains: int
    start_count: int

    @property
    def settled(self) -> bool:
        return self.word in {COMPLETED, PARTIAL, CANCELED}


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but `parts`."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def outcome_of(seed: int, order_id: int, quantity: int, link: str) -> str:
    """Where the order will end: by a word in the link, else 80 % Completed, 13 % Partial, 7 % Canceled."""
    folded = link.casefold()
    forced = next((word for word in (COMPLETED, PARTIAL, CANCELED) if word.casefold() in folded), None)
    roll = chance(seed, order_id, "outcome")
    outcome = forced or (COMPLETED if roll < 0.80 else PARTIAL if roll < 0.93 else CANCELED)
    return COMPLETED if outcome == PARTIAL and quantity < 2 else outcome


def refill_word(link: str, *, elapsed: float, speed: float) -> str:
    """What becomes of a refill: done after 20 seconds at speed 1; `rejectrefill` in the link ends it otherwise."""
    time = max(elapsed, 0.0) * speed
    if time < 5:
        return "Pending"
    if time < 20:
        return "In progress"
    return "Rejected" if "rejectrefill" in link.casefold() else "Completed"


def progress(
    *,
    seed: int,
    order_id: int,
    quantity: int,
    link: str,
    elapsed: float,
    speed: float,
    canceled_after: float | None = None,
) -> Progress:
    """The state `elapsed` seconds after acceptance. At speed 1 an order settles after 60 to 90 seconds.

    `canceled_after`: seconds after acceptance at which the buyer asked to cancel.
    """
    if canceled_after is not None and elapsed >= canceled_after:
        before = progress(
            seed=seed, order_id=order_id, quantity=quantity, link=link, elapsed=canceled_after, speed=speed
        )
        if before.settled:
            return before
        return Progress(CANCELED if before.remains == quantity else PARTIAL, before.remains, before.start_count)

    folded = link.casefold()
    start = int(100 + chance(seed, order_id, "start") * 50_000)
    time = max(elapsed, 0.0) * speed / (10 if "slow" in folded else 1)
    pending = 5 + 4 * chance(seed, order_id, "pending")
    processing = 8 + 6 * chance(seed, order_id, "processing")
    delivering = 47 + 20 * chance(seed, order_id, "delivering")
    outcome = outcome_of(seed, order_id, quantity, link)

    if "stuck" in folded or time < pending:
        return Progress(PENDING, quantity, start)
    if time < pending + processing:
        return Progress(PROCESSING, quantity, start)
    if outcome == CANCELED:
        return Progress(CANCELED, quantity, start)
    goal = quantity
    if outcome == PARTIAL:
        goal = min(quantity - 1, max(1, int(quantity * (0.3 + 0.6 * chance(seed, order_id, "part")))))
    done = (time - pending - processing) / delivering
    if done < 1:
        return Progress(IN_PROGRESS, quantity - int(goal * done), start)
    return Progress(outcome, quantity - goal, start)
