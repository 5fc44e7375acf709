"""What helps at the desk: prepared answers, and what the advice beside the form was worth."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpcenter.models import Article
from support.models.ticket import TicketState, Topic


def languages() -> list[tuple[str, str]]:
    """Named here and not copied into migrations: a shop chooses them."""
    return settings.LANGUAGES


def own_language() -> str:
    return settings.LANGUAGE_CODE


class CannedReply(models.Model):
    """An answer that fits many tickets, with names in braces for what differs (`support/canned.py`); a state to leave, if any."""

    title = models.CharField(_("title"), max_length=120, unique=True)
    topic = models.CharField(
        _("topic"), max_length=24, choices=Topic.choices, blank=True, help_text=_("Empty: offered for every topic.")
    )
    language = models.CharField(_("language"), max_length=12, choices=languages, default=own_language)
    text = models.TextField(_("text"), max_length=4000)
    then = models.CharField(
        _("the ticket is then"),
        max_length=12,
        choices=[
            (state.value, state.staff_label) for state in (TicketState.WAITING, TicketState.SOLVED, TicketState.WORKING)
        ],
        blank=True,
        help_text=_("Empty: the agent chooses."),
    )
    tags = models.CharField(
        _("tags"), max_length=200, blank=True, help_text=_("Added to the ticket; commas between them.")
    )
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["topic", "title"]

    def __str__(self):
        return self.title

    @property
    def then_label(self) -> str:
        return TicketState(self.then).staff_label if self.then else ""


class AdviceAnswer(models.Model):
    """Somebody said, of an article beside the ticket form, that it answered their question. Not who."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+", verbose_name=_("article"))
    topic = models.CharField(_("topic"), max_length=24, choices=Topic.choices, blank=True)
    created_at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        verbose_name = _("answered by an article")
        verbose_name_plural = _("answered by articles")
        default_permissions = ("view",)

    def __str__(self):
        return f"{self.article_id} {self.topic}"
