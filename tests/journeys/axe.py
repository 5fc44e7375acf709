"""axe-core looks at pages as they stand: WCAG 2.2 up to level AA. The copy in vendor/ is the npm package's own file."""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
# Its preloading writes a style element where a sheet imports another, as the admin's do: the policy would forbid it.
FIND = """async (rules) => {
    const found = await axe.run(document, { runOnly: rules, preload: false });
    return found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html} - ${n.failureSummary}`));
}"""


def complaints(page: Page, paths: list[str]) -> list[str]:
    """What axe has against these pages, each with the rule, the element and what would mend it."""
    found = []
    for path in paths:
        answer = page.goto(path)
        assert (path, answer.status) == (path, 200)
        # Not as a script element: the policy forbids it, and it is the page as it is that counts.
        page.evaluate(AXE)
        found += [f"{path} {words}" for words in page.evaluate(FIND, RULES)]
    return found
