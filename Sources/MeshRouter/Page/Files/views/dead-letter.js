// One dead letter: what came, why it failed, and what to do with it.

import { h } from "../core/dom.js";
import { get, post } from "../core/api.js";
import { pretty, isExact } from "../core/json.js";
import { plain } from "../core/text.js";
import { time, name, status, digest, json, long, failure } from "../parts/values.js";
import { table, section, facts, empty } from "../parts/tables.js";
import { ask } from "../parts/dialog.js";

export const deadLetter = {
  title: "Dead letter",
  tab: "dead-letters",
  every: 5000,
  matches: (path) => path[0] === "dead-letters" && path.length === 2,
  load: (place, signal) => get(["dead-letters", place.path[1]], {}, signal),
  show: ({ data: letter, reload }) => [
    h("header", { class: "subject" },
      h("h1", {}, `Dead letter ${letter.id}`),
      h("p", {}, name([letter.service, letter.method].filter(Boolean).join("/") || letter.topic), " ", status(letter.status)),
      letter.status === "open" ? buttons(letter, reload) : null),
    failure(letter.error),
    facts(summary(letter)),
    section("Payload", payload(letter)),
    section("Headers", headers(letter.headers ?? {})),
  ],
};

function summary(letter) {
  return [
    ["key", letter.key === null ? null : name(letter.key, 120)],
    ["failed", time(letter.failedAt)],
    ["attempts", letter.attempts],
    ["resolved", letter.resolvedAt ? [time(letter.resolvedAt), ` by ${plain(letter.resolvedBy)}`] : null],
    ["message", name(letter.messageId)],
    ["type", name(letter.type)],
    ["source", name(letter.source)],
    ["package", digest(letter.digest)],
    ["record", name(`${letter.topic}/${letter.partition} at ${letter.offset}`)],
  ];
}

function payload(letter) {
  if (letter.payloadText !== undefined) return [h("p", { class: "scope" }, "It isn't JSON."), long(letter.payloadText)];
  if (letter.payloadBase64 !== undefined) return [h("p", { class: "scope" }, "It isn't text; in base64:"), long(letter.payloadBase64)];
  return letter.payload === null ? empty("None: the record had no value.") : json(letter.payload);
}

function headers(list) {
  const names = Object.keys(list);
  if (names.length === 0) return empty("None.");
  return table(["name", "value"], names.map((header) => [name(header), long([list[header]].flat().join("\n"))]));
}

function buttons(letter, reload) {
  return h("div", { class: "buttons" },
    h("button", { onclick: () => redrive(letter, reload) }, "Redrive…"),
    h("button", { onclick: () => redriveMended(letter, reload) }, "Redrive with another payload…"),
    h("button", { class: "danger", onclick: () => discard(letter, reload) }, "Discard…"));
}

function redrive(letter, done) {
  ask({
    title: `Redrive dead letter ${letter.id}?`,
    says: [
      "The message is published again for the service that gave up: the same id and key, a new count of attempts. Deploy the fix first.",
    ],
    line: `wasmesh dead-letters redrive ${letter.id}`,
    verb: "Redrive", act: () => post(["dead-letters", letter.id, "redrive"]), done,
  });
}

function redriveMended(letter, done) {
  ask({
    title: `Redrive dead letter ${letter.id} with another payload?`,
    says: [
      "The message is published again with this payload in place of its own. It must fit the schema that is deployed now, and keep the key.",
      "The dead letter keeps what came.",
      letter.payload === undefined || isExact ? null
        : "This browser rounds long numbers, so what came isn't filled in here: `wasmesh dead-letters show` writes it as it came.",
    ],
    line: `wasmesh dead-letters redrive ${letter.id} --payload FILE`,
    fields: [{ name: "payload", title: "Payload (JSON)", kind: "area", value: written(letter) }],
    verb: "Redrive", done,
    act: (values) => {
      // Without a body it would go as it was.
      if (values.payload.trim() === "") throw new Error("there is no payload");
      return post(["dead-letters", letter.id, "redrive"], values.payload);
    },
  });
}

/** What it had, for mending; nothing where that was no text, or would be another. */
function written(letter) {
  if (letter.payload === undefined) return letter.payloadText ?? "";
  return isExact ? pretty(letter.payload) : "";
}

function discard(letter, done) {
  ask({
    title: `Discard dead letter ${letter.id}?`,
    says: ["It is given up for good: it can't be redriven any more. The row stays for 30 days, and the audit trail has who did it."],
    line: `wasmesh dead-letters discard ${letter.id}`,
    fields: [{ name: "reason", title: "Reason, for the audit trail", hint: "test order" }],
    verb: "Discard", dangerous: true,
    act: (values) => post(["dead-letters", letter.id, "discard"], values.reason ? { reason: values.reason } : {}), done,
  });
}
