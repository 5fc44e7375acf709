"""An editor at work: write, see, send to review, approved by another, scheduled, renamed, brought back."""

import re

import pytest
from playwright.sync_api import expect

from helpcenter.models import Article
from orders.statuses import OrderStatus
from tests.factories import NOW, order_in
from tests.helpcenter.factories import edit
from tests.journeys.axe import complaints

FIRST = "Wait for the start time, then look again."


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_an_article_from_its_first_word_to_its_old_version(signed_in, editor, admin, help_center):
    writing, reviewing, reading = signed_in(editor), signed_in(admin), signed_in(editor)

    # Write, and see it as readers will.
    writing.goto("/admin/helpcenter/article/add/")
    writing.get_by_label("Section", exact=True).select_option(label="Getting started")
    writing.get_by_label("Address", exact=True).fill("how-long")
    writing.get_by_label("Title", exact=True).fill("How long does it take?")
    body = writing.get_by_label("Text", exact=True)
    body.fill(f"## In short\n\n{FIRST}\n\n<script>alert(1)</script>\n\n")
    preview = writing.locator("#preview")
    expect(preview.get_by_role("heading", name="In short")).to_be_visible()
    expect(preview).to_contain_text("HTML is shown as text and does nothing")
    expect(preview).to_contain_text("minute to read")
    body.fill(f"## In short\n\n{FIRST}\n\n")
    writing.get_by_text("Insert a link, a snippet, a picture or a live block").click()
    writing.get_by_label("Find by title, words or name").fill("partial")
    writing.locator("#found li", has_text="Partial orders and returns").get_by_role("button").click()
    expect(body).to_have_value(re.compile(r"\[Partial orders and returns\]\(article:\d+\)"))
    expect(preview.get_by_role("link", name="Partial orders and returns")).to_be_visible()
    press(writing, "One more question")
    writing.get_by_label("Question").last.fill("Really?")
    writing.get_by_label("Answer", exact=True).last.fill("Yes.")
    press(writing, "Save a version")
    expect(writing.get_by_text("Saved as version 1.")).to_be_visible()
    article = Article.objects.get(slug="how-long")

    # Unsaved words survive, and the other editor is seen.
    body.fill("Half a sent")
    expect(writing.locator("#counted")).to_contain_text("unsaved words kept")
    writing.reload()
    expect(writing.get_by_text("did not save it")).to_be_visible()
    press(writing, "Throw it away")
    press(writing, "Send to review")
    expect(writing.get_by_text("It waits for review.")).to_be_visible()
    expect(writing.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    # Approved by somebody else, scheduled, then published at once.
    reviewing.goto(f"/admin/helpcenter/article/{article.pk}/change/")
    expect(
        reviewing.get_by_text("eddy@example.com has this open too.").or_(reviewing.locator("#present"))
    ).to_be_attached()
    press(reviewing, "Approve")
    reviewing.get_by_label("From").fill("2030-01-01T09:00")
    press(reviewing, "Publish")
    expect(reviewing.get_by_text("Readers see it from the time you chose.")).to_be_visible()
    expect(reviewing.locator(".page-head .chip")).to_have_text("Scheduled")
    press(reviewing, "Take offline")
    press(reviewing, "Publish")
    expect(reviewing.get_by_text("Readers see it now.")).to_be_visible()
    reading.goto("/help/getting-started/how-long/")
    expect(reading.get_by_text(FIRST)).to_be_visible()

    # Renamed: the old address leads to the new one.
    place = reviewing.get_by_role("form", name="Place and address")
    place.get_by_label("Address", exact=True).fill("how-long-does-it-take")
    press(reviewing, "Keep the place")
    reading.goto("/help/getting-started/how-long/")
    expect(reading).to_have_url(re.compile("/help/getting-started/how-long-does-it-take/$"))

    # Changed, compared, rolled back.
    writing.goto(f"/admin/helpcenter/article/{article.pk}/change/")
    body.fill("Something else.")
    press(writing, "Save a version")
    press(writing, "Compare")
    expect(writing.locator("ins").first).to_be_visible()
    expect(writing.locator("del").first).to_be_visible()
    press(writing, "Restore version 1 as a draft")
    expect(writing.get_by_text("Version 1 is a new draft.")).to_be_visible()
    expect(body).to_have_value(re.compile(re.escape(FIRST)))


def test_words_about_a_status_are_seen_on_a_sample_order_and_then_on_real_ones(
    signed_in, customer, editor, admin, help_center
):
    order = order_in(OrderStatus.PROCESSING, customer)
    writing, reviewing, reading = signed_in(editor), signed_in(admin), signed_in(customer)
    tea = "Have a cup of tea, and order nothing else for this link."
    writing.goto("/admin/helpcenter/statusadvice/processing/change/")
    writing.get_by_label("What to do").fill(tea)
    expect(writing.locator("#preview")).to_contain_text(tea)
    press(writing, "Save a version")
    press(writing, "Send to review")
    reading.goto(f"/orders/{order.pk}/")
    expect(reading.locator("#order")).not_to_contain_text(tea)
    reviewing.goto("/admin/helpcenter/statusadvice/processing/change/")
    press(reviewing, "Approve")
    press(reviewing, "Publish")
    reading.reload()
    expect(reading.locator("#order")).to_contain_text(tea)
    reading.get_by_role("link", name="Read this in the guide").click()
    expect(reading.locator("#status-processing")).to_contain_text(tea)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_reader_searches_reads_and_says_whether_it_helped(signed_in, customer, help_center, javascript):
    page = signed_in(customer, java_script_enabled=javascript)
    page.goto("/help/")
    page.get_by_label("Search the help center").fill("partal")
    if javascript:
        expect(page.locator("#help-suggestions").get_by_role("link").first).to_contain_text(
            "Partial orders and returns"
        )
    page.get_by_role("search").get_by_role("button", name="Search").click()
    expect(page.get_by_text("Here is what we have for partial.")).to_be_visible()
    page.get_by_role("link", name="Partial orders and returns").first.click()
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("It is hard to understand").check()
    page.get_by_label("In your own words").fill("Too many numbers, write to me@example.com")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your answer is kept. You can change it at any time.")).to_be_visible()
    vote = Article.objects.get(slug="partial-orders-and-returns").votes.get()
    assert (vote.is_helpful, vote.reason, vote.words) == (False, "unclear", "Too many numbers, write to [email]")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_where_editors_work_and_readers_read(colours, signed_in, admin, editor, help_center):
    article = Article.objects.get(slug="refund-policy")
    edit(article, body="Another **text**.", author=editor, is_published=False, now=NOW)
    page = signed_in(admin, color_scheme=colours)
    paths = [
        f"/admin/helpcenter/article/{article.pk}/change/",
        "/admin/helpcenter/article/add/",
        f"/admin/helpcenter/article/compare/{article.pk}/?before=1&after=2",
        "/admin/helpcenter/article/missing/",
        "/admin/helpcenter/statusadvice/partial/change/",
        "/help/orders-troubleshooting/how-an-order-moves/",
        "/help/orders-troubleshooting/when-will-my-order-start/?helpful=no",
    ]
    found = complaints(page, paths)
    assert not found, "\n".join(found)
