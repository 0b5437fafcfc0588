# pyright: basic
"""What tests of several parts share: one Chromium, the system's own."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        absent = pytest.fail if "REQUIRE_ALL_PARTS" in os.environ else pytest.skip
        absent("no Chromium on this machine: pages are not tested here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests last: playwright's loop then runs in this thread until the end."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
