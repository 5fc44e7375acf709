"""Who somebody is: a user who signs in by email, and the keys of their programs."""

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """A user with this address in lower case. Raises ValueError without an address."""
        if not email:
            raise ValueError("A user needs an email address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email__iexact=email)


class User(AbstractUser):
    """Somebody who can sign in. Customers have no staff flag; agents and editors have it and a role (a group)."""

    class Digest(models.TextChoices):
        DAILY = "daily", _("Every morning")
        WEEKLY = "weekly", _("Every Monday morning")

    username = None
    first_name = None
    last_name = None
    email = models.EmailField(_("email address"), unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    # One of settings.LANGUAGES; "" is nothing chosen.
    language = models.CharField(_("language"), max_length=12, blank=True, default="")
    # Kinds of mail that this person switched off, of `mails.OPTIONAL`.
    mails_off = models.JSONField(_("mails switched off"), default=list, blank=True)
    # In units, like all money (`orders/money.py`): a mail when the balance falls below it. None: no such mail.
    low_balance = models.BigIntegerField(_("tell below"), null=True, blank=True)
    digest = models.CharField(_("summary"), max_length=8, choices=Digest.choices, blank=True, default="")
    digest_at = models.DateTimeField(_("next summary"), null=True, blank=True, editable=False)
    # When the account is deleted, for who asked for it (`neopanel/leaving.py`); and when it was.
    leaves_at = models.DateTimeField(_("deleted from"), null=True, blank=True, editable=False)
    left_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        permissions = [("reset_second_factor", _("Can reset the second factor of customers"))]
        indexes = [
            models.Index(fields=["digest_at"], condition=Q(digest_at__isnull=False), name="user_digest_due"),
            # The few of the team, among all who buy.
            models.Index(fields=["email"], condition=Q(is_staff=True), name="user_of_team"),
            models.Index(fields=["leaves_at"], condition=Q(leaves_at__isnull=False), name="user_leaves"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_once", violation_error_message=_("This address is taken.")
            ),
        ]

    def __str__(self):
        return self.email

    def get_full_name(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.email


class ApiKey(models.Model):
    """A key for a customer's program. Only its hash is kept; `accounts/api_keys.py` is the door."""

    class Scope(models.TextChoices):
        READ = "read", _("Read: services, order status, balance")
        ORDER = "order", _("Order: place orders, and everything that read may")
        TEST = "test", _("Test: orders are checked and priced, but not placed or charged")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("scope"), max_length=8, choices=Scope.choices, default=Scope.ORDER)
    networks = models.TextField(_("addresses it may come from"), blank=True, help_text=_("One network a line."))
    # In units, like all money (`orders/money.py`); what counts is what the key's orders of the day were charged.
    daily_cap = models.BigIntegerField(_("most a day"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"


class CallWindow(models.Model):
    """How often somebody called since their window began. Written by one statement alone, in `accounts/call_rate.py`."""

    # A key or a network; never the text of a key.
    subject = models.CharField(max_length=80, primary_key=True)
    # Milliseconds since 1970: the one statement compares and replaces it on either database.
    began = models.BigIntegerField(db_index=True)
    used = models.PositiveIntegerField()

    def __str__(self):
        return self.subject


class AccountMail(models.Model):
    """A letter about an account, as it is to be sent (`accounts/posting.py`). Once it is sent, its words are gone."""

    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("time"))
    # A code that came too late is not sent any more.
    until = models.DateTimeField(null=True)
    notice_due_at = models.DateTimeField(null=True)
    notice_attempts = models.PositiveIntegerField(default=0)
    notified_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("account mail")
        verbose_name_plural = _("account mails")
        default_permissions = ()
        indexes = [
            models.Index(fields=["notice_due_at"], condition=Q(notice_due_at__isnull=False), name="account_mail_due")
        ]

    def __str__(self):
        return self.subject
