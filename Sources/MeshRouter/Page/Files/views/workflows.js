// Workflows, those that started last first.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { to } from "../core/place.js";
import { moment, duration, plain, cut } from "../core/text.js";
import { time, lasting, name, link, status, digest, command } from "../parts/values.js";
import { table, empty, filters, pages } from "../parts/tables.js";
import { statuses } from "../workflow/counts.js";

const known = ["service", "type", "status", "id", "waiting", "parent", "digest", "after"];

export const workflows = {
  title: "Workflows",
  tab: "workflows",
  every: 5000,
  matches: (path) => path[0] === "workflows" && path.length === 1,
  load: (place, signal) => get(["workflows"], Object.fromEntries(known.map((name) => [name, place.query[name]])), signal),
  show: ({ place, data }) => [
    h("h1", {}, "Workflows"),
    filters(place, [
      { name: "service", title: "service", hint: "shop.Orders" },
      { name: "type", title: "type", hint: "fulfil" },
      { name: "status", title: "status", options: [["", "any"], ["open", "open"], ...statuses.map((word) => [word, word])] },
      { name: "id", title: "id begins with" },
      { name: "waiting", title: "waits for", hint: "signal approve" },
    ]),
    ...["parent", "digest"].filter((name) => place.query[name]).map((name) => h("p", { class: "scope" }, `${name} ${plain(place.query[name])}`)),
    list(data.workflows, place),
    pages(place, "after", data.next),
  ],
};

function list(rows, place) {
  if (rows.length === 0) {
    return Object.keys(place.query).length > 0
      ? empty("No workflow is like that.")
      : empty("There are none yet. A method with ", h("code", {}, "@workflow"), " is started by a call: ",
        command("wasmesh workflows start SERVICE/METHOD '{…}' --id ID"));
  }
  return table(["id", "type", "status", "waits for", "started", "took", "package"], rows.map((row) => [
    link(to(["workflows", row.service, row.id]), name(row.id, 40)),
    name(`${row.service}/${row.type}`, 50), status(row.status), state(row), time(row.startedAt),
    row.endedAt ? duration(moment(row.endedAt) - moment(row.startedAt)) : null, digest(row.digest),
  ]));
}

/** What it waits for, or why it ended as it did. */
function state(row) {
  if (row.error?.code) return h("span", { class: "error" }, cut(plain(`${row.error.code}: ${row.error.message ?? ""}`), 80));
  if (row.waitingFor) return [name(row.waitingFor, 60), " ", h("span", { class: "since" }, lasting(row.waitingSince))];
  return null;
}
