"""What is said: revisions of articles and of the words about each status, snippets, and what `load_help` last wrote.

A revision's text is written once. What moves is its state, and the pointers of the place it belongs to.
"""

from html import unescape

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from helpcenter.models.places import Article
from orders.statuses import OrderStatus

snippet_name = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters a to z, digits and single hyphens."))


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    APPROVED = "approved", _("Approved")
    PUBLISHED = "published", _("Published")


class Revision(models.Model):
    """One version of a text: who wrote it, how far it has come, and from when on readers were to see it."""

    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    created_at = models.DateTimeField(_("written"))
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    published_from = models.DateTimeField(_("published from"), null=True)
    # Which renderer made what is shown; see showing_again.py.
    renderer = models.PositiveSmallIntegerField(editable=False, default=1)

    class Meta:
        abstract = True
        ordering = ["-number"]

    def __str__(self):
        return f"{self.number}"


class ArticleRevision(Revision):
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="revisions")
    title = models.CharField(_("title"), max_length=160)
    summary = models.CharField(
        _("summary"), max_length=300, blank=True, help_text=_("One sentence for lists and search results.")
    )
    quick_answer = models.TextField(
        _("quick answer"),
        max_length=1000,
        blank=True,
        help_text=_("What most readers came for, in two or three sentences."),
    )
    body = models.TextField(_("text"), blank=True)
    keywords = models.CharField(
        _("keywords"),
        max_length=300,
        blank=True,
        help_text=_("Words that readers may search for and the text does not use."),
    )
    # Made from the text by writing.py.
    quick_answer_html = models.TextField(editable=False, blank=True)
    body_html = models.TextField(editable=False, blank=True)
    body_text = models.TextField(editable=False, blank=True)
    headings = models.JSONField(editable=False, default=list, blank=True)
    snippets: models.ManyToManyField = models.ManyToManyField("Snippet", related_name="used_in", editable=False)
    links = models.ManyToManyField(Article, related_name="linked_from", editable=False)
    images: models.ManyToManyField = models.ManyToManyField("HelpImage", related_name="used_in", editable=False)

    class Meta(Revision.Meta):
        abstract = False
        verbose_name = _("revision of an article")
        verbose_name_plural = _("revisions of articles")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="article_revision_once")]

    TEXTS = ("title", "summary", "quick_answer", "body", "keywords")

    def get_absolute_url(self) -> str:
        return self.article.get_absolute_url()

    @property
    def owner(self) -> Article:
        return self.article

    @property
    def updated_at(self):
        """When readers first saw this text; for what they do not see yet, when it was written."""
        return self.published_from or self.created_at

    @property
    def quick_answer_text(self) -> str:
        """The quick answer without its markup."""
        return unescape(strip_tags(self.quick_answer_html))


class FaqItem(models.Model):
    """A common question of a revision. The anchor is made once, from the first wording, and stays: people link it."""

    revision = models.ForeignKey(ArticleRevision, on_delete=models.CASCADE, related_name="faq")
    question = models.CharField(_("question"), max_length=200)
    answer = models.TextField(_("answer"), max_length=4000)
    position = models.PositiveIntegerField(_("position"), default=0)
    anchor = models.CharField(_("anchor"), max_length=120, editable=False)
    answer_html = models.TextField(editable=False, blank=True)

    class Meta:
        verbose_name = _("common question")
        verbose_name_plural = _("common questions")
        ordering = ["position", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["revision", "anchor"], name="faq_anchor_once")]

    def __str__(self):
        return self.question


class StatusAdvice(models.Model):
    """What we say about one status of an order, wherever it is said: the guide, the order page, tickets.

    Published and kept like an article. Readers get it through `guide.py`.
    """

    TEXTS = ("meaning", "what_to_do", "note", "money", "contact_when")

    status = models.CharField(_("status"), max_length=16, choices=OrderStatus.choices, primary_key=True)
    published = models.OneToOneField(
        "AdviceRevision", on_delete=models.SET_NULL, null=True, editable=False, related_name="published_of"
    )
    scheduled = models.OneToOneField(
        "AdviceRevision", on_delete=models.SET_NULL, null=True, editable=False, related_name="scheduled_of"
    )
    latest = models.OneToOneField(
        "AdviceRevision", on_delete=models.SET_NULL, null=True, editable=False, related_name="latest_of"
    )

    class Meta:
        verbose_name = _("status advice")
        verbose_name_plural = _("status advice")
        # There is one for each status: nobody adds or removes one.
        default_permissions = ("change", "view")

    def __str__(self):
        return self.get_status_display()


class AdviceRevision(Revision):
    advice = models.ForeignKey(StatusAdvice, on_delete=models.CASCADE, related_name="revisions")
    meaning = models.TextField(_("what it means"), max_length=1000)
    what_to_do = models.TextField(_("what to do"), max_length=1000)
    note = models.TextField(_("note"), max_length=1000, blank=True)
    money = models.TextField(
        _("money"),
        max_length=1000,
        help_text=_("It must agree with what the panel does when an order gets this status."),
    )
    contact_when = models.TextField(_("when to contact support"), max_length=1000)

    meaning_html = models.TextField(editable=False, blank=True)
    what_to_do_html = models.TextField(editable=False, blank=True)
    note_html = models.TextField(editable=False, blank=True)
    money_html = models.TextField(editable=False, blank=True)
    contact_when_html = models.TextField(editable=False, blank=True)

    class Meta(Revision.Meta):
        abstract = False
        verbose_name = _("revision of status advice")
        verbose_name_plural = _("revisions of status advice")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["advice", "number"], name="advice_revision_once")]

    TEXTS = StatusAdvice.TEXTS

    @property
    def owner(self) -> StatusAdvice:
        return self.advice


class Snippet(models.Model):
    """A passage that several texts share: `{{ snippet:refund-rule }}`. It holds no other snippet."""

    name = models.CharField(_("name"), max_length=60, unique=True, validators=[snippet_name])
    body = models.TextField(_("text"), max_length=4000, help_text=_("Markdown, without headings and live blocks."))

    class Meta:
        verbose_name = _("snippet")
        verbose_name_plural = _("snippets")
        ordering = ["name"]

    def __str__(self):
        return self.name


class LoadedText(models.Model):
    """What `load_help` last wrote under a key. A text that differs from it was edited by people, one that is gone was
    removed by people; both stay as they are."""

    key = models.CharField(max_length=220, primary_key=True)
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.key
