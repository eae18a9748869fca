"""Uses the dashboard of a server of two models, `stories` and `chatty`, of which the latter has a chat template and a
description: python3 dashboard.py PORT DESCRIPTION [FOLDER FOR SCREENSHOTS]"""

import pathlib
import shutil
import sys

from playwright.sync_api import expect, sync_playwright

BROWSERS = ["chromium-headless-shell", "chromium"]
TIMEOUT_MS = 120_000
base = f"http://127.0.0.1:{sys.argv[1]}"
description = sys.argv[2]
folder = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
complaints = []


def picture(page, name):
    if folder:
        page.screenshot(path=str(folder / f"{name}.png"), full_page=True)


def send(page, text, turn):
    """Sends a text, waits for what the model says, and returns the body of the request."""
    with page.expect_request(lambda sent: sent.method == "POST") as asked:
        page.locator("#prompt").fill(text)
        page.locator("#prompt").press("Enter")
    expect(page.locator("#messages .user").nth(turn)).to_have_text(text)
    expect(page.locator("#speed")).to_contain_text("tokens", timeout=TIMEOUT_MS)
    assert page.locator("#messages .assistant").nth(turn).inner_text().strip(), "an empty answer"
    return asked.value


def use(page):
    page.goto(base)
    expect(page.locator("#health")).to_contain_text("2 of 2 models ready", timeout=TIMEOUT_MS)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator("#tokens").fill("40")
    page.locator("#temperature").fill("0")
    # A model without a template goes on with a text.
    expect(page.locator("#model option")).to_have_count(2, timeout=TIMEOUT_MS)
    page.locator("#model").select_option("stories")
    expect(page.locator("#chat-title")).to_have_text("Text")
    expect(page.locator("#about")).to_be_hidden()
    send(page, "Once upon a time", 0)
    told = page.locator("#messages .assistant").text_content()
    sent = send(page, " Then", 1)
    assert sent.url.endswith("/v1/completions"), sent.url
    assert sent.post_data_json["prompt"] == f"Once upon a time{told} Then", sent.post_data
    with page.expect_request(lambda sent: sent.method == "POST") as asked:
        page.locator("#prompt").press("Enter")
    assert asked.value.post_data_json["prompt"].startswith(f"Once upon a time{told} Then"), asked.value.post_data
    expect(page.locator("#messages .assistant")).to_have_count(3)
    # What a conversation that was cleared would have got does not come into the next.
    page.locator("#clear").click()
    sent = send(page, "One day", 0)
    assert sent.post_data_json["prompt"] == "One day", sent.post_data
    # One with a template chats, from the beginning.
    page.locator("#model").select_option("chatty")
    expect(page.locator("#chat-title")).to_have_text("Chat")
    expect(page.locator("#about")).to_have_text(description)
    expect(page.locator("#messages li")).to_have_count(0)
    sent = send(page, "Tell me a story.", 0)
    assert sent.url.endswith("/v1/chat/completions"), sent.url
    assert sent.post_data_json["messages"] == [{"role": "user", "content": "Tell me a story."}], sent.post_data
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
            use(page)
            picture(page, f"{name}-{scheme}")
            page.close()
    browser.close()
if complaints:
    raise SystemExit("\n".join(complaints))
