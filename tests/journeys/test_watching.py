"""The watch itself: a journey is worth nothing if what it forbids would go unseen."""

import pytest

PAGES = ["desktop", "phone", "without_javascript"]


@pytest.mark.parametrize("kind", PAGES)
def test_a_browser_reaches_the_running_panel(kind, request):
    page = request.getfixturevalue(kind)
    response = page.goto("/health/live")
    assert response.json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("desktop", "<script>document.title = 'ran'</script>"),
        ("phone", "<p onclick='alert(1)'>words</p>"),
        ("without_javascript", "<p style='color: red'>words</p>"),
    ],
)
def test_what_the_policy_of_the_panel_forbids_is_noticed(kind, body, request, watch):
    page = request.getfixturevalue(kind)
    page.route(
        "**/health/live", lambda route: route.fulfill(response=route.fetch(), body=body, content_type="text/html")
    )
    page.goto("/health/live")
    page.wait_for_timeout(200)
    noticed = list(watch.problems)
    watch.problems.clear()
    assert any(problem.startswith("broke the Content-Security-Policy") for problem in noticed)


def test_a_request_to_another_host_is_noticed(without_javascript, watch):
    without_javascript.set_content('<img src="http://127.0.0.1:1/pixel.png">')
    without_javascript.wait_for_timeout(200)
    assert watch.problems == ["left the site: GET http://127.0.0.1:1/pixel.png"]
    watch.problems.clear()
