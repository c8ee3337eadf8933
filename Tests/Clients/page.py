"""An operator with a browser: what Tests/EndToEndTests/PageTests.swift runs against a mesh of Examples/orders.

page.py URL TOKEN: the workflows page-1, page-2 and page-3 of desk.Orders wait for an approval; three dead letters of desk.Warehouse have
markup in their payloads. Prints what it found as JSON; ends with 1 and says why where the page isn't as it should be.
"""

import json
import re
import sys

from playwright.sync_api import expect, sync_playwright

BROWSER = "/usr/bin/chromium-headless-shell"
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


class Operator:
    """A tab, and everything that must not happen in it."""

    def __init__(self, browser, url, token, **options):
        self.url, self.token = url, token
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.wrong = []
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.wrong.append(f"a script ran: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", self.asked)
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', event => console.error('policy: ' + event.violatedDirective))")

    def heard(self, message):
        # The browser itself tells of every answer that isn't 2xx.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.wrong.append(f"console: {message.text}")

    def asked(self, request):
        if not request.url.startswith(self.url + "/") and not request.url.startswith("data:"):
            self.wrong.append(f"a request to {request.url}")
        if self.token in request.url:
            self.wrong.append("the token is in a request's address")

    def go(self, place):
        self.page.goto(f"{self.url}/ui/#/{place}")

    def log_in(self, token):
        self.page.fill("input[name=token]", token)
        self.page.click("button:text('Log in')")

    def check(self, where):
        assert not self.wrong, f"{where}: {self.wrong}"
        assert self.page.evaluate("window.harm") is None, f"{where}: a payload ran"
        assert self.page.locator("main img, main script, main iframe").count() == 0, f"{where}: a payload became an element"


def logs_in(operator):
    page = operator.page
    page.goto(operator.url + "/ui/")
    operator.log_in("not-the-token-of-this-mesh")
    expect(page.locator("[role=alert] .failure")).to_contain_text("the admin token isn't known")
    operator.log_in(operator.token)
    expect(page.locator("h1")).to_have_text("Overview")
    operator.check("login")


def sees_the_overview(operator):
    page = operator.page
    expect(page.locator("[data-health=ready]")).to_be_visible()
    expect(page.locator("[data-tile='workers alive'] b")).to_have_text("1")
    expect(page.locator("[data-tile='dead letters'] b")).not_to_have_text("0")
    expect(page.locator("main")).to_contain_text("desk.Orders/place")
    # It counts again by itself.
    seen = page.evaluate("performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/health')).length")
    page.wait_for_function(
        "seen => performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/health')).length > seen", arg=seen)
    operator.check("overview")


