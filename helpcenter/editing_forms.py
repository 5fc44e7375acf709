"""What editors send: shape and limits, no writes."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpcenter import links, writing
from helpcenter.models import Article, ArticleRevision, StatusAdvice
from helpcenter.models.texts import AdviceRevision

LONGEST_LIST = 4000


class TextForm(forms.ModelForm):
    """The words of an article; everything that can be wrong with them is said beside the field."""

    class Meta:
        model = ArticleRevision
        fields = ("title", "summary", "quick_answer", "body", "keywords")
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 2}),
            "quick_answer": forms.Textarea(attrs={"rows": 3}),
            "body": forms.Textarea(attrs={"rows": 26, "class": "editor__body", "spellcheck": "true"}),
        }
        help_texts = {"body": gettext_lazy("Markdown. What you write is shown as readers see it.")}

    def clean_body(self) -> str:
        writing.check_body(self.cleaned_data["body"])
        return self.cleaned_data["body"]

    def clean_quick_answer(self) -> str:
        writing.check_references(self.cleaned_data["quick_answer"])
        return self.cleaned_data["quick_answer"]


class NewPlaceForm(forms.ModelForm):
    """Where a new article stands."""

    class Meta:
        model = Article
        fields = ("section", "slug")


class PlaceForm(forms.ModelForm):
    """Everything about an article that is not its text; it holds at once, without review."""

    related_list = forms.CharField(
        label=gettext_lazy("Related articles"),
        required=False,
        max_length=LONGEST_LIST,
        help_text=gettext_lazy(
            "One address a line, for example /help/getting-started/first-order/. Filled up by itself."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = Article
        fields = ("section", "slug", "position", "review_by")
        widgets = {"review_by": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            related = self.instance.related.select_related("section")
            self.fields["related_list"].initial = "\n".join(other.get_absolute_url() for other in related)

    def clean_related_list(self) -> list[int]:
        found = []
        for line in self.cleaned_data["related_list"].split():
            parts = line.strip("/").split("/")
            number = links.article_at(parts[1], parts[2]) if len(parts) == 3 and parts[0] == "help" else None
            if number is None or number == self.instance.pk:
                raise ValidationError(_("There is no other article at %(address)s."), params={"address": line})
            found.append(number)
        return found


class FaqForm(forms.Form):
    question = forms.CharField(label=gettext_lazy("Question"), max_length=200, required=False)
    answer = forms.CharField(
        label=gettext_lazy("Answer"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    anchor = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)

    def clean_answer(self) -> str:
        writing.check_references(self.cleaned_data["answer"])
        return self.cleaned_data["answer"]

    def clean(self):
        cleaned = super().clean()
        if bool(cleaned.get("question")) != bool(cleaned.get("answer")) and not self.errors:
            raise ValidationError(_("A common question needs both: the question and its answer."))
        return cleaned


FaqForms = forms.formset_factory(FaqForm, extra=1, max_num=60, absolute_max=80)


def faq_of(formset) -> list[writing.Faq]:
    """The questions that have both parts, in their order; one that was emptied is gone."""
    rows = [form.cleaned_data for form in formset if form.cleaned_data.get("question")]
    return [writing.Faq(row["question"], row["answer"], row.get("anchor", "")) for row in rows]


def show_only(*texts: forms.BaseForm | forms.BaseFormSet) -> None:
    """For who may read the words and not change them: the fields look so, and no empty one is offered. They are sent along still,
    which the preview needs."""
    for one in texts:
        if isinstance(one, forms.BaseFormSet):
            one.extra = 0
            show_only(*one.forms)
        else:
            for field in one.fields.values():
                field.widget.attrs["readonly"] = True


class AdviceForm(forms.ModelForm):
    class Meta:
        model = AdviceRevision
        fields = StatusAdvice.TEXTS
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in StatusAdvice.TEXTS}

    def clean(self):
        cleaned = super().clean()
        for name in StatusAdvice.TEXTS:
            try:
                writing.check_references(cleaned.get(name) or "")
            except ValidationError as wrong:
                self.add_error(name, wrong)
        return cleaned


class WhenForm(forms.Form):
    """From when on readers see an approved text; at once where it is empty."""

    at = forms.DateTimeField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text=gettext_lazy("Your time zone. Empty: at once."),
    )
