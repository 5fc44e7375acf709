"""Icons and badges are rendered once and then handed out again: always the right one, and never as markup of somebody's."""

from django.template import Context, Template
from django.utils import translation
from django.utils.safestring import mark_safe

from neopanel.templatetags import drawings
from orders.statuses import OrderStatus


def written(text: str, **values) -> str:
    return Template(text).render(Context(values))


def test_an_icon_is_the_drawing_of_its_name():
    assert "#pending" in written('{% icon "pending" %}')
    assert "#done" in written("{% icon name %}", name="done")


def test_a_badge_says_its_status_in_the_readers_language():
    text = "{% badge status status.label %}"
    english = written(text, status=OrderStatus.CANCELED)
    with translation.override("es"):
        spanish = written(text, status=OrderStatus.CANCELED)
    assert "Canceled" in english
    assert "Canceled" not in spanish
    assert "badge--canceled" in spanish
    assert written(text, status=OrderStatus.CANCELED) == english


def test_words_stay_words():
    assert "<b>&amp;</b>" in written("{% badge 'pending' label %}", label=mark_safe("<b>&amp;</b>"))
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in written("{% badge 'pending' label %}", label="<b>&amp;</b>")
    assert "&lt;b&gt;&amp;" in written("{% badge 'pending' label %}", label="<b>&")
    assert "<b>" not in written("{% icon name %}", name='"><b>')


def test_what_was_drawn_is_not_drawn_again():
    written("{% badge 'pending' 'Pending' %}")
    before = drawings._badge.cache_info()
    written("{% badge 'pending' 'Pending' %}")
    after = drawings._badge.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)
