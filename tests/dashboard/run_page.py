# pyright: basic
"""How the tests read and move the Run page."""

from typing import Any

from playwright.sync_api import Locator, Page


class RunPage:
    """The Run page in a browser: rows by name, the inspector, the playhead."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ready(self) -> "RunPage":
        self.page.wait_for_selector('.rx[data-ready="1"]')
        return self

    def rows(self) -> list[str]:
        """Names of the rows in view, from top to bottom."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('.rx-row')]
                .filter(r => r.style.display !== 'none').sort((a, b) => a.line - b.line)
                .map(r => r.querySelector('.rx-name').textContent)"""
        )

    def row(self, name: str, nth: int = 0) -> Locator:
        return self.page.locator(
            ".rx-row:visible", has=self.page.get_by_text(name, exact=True)
        ).nth(nth)

    def click(self, name: str, nth: int = 0) -> None:
        """Select a row; counted from the top, since pooled rows are in no order in the document."""
        self.page.evaluate(
            """([name, nth]) => {
                const rows = [...document.querySelectorAll('.rx-row')]
                    .filter(r => r.style.display !== 'none').sort((a, b) => a.line - b.line)
                    .filter(r => r.querySelector('.rx-name').textContent === name);
                rows[nth].dataset.test = 'here';
            }""",
            [name, nth],
        )
        self.page.locator("[data-test=here] .rx-name").click()
        self.page.evaluate("delete document.querySelector('[data-test=here]').dataset.test")
        self.settled()

    def settled(self) -> None:
        """Wait until the content of the selected step is drawn."""
        self.page.wait_for_selector(".rx-insp-body[aria-busy=false]")
        self.page.evaluate("new Promise(r => requestAnimationFrame(() => setTimeout(r)))")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settled()

    def selected(self) -> str:
        return self.page.locator(".rx-row.selected .rx-name").inner_text()

    def inspector(self) -> str:
        return self.page.locator(".rx-insp-body").inner_text()

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name, exact=True).click()
        self.settled()

    def place(self) -> str:
        return self.page.locator(".rx-place").inner_text()

    def sums(self) -> tuple[str, str]:
        return (
            self.page.locator(".rx-sum-cost").inner_text(),
            self.page.locator(".rx-sum-tokens").inner_text(),
        )

    def search(self, words: str) -> str:
        self.page.get_by_label("Search in this run").fill(words)
        self.settled()
        return self.page.locator(".rx-found").inner_text()

    def address(self) -> str:
        """The address, once the component has written it."""
        self.page.wait_for_timeout(350)
        return self.page.evaluate("decodeURIComponent(location.search)")

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)
