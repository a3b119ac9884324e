"""Pages in Debian's Chromium with no network: what they ask for, what they complain of, and what axe-core finds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 60  # a patience, not a duration: machines that do other things are slow


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, or the reason why the test is left out."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI has to have chromium"
        pytest.skip("no chromium on this machine (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of a file."""
    with launched() as browser:
        yield browser


@dataclass
class Seen:
    """What a page asked for besides its own file, and what it complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def opened(browser: Browser, path: Path, *, width: int = 1280, **options: Any) -> Iterator[tuple[Page, Seen]]:
    """A file in a page that can reach nothing; every request and complaint is written down."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page, seen, own = context.new_page(), Seen(), path.resolve().as_uri()
    page.set_default_timeout(SECONDS * 1000)

    def refuse(route: Any) -> None:
        url = route.request.url
        if url.split("#")[0] == own:
            route.continue_()
            return
        seen.requests.append(url)
        route.abort()

    context.route("**/*", refuse)
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.goto(own)
    yield page, seen
    context.close()


def violations(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds by every rule it has, best practices included: rule, what it asks, and where."""
    page.evaluate(AXE_SCRIPT)
    options = {
        "resultTypes": ["violations"],
        "rules": {"target-size": {"enabled": True}} | {rule: {"enabled": False} for rule in without},
    }
    found = page.evaluate("options => axe.run(document, options)", options)
    assert len(found["passes"]) > 20, "axe-core looked at the page"
    return [f"{v['id']}: {v['help']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
