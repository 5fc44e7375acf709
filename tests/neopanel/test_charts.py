"""Charts: the geometry is right, and what they show is there for those who do not see it."""

import re

import pytest
from django.template import Context, Template

from neopanel.charts import Point, chart


def points(*values):
    return [Point(f"day {number}", value, str(value)) for number, value in enumerate(values)]


def test_the_highest_value_fills_the_height_and_the_others_stand_in_proportion():
    found = chart("Spent", points(50, 100, 25))
    assert [(one.y, one.height) for one in found.columns] == [("50", "50"), ("0", "100"), ("75", "25")]
    assert [one.x for one in found.columns] == [2, 22, 42]
    assert (found.width, found.zero) == (60, "100")
    assert found.line == "10,50 30,0 50,75"


def test_values_below_zero_hang_from_the_zero_line():
    found = chart("Spent", points(100, -100))
    assert found.zero == "50"
    assert [(one.y, one.height) for one in found.columns] == [("0", "50"), ("50", "50")]


def test_a_small_value_is_still_seen_and_nothing_is_drawn_for_nothing():
    found = chart("Spent", points(100_000, 1, 0))
    assert [one.height for one in found.columns] == ["100", "1", "0"]


@pytest.mark.parametrize("values", [(), (0,), (0, 0, 0)])
def test_nothing_at_all_is_a_flat_line(values):
    found = chart("Spent", points(*values))
    assert all(one.height == "0" for one in found.columns)


def drawn(tag: str, **context) -> str:
    return Template("{% load charts %}" + tag).render(Context(context))


PAIRS = [("Likes", 3 * 10**8), ("<Views>", 10**8)]


@pytest.mark.parametrize("tag", ["columns", "shares"])
def test_every_value_stands_in_a_table_too(tag):
    page = drawn(f"{{% {tag} pairs 'Spent' shown='money' %}}", pairs=PAIRS)
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert cells == ["3.00 USD", "1.00 USD"]
    assert "&lt;Views&gt;" in page
    assert "<Views>" not in page


@pytest.mark.parametrize("tag", ["columns", "spark_line"])
def test_the_picture_has_a_sentence_of_its_own(tag):
    page = drawn(f"{{% {tag} pairs 'Spent' shown='money' %}}", pairs=PAIRS)
    assert re.search(r'role="img" aria-label="Spent[^"]*3.00 USD', page)


def test_where_you_are_is_said_in_words_and_not_by_colour_alone():
    page = drawn("{% columns pairs 'Time' here='Likes' here_words='Your order' %}", pairs=PAIRS)
    assert page.count("chart__bar--here") == 1
    assert "Your order: Likes" in page


@pytest.mark.parametrize("tag", ["columns", "shares", "spark_line"])
def test_a_chart_carries_no_style_and_no_script(tag):
    page = drawn(f"{{% {tag} pairs 'Spent' %}}", pairs=PAIRS)
    assert not re.search(r"style=|<script|<style|\son\w+=", page)
