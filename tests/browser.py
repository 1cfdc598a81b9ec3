"""A page in headless Chromium: what it asks for, what it complains of, what a person does to it."""

import shutil
import time
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND")


@contextmanager
def chromium():
    """Yield a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(browser, path, width=1300, height=900, **more):
    """Yield a page from disk; at the end it must have complained of nothing and asked for nothing but itself."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **more)
    page = context.new_page()
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=20_000)
    yield page
    assert complaints == []
    own = path.parent.as_uri()
    assert [url for url in asked if not url.startswith(("data:", "blob:", own))] == []
    context.close()


def until(page, expression, patience_s=10.0):
    """Wait until an expression is true; the page's own policy forbids Playwright's way of waiting."""
    end = time.monotonic() + patience_s
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)
