#!/usr/bin/env -S .venv/bin/python
"""Takes the pictures in docs/images from a running assistant (`make run`) with the browser that the tests use."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
MAX_BYTES = 250_000  # they are in the repository


def open_chat(browser: Browser, url: str, width: int, height: int, scale: float, locale: str = "en-GB") -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        locale=locale,
        color_scheme="light",
        reduced_motion="reduce",
    )
    page.goto(url)
    page.get_by_test_id("launcher").click()
    expect(page.get_by_test_id("topic").first).to_be_visible()
    return page


def ask(page: Page, text: str, kind: str) -> None:
    """Raises AssertionError if the reply is of another kind: such a picture would show something else."""
    before = page.get_by_test_id("reply").count()
    page.get_by_test_id("input").fill(text)
    page.get_by_test_id("input").press("Enter")
    expect(page.get_by_test_id("reply")).to_have_count(before + 1)
    expect(page.get_by_test_id("reply").last).to_have_attribute("data-kind", kind)


def save(page: Page, name: str) -> None:
    path = IMAGES / name
    page.evaluate("document.querySelector('clinic-chat').shadowRoot.activeElement?.blur()")  # no blinking caret
    page.screenshot(path=path, animations="disabled")
    page.close()
    size = path.stat().st_size
    if size > MAX_BYTES:
        sys.exit(f"{path} has {size} bytes; at most {MAX_BYTES} belong into the repository: take it smaller")
    print(f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}: {size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--url", default="http://127.0.0.1:8000", help="address of the assistant (default: %(default)s)"
    )
    url = parser.parse_args().url
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium here: install it (Debian: apt install chromium) or name it in CHROMIUM")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=15_000)
        try:
            page = open_chat(browser, url, 1280, 800, 1)
            ask(page, "How long does botox last?", "answer")
            ask(page, "can i wash my face or put on make-up, and what does it cost", "answer")
            save(page, "chat-desktop.png")
            page = open_chat(browser, url, 390, 844, 2)
            ask(page, "cant swallow since the injections", "emergency")
            save(page, "chat-phone.png")
            page = open_chat(browser, url, 390, 844, 2, "ar")
            ask(page, "كم يدوم البوتوكس وهل هو مؤلم؟", "answer")
            ask(page, "وللصداع النصفي؟", "answer")
            save(page, "chat-arabic.png")
        except BrowserError as error:
            sys.exit(f"{url}: {error.message}\nIs the assistant running there (make run)?")
        browser.close()


if __name__ == "__main__":
    main()
