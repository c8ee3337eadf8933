// What the journal holds of one step.

import { h } from "../core/dom.js";
import { moment, duration, absolute, precise } from "../core/text.js";
import { json, name, time } from "../parts/values.js";
import { facts } from "../parts/tables.js";

/** The entries of a step, in order; `first` is when the run began. */
export function entryList(step, first) {
  return step.entries.map((entry) => h("div", { class: "entry" },
    h("h4", {}, `${entry.seq} ${entry.kind.replace("_", " ")}`,
      h("span", { title: `${absolute(entry.at)}\n${precise(entry.at)}` }, `+${duration(moment(entry.at) - first)}`)),
    facts([
      ["key", entry.key === undefined ? null : name(entry.key)],
      ["attempt", entry.attempt],
      ["due", entry.due ? time(entry.due) : null],
    ]),
    part(requestTitle(entry.kind), entry.request),
    part(entry.kind === "retried" || entry.kind === "failed" || entry.kind === "threw" ? "error" : "result", entry.result),
    part("state after it", entry.state),
    part("details", entry.details)));
}

function requestTitle(kind) {
  if (kind === "started" || kind === "call" || kind === "local") return "arguments";
  return kind === "signal" || kind === "emit" || kind === "send" ? "data" : "request";
}

function part(title, value) {
  return value === undefined ? null : h("div", { class: "part" }, h("h5", {}, title), json(value));
}
