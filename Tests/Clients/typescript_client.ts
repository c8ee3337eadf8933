// A program against a real router, with the module that the router rendered of what is deployed.
import assert from "node:assert/strict";
import { Kiosk, MeshError, emit, type Basket } from "./kiosk.ts";

const [baseUrl, administrator] = process.argv.slice(2) as [string, string];
const kiosk = new Kiosk({ baseUrl: baseUrl + "/" });

async function failure(call: Promise<unknown>): Promise<MeshError> {
    const error = await call.then(() => assert.fail("no error came"), (error: unknown) => error);
    assert.ok(error instanceof MeshError, String(error));
    return error;
}

// Zero, nothing and null come back as what they are.
const basket: Basket = {
    lines: [], tags: [[], null, ["", null, "é\"\n"]], first: null, views: "-9223372036854775808", weight: 0, open: false,
    at: null, extra: { list: [null, 0, false, ""], none: null }, note: "",
};
assert.deepEqual(await kiosk.echo({ basket }), basket);
const line = { sku: "kite", count: 0, price: "0.00", size: "LARGE" as const };
const full: Basket = { lines: [line, line], first: line, views: "0", weight: -1.5e300, open: true, extra: null };
assert.deepEqual(await kiosk.echo({ basket: full }), full);

// Each form of an answer.
assert.equal(await kiosk.find({ id: "1" }), null);
assert.equal(await kiosk.labels(), null);
assert.deepEqual(await kiosk.labels({ id: "1" }), ["a", null, ""]);
assert.equal(await kiosk.new({ class: "a", default: ["SMALL"] }), undefined);
assert.equal(await kiosk.constructor_(), undefined);

// The service's own error, whole.
const refused = await failure(kiosk.refuse({ id: "1" }));
assert.deepEqual(
    [refused.name, refused.code, refused.class, refused.connectCode, refused.status, refused.retryable, refused.message],
    ["MeshError", "OUT_OF_STOCK", "CONFLICT", "aborted", 409, false, "none of B-1 left"],
);
assert.deepEqual(refused.details, { sku: "B-1", left: 0 });
assert.ok(Date.parse(refused.timestamp) > 0);

// The mesh's errors.
const wrong = await failure(kiosk.count({ id: "" }));
assert.deepEqual([wrong.code, wrong.connectCode, wrong.status], ["INVALID_REQUEST", "invalid_argument", 400]);
assert.equal((wrong.details as { path: string }).path, "id");
const nobody = await failure(kiosk.audit());
assert.deepEqual([nobody.code, nobody.status], ["UNAUTHENTICATED", 401]);
assert.ok(await new Kiosk({ baseUrl, token: administrator }).audit() > 0);

// One key is one call.
const key = "checkout é 17";
const first = await kiosk.count({ id: "1" }, { idempotencyKey: key, timeoutMs: 20_000.5 });
assert.equal(await kiosk.count({ id: "1" }, { idempotencyKey: key }), first);
assert.notEqual(await kiosk.count({ id: "1" }, { idempotencyKey: key + "!" }), first);
assert.equal((await failure(kiosk.count({ id: "2" }, { idempotencyKey: key }))).code, "CONFLICT");

for (const broken of ["", " a", "a ", "a\r\nb"]) {
    assert.equal((await failure(kiosk.count({}, { idempotencyKey: broken }))).code, "INVALID_REQUEST");
    assert.equal((await failure(kiosk.poke({}, { key: broken }))).code, "INVALID_REQUEST");
}

// Answers that are polled for.
const later = await kiosk.labels({ id: "1" }, { respondAsync: true });
assert.match(later.id, /^[0-9a-f-]{36}$/);
assert.deepEqual(await later.result({ intervalMs: 20 }), ["a", null, ""]);
assert.deepEqual(await later.poll(), { state: "done", answer: ["a", null, ""] });
const failing = await kiosk.refuse({ id: "1" }, { respondAsync: true });
const late = await failure(failing.result({ intervalMs: 20 }));
assert.deepEqual([late.code, late.connectCode, late.status, late.details], ["OUT_OF_STOCK", "aborted", 409, { sku: "B-1", left: 0 }]);

// Workflows, and keys that HTTP has no letters for.
assert.equal(await kiosk.run({ id: "w" }, { key: "Zoë" }), "ran");
assert.equal((await kiosk.run({ id: "w" }, { key: "Zoë", respondAsync: true })).workflow, "Zoë");
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
assert.equal(await kiosk.poke({}, { key: "Zoë", traceparent }), undefined);

// An event, once.
const sale = { id: "sale-1", source: "/till" };
assert.deepEqual(await emit({ baseUrl }, "kiosk.sold", { sku: "kite é", count: 0 }, sale), { accepted: 1, repeated: 0 });
assert.deepEqual(await emit({ baseUrl }, "kiosk.sold", { sku: "kite é", count: 0 }, sale), { accepted: 0, repeated: 1 });
const contradiction = await failure(emit({ baseUrl }, "kiosk.sold", { sku: "kite é", count: 1 }, sale));
assert.deepEqual([contradiction.code, contradiction.connectCode, contradiction.status], ["CONFLICT", "aborted", 409]);

// Who isn't a router, or isn't there.
const other = { baseUrl, fetch: async () => new Response("<html>", { status: 502 }) };
const gateway = await failure(new Kiosk(other).count());
assert.deepEqual([gateway.code, gateway.status], ["COMMUNICATION_FAILURE", 502]);
assert.equal((await failure(new Kiosk({ baseUrl: "http://127.0.0.1:1" }).count())).code, "COMMUNICATION_FAILURE");
const gone = AbortSignal.abort();
await assert.rejects(kiosk.count({}, { signal: gone }), { name: "AbortError" });
