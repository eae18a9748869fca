"""Holds a chat in the dashboard of a running server: python3 dashboard.py PORT [FOLDER FOR SCREENSHOTS]"""

import pathlib
import shutil
import sys

from playwright.sync_api import expect, sync_playwright

BROWSERS = ["chromium-headless-shell", "chromium"]
TIMEOUT_MS = 120_000
base = f"http://127.0.0.1:{sys.argv[1]}"
folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
complaints = []


def picture(page, name):
    if folder:
        page.screenshot(path=str(folder / f"{name}.png"), full_page=True)


def hold_chat(page):
    page.goto(base)
    expect(page.locator("#health")).to_contain_text("1 of 1 models ready", timeout=TIMEOUT_MS)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator("#tokens").fill("40")
    page.locator("#prompt").fill("Tell me a story.")
    page.locator("#prompt").press("Enter")
    expect(page.locator("#messages .user")).to_have_text("Tell me a story.")
    expect(page.locator("#speed")).to_contain_text("tokens", timeout=TIMEOUT_MS)
    assert page.locator("#messages .assistant").inner_text().strip(), "an empty answer"
    expect(page.locator("#latency tr").first.locator("td").first).not_to_have_text("–", timeout=TIMEOUT_MS)
    expect(page.locator("#totals")).to_contain_text("Generated tokens")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the window"


with sync_playwright() as playwright:
    program = next(path for path in map(shutil.which, BROWSERS) if path)
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
    for scheme in ["light", "dark"]:
        for name, size in [("desk", (1280, 900)), ("phone", (360, 740))]:
            page = browser.new_page(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", lambda sent: complaints.append(f"asked {sent.url}")
                    if not sent.url.startswith((base, "data:")) else None)
            hold_chat(page)
            picture(page, f"{name}-{scheme}")
            page.close()
    browser.close()
if complaints:
    raise SystemExit("\n".join(complaints))
