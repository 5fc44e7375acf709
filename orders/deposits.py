"""The only writer of payments that come in: reported by a customer, decided by a person, booked once.

One transaction each. Lock order: the deposit's row first, then its wallet; a credit locks the wallet first, because nobody
can hold a row that does not exist. A report locks its method's row, so that of two reports of one payment the later one
sees the earlier. The customer's mail is only marked as due here; `orders/notifications.py` sends it.
"""

import datetime as dt
import unicodedata

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from orders import ledger, limits
from orders.deadlocks import once_more
from orders.models import Deposit, LedgerEntry, PaymentMethod, Wallet
from orders.money import show

State = Deposit.State

LONGEST_KEY = 72
LONGEST_REFERENCE = 120
LONGEST_NOTE = 500
LONGEST_REASON = 300


class PaymentRefused(Exception):
    """Nothing was written. A code that programs branch on, the field to correct, and the sentence for people."""

    def __init__(self, code: str, field: str, sentence: str):
        super().__init__(sentence)
        self.code = code
        self.field = field


class AlreadyDecided(Exception):
    """Another decision stands: nothing was written. `deposit` says which."""

    def __init__(self, deposit: Deposit):
        super().__init__(str(deposit))
        self.deposit = deposit


def reference_key(reference: str) -> str:
    """What two spellings of one payment reference have in common: its letters and digits, folded."""
    folded = unicodedata.normalize("NFKC", reference).casefold()
    return "".join(character for character in folded if character.isalnum())[:LONGEST_REFERENCE]


def report_payment(
    *,
    customer: User,
    method: PaymentMethod,
    amount: int,
    reference: str,
    note: str,
    client_key: str,
    now: dt.datetime,
) -> Deposit:
    """Keeps that the customer says to have paid `amount` units; no money moves before a person confirms it.

    The same `client_key` with the same content again gives the first report. Raises PaymentRefused, with code `key_reused`
    where the key came with other content.
    """
    assert 0 < len(client_key) <= LONGEST_KEY
    reference = _clean_reference(reference)
    said: dict[str, int | str] = {
        "method_id": method.pk,
        "amount": amount,
        "reference": reference,
        "note": _clean(note, "note", LONGEST_NOTE),
    }
    if twin := _reported_before(customer, client_key):
        return _same_or_refused(twin, said)
    try:
        with transaction.atomic(durable=True):
            offered = PaymentMethod.objects.select_for_update(no_key=True).filter(pk=method.pk, is_active=True).first()
            if offered is None:
                sentence = _("This way to pay is not offered any more. Choose another one.")
                raise PaymentRefused("method", "method", sentence)
            _check_limits(offered, amount)
            Wallet.objects.get_or_create(customer_id=customer.pk)
            deposit = Deposit(
                wallet_id=customer.pk,
                client_key=client_key,
                reference_key=reference_key(reference),
                reported_at=now,
                **said,
            )
            deposit.likely_duplicate_of = same_reference(deposit).order_by("id").first()
            deposit.save(force_insert=True)
    except (PaymentRefused, IntegrityError):
        # Two clicks at once: the other one may have reported this very payment meanwhile.
        if twin := _reported_before(customer, client_key):
            return _same_or_refused(twin, said)
        raise
    return deposit


def same_reference(deposit: Deposit) -> QuerySet[Deposit]:
    """Other payments by the same method, or credited by an operator, under the same reference - whoever reported them."""
    return Deposit.objects.filter(
        Q(method=deposit.method_id) | Q(method=None), reference_key=deposit.reference_key
    ).exclude(pk=deposit.pk)


@once_more
def confirm(*, deposit_id: int, agent: User, now: dt.datetime, amount: int | None = None, reason: str = "") -> bool:
    """A person saw the money: it is booked, once, and the customer's mail is due. False where it was confirmed before.

    `amount` (units) corrects what was reported and needs a reason, which the customer reads. Raises PaymentRefused (above the
    agent's limit too), and AlreadyDecided for a refused one.
    """
    reason = _clean(reason, "reason", LONGEST_REASON)
    with transaction.atomic(durable=True):
        deposit = _locked(deposit_id)
        if deposit.state == State.CONFIRMED:
            return False
        if deposit.state != State.REPORTED:
            raise AlreadyDecided(deposit)
        booked = deposit.amount if amount is None else amount
        if booked <= 0:
            raise PaymentRefused("amount", "amount", _("The amount must be more than nothing."))
        if booked != deposit.amount and not reason:
            sentence = _("Say why another amount is booked than was reported. The customer reads it.")
            raise PaymentRefused("reason", "reason", sentence)
        if limits.is_above(actor=agent, wallet_id=deposit.wallet_id, amount=booked, now=now):
            raise PaymentRefused("limit", "amount", limits.sentence())
        try:
            _book(deposit, amount=booked, actor=agent, note=reason, reason=reason, notify=True, now=now)
        except ledger.BalanceTooLarge:
            sentence = _("The balance would be larger than can be kept.")
            raise PaymentRefused("amount", "amount", sentence) from None
    return True


