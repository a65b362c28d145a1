#!/usr/bin/env -S .venv/bin/python
"""Takes the pictures in docs/images with the browser of the tests: of the chat from a running assistant
(`make whatsapp-demo`), of the staff's pages (`--console`) with made-up data and a trained model."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from console_screenshots import take_pictures
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from clinicbot import paths
from clinicbot.releases.store import Releases
from clinicbot.settings import Settings
from clinicbot.training.models import current_model

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


def take_chat(browser: Browser, url: str, simulator: str) -> None:
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
    page.goto(simulator)
    write_on_whatsapp(page, "hi", "quick q", "can i shower after")
    write_on_whatsapp(page, "what does it cost?")
    save(page, "whatsapp-simulator.png")


def trained_model() -> Path:
    """The live release's, or the checkout's."""
    live = Releases(Settings.from_environment().var).live()
    model = live.model if live else current_model(paths.ROOT)
    if model is None:
        sys.exit("no trained model here: `make train` makes one, or name another with --model")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--url", default="http://127.0.0.1:8000", help="address of the assistant (default: %(default)s)"
    )
    parser.add_argument(
        "--simulator", default="http://127.0.0.1:8001", help="address of its WhatsApp simulator (default: %(default)s)"
    )
    parser.add_argument("--console", action="store_true", help="the staff's pages instead; nothing needs to run")
    parser.add_argument("--model", type=Path, help="with --console: the archive of another model than the live one")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium here: install it (Debian: apt install chromium) or name it in CHROMIUM")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=15_000)
        if arguments.console:
            take_pictures(browser, arguments.model or trained_model(), save)
        else:
            try:
                take_chat(browser, arguments.url, arguments.simulator)
            except BrowserError as error:
                sys.exit(f"{arguments.url}: {error.message}\nIs the assistant running there (make whatsapp-demo)?")
        browser.close()


if __name__ == "__main__":
    main()
