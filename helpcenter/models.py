"""What we tell people. Texts are kept as they were written and as they are shown; `writing.py` is the one door that
makes the second from the first."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.statuses import OrderStatus

# Pages of the help center itself live at these addresses.
RESERVED_SLUGS = ("faq", "search")

plain_slug = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters a to z, digits and single hyphens."))


def free_slug(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            _("“%(slug)s” is a page of the help center itself. Choose another address."), params={"slug": slug}
        )


class Section(models.Model):
    slug = models.SlugField(_("address"), max_length=80, unique=True, validators=[plain_slug, free_slug])
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    icon = models.CharField(_("icon"), max_length=32, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("Smaller numbers come first."))

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "title"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(slug__in=RESERVED_SLUGS), name="section_slug_not_reserved"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("help_section", args=[self.slug])


class Article(models.Model):
    """One page of the help center. `writing.save_article` is the door; the last group of fields is its work."""

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="articles", verbose_name=_("section"))
    slug = models.SlugField(_("address"), max_length=120, validators=[plain_slug, free_slug])
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
    body = models.TextField(
        _("text"), blank=True, help_text=_("Markdown. {{ statuses }} alone in a line draws the status table.")
    )
    keywords = models.CharField(
        _("keywords"),
        max_length=300,
        blank=True,
        help_text=_("Words that readers may search for and the text does not use."),
    )
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("Smaller numbers come first."))
    is_published = models.BooleanField(_("published"), default=False)

    quick_answer_html = models.TextField(editable=False, blank=True)
    body_html = models.TextField(editable=False, blank=True)
    body_text = models.TextField(editable=False, blank=True)
    headings = models.JSONField(editable=False, default=list, blank=True)
    updated_at = models.DateTimeField(_("updated"), editable=False)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["section__position", "position", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["section", "slug"],
                name="article_slug_once_in_section",
                violation_error_message=_("This section already has an article at this address."),
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("help_article", args=[self.section.slug, self.slug])


class FaqItem(models.Model):
    """A common question of an article. The anchor is made once, from the first wording, and stays: people link it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="faq", verbose_name=_("article"))
    question = models.CharField(_("question"), max_length=200)
    answer = models.TextField(_("answer"), max_length=4000, help_text=_("Markdown, without headings."))
    position = models.PositiveIntegerField(_("position"), default=0)

    anchor = models.CharField(_("anchor"), max_length=120, unique=True, editable=False)
    answer_html = models.TextField(editable=False, blank=True)

    class Meta:
        verbose_name = _("common question")
        verbose_name_plural = _("common questions")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.question


class StatusAdvice(models.Model):
    """What we say about one status of an order, wherever it is said: the guide, the order page, tickets.

    Readers get it through `guide.py`.
    """

    TEXTS = ("meaning", "what_to_do", "note", "money", "contact_when")

    status = models.CharField(_("status"), max_length=16, choices=OrderStatus.choices, primary_key=True)
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
    updated_at = models.DateTimeField(_("updated"), editable=False)

    class Meta:
        verbose_name = _("status advice")
        verbose_name_plural = _("status advice")

    def __str__(self):
        return self.get_status_display()


class LoadedText(models.Model):
    """What `load_help` last wrote under a key. A text that differs from it was edited by people, one that is gone was
    removed by people; both stay as they are."""

    key = models.CharField(max_length=220, primary_key=True)
    digest = models.CharField(max_length=64)

    def __str__(self):
        return self.key