@once_more
def refuse(*, deposit_id: int, agent: User, reason: str, now: dt.datetime) -> bool:
    """The money did not come: nothing is booked, and the customer reads the reason. False where it was refused before.

    Raises PaymentRefused without a reason, AlreadyDecided for a confirmed one.
    """
    reason = _clean(reason, "reason", LONGEST_REASON)
    if not reason:
        raise PaymentRefused("reason", "reason", _("Say why it is not booked. The customer reads it."))
    with transaction.atomic(durable=True):
        deposit = _locked(deposit_id)
        if deposit.state == State.REFUSED:
            return False
        if deposit.state != State.REPORTED:
            raise AlreadyDecided(deposit)
        deposit.refuse()
        deposit.decided_at, deposit.decided_by, deposit.reason, deposit.notice_due_at = now, agent, reason, now
        deposit.save(update_fields=["state", "decided_at", "decided_by", "reason", "notice_due_at"])
    return True


@once_more
def credit(
    *,
    customer: User,
    amount: int,
    note: str,
    reference: str,
    now: dt.datetime,
    actor: User | None = None,
    notify: bool = True,
) -> LedgerEntry:
    """Books money that an operator took, once per `reference`: the same reference again gives the first entry.

    `notify` makes the customer's mail due. Raises ValueError for an amount that is not positive or a reference that another
    customer or amount has, and ledger.BalanceTooLarge.
    """
    if amount <= 0:
        raise ValueError("A deposit is more than nothing.")
    if not 0 < len(reference) <= LONGEST_REFERENCE or len(note) > LONGEST_REASON:
        raise ValueError(f"A reference has 1 to {LONGEST_REFERENCE} characters, a note {LONGEST_REASON} at the most.")
    try:
        with transaction.atomic(durable=True):
            ledger.lock_wallet(customer.pk)
            deposit = Deposit(
                wallet_id=customer.pk,
                amount=amount,
                reference=reference,
                reference_key=reference_key(reference),
                note=note,
                reported_at=now,
            )
            deposit.save(force_insert=True)
            return _book(deposit, amount=amount, actor=actor, note=note, reason="", notify=notify, now=now)
    except IntegrityError:
        # The same fact only if its twin is there; anything else is a fault and goes on its way.
        twin = Deposit.objects.filter(method=None, reference=reference).first()
        if twin is None:
            raise
        if (twin.wallet_id, twin.amount) != (customer.pk, amount):
            raise ValueError(f"Reference {reference!r} is already booked for something else.") from None
        return twin.entries.get()


# --- What the doors share


def _locked(deposit_id: int) -> Deposit:
    """The deposit as it is now, its row locked until the transaction ends (on SQLite the transaction has locked everything)."""
    return Deposit.objects.select_for_update(no_key=True).get(pk=deposit_id)


def _book(
    deposit: Deposit, *, amount: int, actor: User | None, note: str, reason: str, notify: bool, now: dt.datetime
) -> LedgerEntry:
    """Entry first, then the deposit that it proves: the database refuses any other order (`orders/triggers.py`)."""
    entry = ledger.post(
        wallet_id=deposit.wallet_id,
        amount=amount,
        kind=LedgerEntry.Kind.DEPOSIT,
        key=f"deposit:{deposit.pk}",
        deposit=deposit,
        actor=actor,
        note=note,
        now=now,
    )
    deposit.confirm()
    deposit.booked, deposit.decided_at, deposit.decided_by, deposit.reason = amount, now, actor, reason
    deposit.notice_due_at = now if notify else None
    deposit.save(update_fields=["state", "booked", "decided_at", "decided_by", "reason", "notice_due_at"])
    return entry


def _reported_before(customer: User, client_key: str) -> Deposit | None:
    return Deposit.objects.filter(wallet_id=customer.pk, client_key=client_key).first()


def _same_or_refused(twin: Deposit, said: dict[str, int | str]) -> Deposit:
    if {name: getattr(twin, name) for name in said} == said:
        return twin
    sentence = _("This form was sent before with other content. Look at your payments below, then send it again.")
    raise PaymentRefused("key_reused", "", sentence)


def _check_limits(method: PaymentMethod, amount: int) -> None:
    limits = {"minimum": show(method.minimum, settings.CURRENCY), "maximum": show(method.maximum, settings.CURRENCY)}
    if amount < method.minimum:
        sentence = _("The smallest amount by this way to pay is %(minimum)s.") % limits
        raise PaymentRefused("amount_low", "amount", sentence)
    if amount > method.maximum:
        sentence = _("The largest amount by this way to pay is %(maximum)s.") % limits
        raise PaymentRefused("amount_high", "amount", sentence)


def _clean_reference(text: str) -> str:
    reference = _clean(text, "reference", LONGEST_REFERENCE)
    if not reference.isprintable():
        raise PaymentRefused(
            "reference", "reference", _("Type the reference by hand: it has characters nobody can see.")
        )
    if not reference_key(reference):
        raise PaymentRefused("reference", "reference", _("Enter the reference of your payment: we find it by that."))
    return reference


def _clean(text: str, field: str, longest: int) -> str:
    text = text.replace("\r\n", "\n").strip()
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        sentence = _("This has a character that cannot be kept. Type it again instead of pasting it.")
        raise PaymentRefused(field, field, sentence)
    if len(text) > longest:
        raise PaymentRefused(field, field, _("Shorten this to %(longest)s characters.") % {"longest": longest})
    return text
