"""Uses the page of operations of a server of `stories@production`, with a second version registered that is not live:
python3 operations.py PORT [FOLDER FOR SCREENSHOTS]"""

import pathlib
import shutil
import sys

from playwright.sync_api import expect, sync_playwright

BROWSERS = ["chromium-headless-shell", "chromium"]
TIMEOUT_MS = 120_000
SPEC = "candidate: stories:2\nrequirements: {cores: 9999, memory: 1GiB}\n"
base = f"http://127.0.0.1:{sys.argv[1]}"
folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
complaints = []


def confirm(page, why):
    expect(page.locator("#confirm")).to_be_visible()
    page.locator("#why").fill(why)
    page.locator("#confirm-yes").click()
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#health")).to_contain_text("done", timeout=TIMEOUT_MS)


def use(page):
    page.goto(base)
    page.get_by_role("link", name="Operations").click()
    variants = page.locator("#variants tr")
    expect(variants).to_have_count(2, timeout=TIMEOUT_MS)
    expect(variants.nth(0)).to_contain_text("production")
    expect(variants.nth(0)).to_contain_text("live")
    expect(page.locator("#pareto")).to_be_visible()
    expect(page.locator("#pareto circle")).to_have_count(1)

    # What is not confirmed is not done.
    variants.nth(1).get_by_role("button", name="Roll out").click()
    page.locator("#confirm").get_by_role("button", name="Cancel").click()
    expect(page.locator("#rollout-list article")).to_have_count(0)
    variants.nth(1).get_by_role("button", name="Roll out").click()
    confirm(page, "smaller")
    rollout = page.locator("#rollout-list article").first
    expect(rollout).to_contain_text("stories:2/q8_0 in place of stories:1/f16")
    expect(rollout).to_contain_text("smaller")
    expect(rollout.locator("tbody tr")).to_have_count(4)
    rollout.get_by_role("button", name="pause").click()
    confirm(page, "<b>a holiday</b>")
    expect(rollout).to_contain_text("paused", timeout=TIMEOUT_MS)
    expect(rollout).to_contain_text("<b>a holiday</b>")
    rollout.get_by_role("button", name="abort").click()
    confirm(page, "")
    expect(rollout.locator("p").first).to_contain_text("aborted")
    expect(rollout.get_by_role("button")).to_have_count(0)

    page.locator("#spec").fill(SPEC)
    page.locator("#deploy button").click()
    confirm(page, "")
    deployment = page.locator("#deployment-list article").first
    expect(deployment).to_contain_text("refused", timeout=TIMEOUT_MS)
    expect(deployment.locator("tbody tr")).to_have_count(2)
    expect(deployment).to_contain_text("not met")
    # What is wrong is said.
    page.locator("#spec").fill("candidat: x\n")
    page.locator("#deploy button").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#health")).to_contain_text("candidate", timeout=TIMEOUT_MS)

    variants.nth(1).get_by_role("button", name="Make live").click()
    confirm(page, "urgent")
    expect(variants.nth(1)).to_contain_text("production", timeout=TIMEOUT_MS)
    page.locator("#rollback").click()
    confirm(page, "slower")
    expect(variants.nth(0)).to_contain_text("production", timeout=TIMEOUT_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the window"


with sync_playwright() as playwright:
    program = next(path for path in map(shutil.which, BROWSERS) if path)
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
    for name, scheme, size in [("desk", "light", (1280, 900)), ("phone", "dark", (360, 740))]:
        page = browser.new_page(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
        # An answer that says what is wrong is no complaint.
        page.on("console", lambda said: complaints.append(said.text)
                if said.type == "error" and "status of 400" not in said.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda sent: complaints.append(f"asked {sent.url}")
                if not sent.url.startswith((base, "data:")) else None)
        if name == "desk":
            use(page)
        else:
            page.goto(f"{base}/operations")
            expect(page.locator("#rollout-list article").first).to_be_visible(timeout=TIMEOUT_MS)
            expect(page.locator("#deployment-list article").first).to_be_visible(timeout=TIMEOUT_MS)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the window"
        if folder:
            page.screenshot(path=str(folder / f"operations-{name}-{scheme}.png"), full_page=True)
        page.close()
    browser.close()
if complaints:
    raise SystemExit("\n".join(complaints))
