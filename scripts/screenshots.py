#!/usr/bin/env -S .venv/bin/python
"""Takes the pictures in docs/images from a running assistant (`make whatsapp-demo`) with the browser of the tests."""

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


def write_on_whatsapp(page: Page, *texts: str) -> None:
    """Waits for the next thing that the clinic sends."""
    answers = page.locator("#bubbles .clinics")
    before = answers.count()
    for text in texts:
        page.get_by_role("textbox", name="Message").fill(text)
        page.get_by_role("textbox", name="Message").press("Enter")
        expect(page.locator("#bubbles .own").last).to_contain_text(text)
    expect(answers.nth(before)).to_be_visible()


def save(page: Page, name: str) -> None:
    path = IMAGES / name
    # no blinking caret
    page.evaluate("document.querySelector('clinic-chat')?.shadowRoot.activeElement?.blur()")
    page.evaluate("document.activeElement?.blur()")
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
    parser.add_argument(
        "--simulator", default="http://127.0.0.1:8001", help="address of its WhatsApp simulator (default: %(default)s)"
    )
    arguments = parser.parse_args()
    url = arguments.url
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
            page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
            page.goto(arguments.simulator)
            write_on_whatsapp(page, "hi", "quick q", "can i shower after")
            write_on_whatsapp(page, "what does it cost?")
            save(page, "whatsapp-simulator.png")
        except BrowserError as error:
            sys.exit(f"{url}: {error.message}\nIs the assistant running there (make whatsapp-demo)?")
        browser.close()


if __name__ == "__main__":
    main()
