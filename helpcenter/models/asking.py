"""What readers looked for, found, and missed. Nothing here says who they are."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpcenter.models.places import Article


class SearchLog(models.Model):
    """One thing that somebody searched for, its keystrokes collapsed. `visit` is the random word of one shown page."""

    query = models.CharField(_("searched for"), max_length=200)
    found = models.PositiveIntegerField(_("found"))
    visit = models.CharField(max_length=16, blank=True)
    clicked = models.ForeignKey(Article, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["visit", "-id"], name="search_of_visit")]

    def __str__(self):
        return self.query


class Reason(models.TextChoices):
    NOT_ANSWERED = "not_answered", _("It does not answer my question")
    UNCLEAR = "unclear", _("It is hard to understand")
    WRONG = "wrong", _("It is wrong or out of date")
    DISLIKE = "dislike", _("I do not like what it says")


class HelpfulVote(models.Model):
    """One reader's word on one article, changeable. `reader` is a keyed fingerprint; nobody can be read out of it."""

    Reason = Reason

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="votes", verbose_name=_("article"))
    reader = models.CharField(max_length=64, editable=False)
    is_helpful = models.BooleanField(_("helpful"))
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices, blank=True)
    words = models.TextField(_("words"), max_length=1000, blank=True)
    voted_at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["article", "reader"], name="vote_once_per_reader")]

    def __str__(self):
        return f"{self.article_id} {self.is_helpful}"


class TicketAfterReading(models.Model):
    """A ticket was opened within half an hour of reading this article: it did not answer what it was read for."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="tickets_after")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.article_id}"


class MissingPage(models.Model):
    """An address below the help center that was asked for and does not exist: `section/slug`."""

    path = models.CharField(_("address"), max_length=220, unique=True)
    times = models.PositiveIntegerField(_("times"), default=1)
    last_at = models.DateTimeField(_("last"), db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.path
