// Methods with @schedule: when they were called last, and will be next.

import { h } from "../core/dom.js";
import { get, post } from "../core/api.js";
import { to } from "../core/place.js";
import { number } from "../core/text.js";
import { time, name, link, status } from "../parts/values.js";
import { table, empty, filters } from "../parts/tables.js";
import { ask } from "../parts/dialog.js";

export const schedules = {
  title: "Schedules",
  tab: "schedules",
  every: 5000,
  matches: (path) => path[0] === "schedules" && path.length === 1,
  load: (place, signal) => get(["schedules"], { service: place.query.service }, signal),
  show: ({ place, data, reload }) => [
    h("h1", {}, "Schedules"),
    filters(place, [{ name: "service", title: "service", hint: "shop.Reports" }]),
    list(data.schedules, reload),
  ],
};

function list(rows, reload) {
  if (rows.length === 0) return empty("None. A method has one by ", h("code", {}, '@schedule(cron: "0 3 * * *")'), " in its schema.");
  return table(["method", "when", "", "next", "last", "#called", "#left out", ""], rows.map((row) => [
    name(`${row.service}/${row.method}`), [h("code", {}, row.cron), " ", row.timezone],
    row.paused ? status("paused") : row.open ? status("open") : null, time(row.nextDue),
    row.lastId
      ? [time(row.lastFiredAt), " ", link(to(["workflows"], { service: row.service, id: row.lastId }), name(row.lastId, 30))]
      : time(row.lastFiredAt),
    number(row.fired), number(row.skipped), buttons(row, reload),
  ]));
}

function buttons(row, reload) {
  return h("div", { class: "buttons" },
    h("button", { onclick: () => order(row, row.paused ? "resume" : "pause", reload) }, row.paused ? "Resume…" : "Pause…"),
    h("button", { onclick: () => order(row, "trigger", reload) }, "Trigger…"));
}

const says = {
  pause: "It isn't called any more until it is resumed; what it started goes on.",
  resume: "It is called again, from its next time on.",
  trigger: "It is called now, beside its schedule and whatever its `overlap` says.",
};

function order(row, word, done) {
  const title = word[0].toUpperCase() + word.slice(1);
  ask({
    title: `${title} ${row.service}/${row.method}?`,
    says: [says[word]], line: `wasmesh schedules ${word} ${row.service}/${row.method}`,
    verb: title, act: () => post(["schedules", row.service, row.method, word]), done,
  });
}