def finds_a_workflow(operator):
    page = operator.page
    page.click("nav >> text=Workflows")
    page.fill("input[name=id]", "page-1")
    page.press("input[name=id]", "Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("tbody >> text=page-1")
    expect(page.locator("h1")).to_have_text("page-1")
    expect(page.locator(".subject .status")).to_have_text("running")
    expect(page.locator(".waiting")).to_contain_text("signal approve")
    operator.check("workflow")


def reads_its_timeline(operator):
    page = operator.page
    row = lambda title: page.locator(".timeline li").filter(has=page.locator(f".title:text-is('{title}')"))
    done, waits = row("reserve: call desk.Warehouse/reserve"), row("signal approve")
    expect(done).to_have_attribute("data-state", "done")
    expect(waits).to_have_attribute("data-state", "open")
    for compressed in (True, False):
        page.click(f".choice button:text('{'compressed' if compressed else 'true to scale'}')")
        bar, track = waits.locator(".bar").bounding_box(), waits.locator("summary .track").bounding_box()
        assert bar["width"] > 20, f"the bar of what waits is {bar}"
        assert track["x"] - 1 <= bar["x"] and bar["x"] + bar["width"] <= track["x"] + track["width"] + 5, f"{bar} isn't in {track}"
        assert done.locator(".bar").bounding_box()["x"] <= bar["x"], "what was first stands behind"
    # By keyboard; it stays folded out over refreshes.
    done.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(done.locator(".inside")).to_contain_text('"item": "kite-page-1"')
    expect(done.locator(".inside")).to_contain_text('"left"')
    with page.expect_response(lambda answer: answer.url.endswith("/workflows/desk.Orders/page-1")):
        pass
    expect(done.locator(".inside")).to_be_visible()
    # What came for a step stands elsewhere: one goes on from the entry that began it.
    expect(done.locator("button")).to_have_text(f"Reset to entry {done.get_attribute('data-key')}…")
    assert done.locator(".seq").inner_text() == done.get_attribute("data-key")
    offers_what_began_a_step(page)
    # The address is enough to come back.
    page.reload()
    expect(page.locator("h1")).to_have_text("page-1")
    expect(page.locator(".timeline li").first).to_be_visible()
    rows = page.locator(".timeline li").evaluate_all(
        "rows => rows.map(row => [Number(row.dataset.key), row.querySelector('.title').textContent, row.dataset.state])")
    operator.check("timeline")
    return rows


def offers_what_began_a_step(page):
    """Also where a signal came before its receive; and a part of a journal doesn't say what waits."""
    found = page.evaluate("""async () => {
        const [{ steps }, { fromStep }] = await Promise.all([import("./workflow/steps.js"), import("./workflow/orders.js")]);
        const at = "2026-01-01T00:00:00.000Z";
        const journal = [
            { seq: 1, kind: "started", at }, { seq: 2, kind: "call", op: 1, name: "a.B/c", at },
            { seq: 3, kind: "signal", name: "approve", at }, { seq: 4, kind: "answered", op: 1, at },
            { seq: 5, kind: "receive", op: 2, name: "approve", at }, { seq: 6, kind: "receive", op: 3, name: "approve", at },
            { seq: 7, kind: "call", op: 4, name: "a.B/c", at },
        ];
        const states = (part) => steps(journal, part).map(({ state }) => state).join(" ");
        return {
            offered: steps(journal).map((step) => fromStep({ status: "running" }, step, null).textContent.replace(/\\D+/g, "")).join(" "),
            whole: states({}), tail: states({ lacksBeginning: true }), head: states({ lacksEnd: true }),
        };
    }""")
    assert found == {
        "offered": "1 2 5 6 7", "whole": "event done done open open", "tail": "event done done unknown open",
        "head": "event done done unknown unknown"}, found


def cancels_it(operator):
    page = operator.page
    page.click("button:text('Cancel…')")
    expect(page.locator("dialog")).to_contain_text("compensations run")
    expect(page.locator("dialog .line")).to_have_text("wasmesh workflows cancel desk.Orders page-1")
    page.click("dialog button:text('Back')")
    expect(page.locator("dialog")).to_have_count(0)
    page.click("button:text('Cancel…')")
    page.fill("dialog input", "the customer <b>called</b>")
    page.click("dialog button:text('Cancel the workflow')")
    expect(page.locator("#notice")).to_contain_text("taken")
    expect(page.locator(".subject .status")).to_have_text("cancelled")
    expect(page.locator(".timeline")).to_contain_text("↩ reserve: call desk.Warehouse/release")
    expect(page.locator("button:text('Cancel…')")).to_have_count(0)
    expect(page.locator("button:text('Restart…')")).to_be_visible()
    operator.check("cancel")


def restarts_and_resets_it(operator):
    page = operator.page
    page.click("button:text('Restart…')")
    expect(page.locator("dialog textarea")).to_have_value(re.compile(r'"item": "kite-page-1"'))
    page.fill("dialog textarea", "{ not JSON")
    page.click("dialog button:text-is('Restart')")
    expect(page.locator("dialog .failure")).to_be_visible()
    page.fill("dialog textarea", '{"id": "page-1", "item": "kite-again", "amount": "2000"}')
    page.click("dialog button:text-is('Restart')")
    expect(page.locator("h2:text('Timeline of run 2')")).to_be_visible()
    expect(page.locator(".subject .status")).to_have_text("running")
    expect(page.locator("section:has(h2:text-is('Arguments'))")).to_contain_text("kite-again")
    page.click(".timeline summary:has-text('reserve: call desk.Warehouse/reserve')")
    page.click("button:text('Reset to entry')")
    expect(page.locator("dialog")).to_contain_text("isn't undone")
    page.click("dialog button:text-is('Reset')")
    expect(page.locator("h2:text('Timeline of run 3')")).to_be_visible()
    # The runs before are there to be read, not to be acted on.
    page.click(".runs a:text-is('1')")
    expect(page.locator(".timeline")).to_contain_text("↩ reserve: call desk.Warehouse/release")
    expect(page.locator(".subject button")).to_have_count(0)
    operator.check("restart")


def reads_the_end_of_a_long_journal(operator):
    """A run of 25,000 entries behind 500 of the runs before; then two more come."""
    found = operator.page.evaluate("""async () => {
        const { Journal } = await import("./workflow/journal.js");
        const real = window.fetch;
        let last = 25_500;
        window.fetch = async (url) => {
            const query = new URL(url).searchParams;
            const [after, limit, from] = [Number(query.get("after") ?? 0), Number(query.get("limit")), query.get("run") === "2" ? 501 : 1];
            const end = query.get("run") === "2" ? last : 500;
            const entries = [];
            for (let seq = Math.max(from, after + 1); seq <= end && entries.length < limit; seq += 1) entries.push({ seq });
            return new Response(JSON.stringify({ entries, next: entries.length === limit ? entries.at(-1).seq : null }));
        };
        const read = async (run) => {
            const journal = new Journal(["workflows", "a.B", "c"], run);
            await journal.read({ run: 2, entries: last }, undefined);
            return journal;
        };
        const told = ({ entries, first, lacksBeginning, lacksEnd }) =>
            [entries.length, entries.at(0)?.seq, entries.at(-1)?.seq, first?.seq, lacksBeginning, lacksEnd].join(" ");
        const [current, before] = [await read(2), await read(1)];
        const found = [told(current), told(before)];
        last += 2;
        await current.read({ run: 2, entries: last }, undefined);
        window.fetch = real;
        return [...found, told(current)];
    }""")
    assert found == ["10000 15501 25500 501 true false", "500 1 500 1 false false", "10000 15503 25502 501 true false"], found


def keeps_what_one_types(operator):
    page = operator.page
    operator.go("workflows?service=desk.Orders")
    expect(page.locator("tbody tr")).to_have_count(3)
    # Two filters before anything is drawn again.
    page.evaluate("""() => {
        for (const [name, value] of [["id", "page-3"], ["service", "desk."]]) {
            const control = document.querySelector(`input[name=${name}]`);
            control.value = value;
            control.dispatchEvent(new Event("change"));
        }
    }""")
    assert page.evaluate("location.hash").endswith("service=desk.&id=page-3"), page.url
    page.evaluate("document.querySelector('input[name=service]').focus()")
    page.go_back()
    page.go_back()
    expect(page.locator("input[name=service]")).to_have_value("desk.Orders")
    expect(page.locator("input[name=id]")).to_have_value("")
    operator.go("state")
    page.fill("input[name=key]", "half a ke")
    page.evaluate("document.querySelector('input[name=key]').blur()")
    seen = "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/services')).length"
    before = page.evaluate(seen)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    expect(page.locator("input[name=key]")).to_have_value("half a ke")
    assert page.evaluate(seen) == before, "a view that holds what somebody typed was loaded again"
    operator.check("typing")


def is_told_that_nobody_knows(operator):
    """The order's answer is lost, after a while in which one can't leave."""
    page, held = operator.page, []
    operator.go("workflows/desk.Orders/page-3")
    page.route("**/terminate", lambda route: held.append(route))
    page.click("button:text('Terminate…')")
    with page.expect_request("**/terminate"):
        page.click("dialog button:text-is('Terminate')")
    page.keyboard.press("Escape")
    expect(page.locator("dialog button:text-is('Back')")).to_be_disabled()
    held[0].abort()
    expect(page.locator("dialog .problem")).to_contain_text("It may have been taken: look before you try again.")
    expect(page.locator("dialog button:text-is('Terminate once more')")).to_be_enabled()
    page.click("dialog button:text-is('Back')")
    page.unroute("**/terminate")
    operator.check("a lost answer")


def is_told_of_a_refusal(operator):
    """Somebody else was faster."""
    page = operator.page
    operator.go("workflows/desk.Orders/page-2")
    expect(page.locator("h1")).to_have_text("page-2")
    page.click("button:text('Cancel…')")
    answer = operator.context.request.post(
        operator.url + "/api/v1/workflows/desk.Orders/page-2/terminate", headers={"Authorization": "Bearer " + operator.token})
    assert answer.status == 200, answer.text()
    page.click("dialog button:text('Cancel the workflow')")
    expect(page.locator("dialog .failure code").first).to_have_text("FAILED_PRECONDITION")
    expect(page.locator("dialog .failure")).to_contain_text("workflow page-2 has ended: it is terminated")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    operator.check("refusal")


def sends_no_rounded_number(operator):
    """A browser that doesn't tell how a number was written."""
    page = operator.page
    page.add_init_script("""(parse => {
        JSON.parse = (text, revive) => parse(text, revive && function (key, value) { return revive.call(this, key, value) });
    })(JSON.parse)""")
    page.goto(f"{operator.url}/ui/#token={operator.token}")
    expect(page.locator("h1")).to_have_text("Overview")
    operator.go("dead-letters?service=desk.Warehouse&code=INVALID_REQUEST")
    page.click("tbody tr:last-child a")
    page.click("button:text('Redrive with another payload…')")
    expect(page.locator("dialog")).to_contain_text("This browser rounds long numbers")
    expect(page.locator("dialog textarea")).to_have_value("")
    operator.check("an older browser")


def redrives_dead_letters(operator):
    page = operator.page
    for mends in (False, True):
        operator.go("dead-letters?service=desk.Warehouse&code=INVALID_REQUEST")
        expect(page.locator("tbody tr").first).to_contain_text("colour is unknown")
        page.click("tbody tr:last-child a")
        expect(page.locator(".subject .status")).to_have_text("open")
        payload = page.locator("section:has(h2:text-is('Payload')) pre")
        expect(payload).to_contain_text("<img src=x onerror=window.harm=1>")
        expect(payload).to_contain_text("<script>window.harm=1</script>")
        expect(payload).to_contain_text("12345678901234567890")
        expect(page.locator("main")).to_contain_text("ce_type")
        operator.check("dead letter")
        if mends:
            page.click("button:text('Redrive with another payload…')")
            page.fill("dialog textarea", re.sub(r',\s*"colour": \d+', "", page.input_value("dialog textarea")))
        else:
            page.click("button:text-is('Redrive…')")
        page.click("dialog button:text-is('Redrive')")
        expect(page.locator(".subject .status")).to_have_text("redriven")
        expect(page.locator("button:text-is('Redrive…')")).to_have_count(0)
        operator.check("redrive")
    operator.go("dead-letters?service=desk.Warehouse")
    page.click("tbody tr:last-child a")
    page.click("button:text('Discard…')")
    page.fill("dialog input", "only a test")
    page.click("dialog button:text-is('Discard')")
    expect(page.locator(".subject .status")).to_have_text("discarded")
    operator.go("dead-letters?status=discarded")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.fill("input[name=key]", "nobody's")
    page.press("input[name=key]", "Enter")
    expect(page.locator(".empty")).to_have_text("No dead letter is like that.")
    operator.check("discard")


def looks_around(operator):
    page = operator.page
    operator.go("state")
    page.select_option("select[name=service]", "desk.Warehouse")
    page.fill("input[name=key]", "page-lamp")
    page.click("button:text('Look up')")
    # What was redriven has arrived, perhaps a moment later.
    found = page.locator("section:has(h2:text-is('State')) pre")
    for _ in range(40):
        expect(page.locator(".failure, section:has(h2:text-is('State'))").first).to_be_visible()
        if found.count():
            break
        page.reload()
    expect(found).to_contain_text("<img src=x onerror=window.harm=1>")
    assert page.evaluate("location.hash") == "#/state/desk.Warehouse/page-lamp"
    operator.go("services")
    expect(page.locator("details.service")).to_have_count(3)
    expect(page.locator("svg .node.service:has-text('desk.Warehouse')")).to_be_visible()
    page.click("svg .node.service:has-text('desk.Orders')")
    expect(page.locator("h1")).to_have_text("desk.Orders")
    expect(page.locator("main")).to_contain_text("place(id: ID!, item: String!, amount: Decimal!): Order!")
    operator.go("schedules")
    expect(page.locator(".empty")).to_contain_text("@schedule")
    operator.go("access")
    expect(page.locator("main")).to_contain_text("the control plane")
    expect(page.locator("main")).to_contain_text("wasmesh limits set")
    operator.go("workflows/desk.Orders/..")
    expect(page.locator(".failure")).to_contain_text("a browser can't ask for '..'")
    operator.go("workflows/desk.Orders/page-9")
    expect(page.locator(".failure code")).to_have_text("INSTANCE_NOT_FOUND")
    operator.go("nothing/of/the/kind")
    expect(page.locator("h1")).to_have_text("Nothing is here")
    operator.check("the rest")


def is_asked_again_without_a_token(operator):
    page = operator.page
    operator.go("workflows")
    expect(page.locator("h1")).to_have_text("Workflows")
    page.evaluate("sessionStorage.setItem('wasmesh.token', 'one-that-was-taken-back-meanwhile')")
    operator.go("dead-letters")
    expect(page.locator("form.login")).to_contain_text("the admin token isn't known")
    assert page.evaluate("sessionStorage.length") == 0
    # And comes to where one was.
    operator.log_in(operator.token)
    expect(page.locator("h1")).to_have_text("Dead letters")
    page.click("button:text('Log out')")
    expect(page.locator("form.login")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    operator.check("log out")


def opens_the_address_of_dev(operator):
    page = operator.page
    page.goto(f"{operator.url}/ui/#token={operator.token}")
    expect(page.locator("h1")).to_have_text("Overview")
    assert operator.token not in page.url and page.evaluate("history.length") <= 2, page.url
    for place in ("", "workflows", "workflows/desk.Orders/page-3", "dead-letters?status=all", "services"):
        operator.go(place)
        expect(page.locator("main[aria-busy]")).to_have_count(0)
        expect(page.locator("h1")).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 400, f"{place} is {width} wide"
    operator.check("on a telephone")


def main(url, token):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        operator = Operator(browser, url, token, viewport={"width": 1280, "height": 800})
        logs_in(operator)
        sees_the_overview(operator)
        finds_a_workflow(operator)
        rows = reads_its_timeline(operator)
        cancels_it(operator)
        restarts_and_resets_it(operator)
        reads_the_end_of_a_long_journal(operator)
        keeps_what_one_types(operator)
        is_told_that_nobody_knows(operator)
        is_told_of_a_refusal(operator)
        sends_no_rounded_number(Operator(browser, url, token))
        redrives_dead_letters(operator)
        looks_around(operator)
        is_asked_again_without_a_token(operator)
        opens_the_address_of_dev(Operator(browser, url, token, viewport={"width": 400, "height": 800}))
        browser.close()
        print(json.dumps({"rows": rows}))


main(*sys.argv[1:])
