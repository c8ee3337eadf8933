// Whether all is well, and where to look if not.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { to } from "../core/place.js";
import { age, number } from "../core/text.js";
import { time, name, link, status, command } from "../parts/values.js";
import { table, section, empty } from "../parts/tables.js";
import { workflowCounts } from "../workflow/counts.js";

/** Partitions that are shown at most. */
const shownPartitions = 20;

/** Counting workflows reads them all, so that is done less often. */
const countsEvery = 15_000;

export const overview = {
  title: "Overview",
  tab: "overview",
  every: 4000,
  matches: (path) => path.length === 0,
  load,
  show: ({ data }) => [
    h("h1", {}, "Overview"),
    health(data.health),
    tiles(data),
    section("Workflows", workflowCounts(data.counts)),
    h("div", { class: "columns" },
      section("Dead letters waiting", deadLetters(data.letters)),
      section("Next on schedule", schedules(data.schedules)),
      section("Waiting for Kafka, a relay, a retry or the outside", backlog(data.backlog))),
    section("Processes", workers(data.workers)),
    section(data.lag.length > shownPartitions
      ? `Partitions that are behind: ${shownPartitions} of ${number(data.lag.length)}` : "Partitions that are behind", lag(data.lag)),
  ],
};

async function load(_, signal, memory) {
  if (!memory.counts || Date.now() - memory.countedAt > countsEvery) {
    memory.counts = (await get(["workflows", "counts"], {}, signal)).counts;
    memory.countedAt = Date.now();
  }
  const [health, { workers }, { backlog, lag }, { dead_letters: letters }, { schedules }] = await Promise.all([
    get(["health"], {}, signal), get(["workers"], {}, signal), get(["backlog"], {}, signal),
    get(["dead-letters"], { limit: 6 }, signal), get(["schedules"], {}, signal),
  ]);
  return { health, workers, backlog, lag, letters, schedules, counts: memory.counts };
}

function health(report) {
  if (report.ready) return h("p", { class: "health", "data-health": "ready" }, "The mesh is ready.");
  return h("div", { class: "health", "data-health": "waiting" },
    h("p", {}, "The router waits:"),
    h("ul", {}, report.problems.map(({ part, problem }) => h("li", {}, h("b", {}, part), " ", problem))));
}

function tiles({ workers, backlog, lag, counts, health }) {
  const alive = workers.filter((worker) => worker.kind === "worker" && worker.alive).length;
  const behind = lag.reduce((sum, { lag }) => sum + (lag ?? 0), 0);
  const dead = backlog.find(({ what }) => what === "dead letters")?.messages ?? 0;
  const count = (word) => counts.filter((row) => row.status === word).reduce((sum, row) => sum + row.count, 0);
  return h("div", { class: "tiles" },
    tile("workers alive", alive, null, alive === 0),
    tile("messages behind", behind),
    tile("calls waiting", health.waitingCalls ?? 0),
    tile("workflows running", count("running"), to(["workflows"], { status: "running" })),
    tile("workflows stuck", count("stuck"), to(["workflows"], { status: "stuck" }), count("stuck") > 0),
    tile("dead letters", dead, to(["dead-letters"]), dead > 0));
}

function tile(title, value, href = null, isBad = false) {
  const content = [h("b", {}, number(value)), h("span", {}, title)];
  const attributes = { class: "tile", "data-bad": isBad, "data-tile": title };
  return href ? h("a", { ...attributes, href }, content) : h("div", attributes, content);
}

function workers(list) {
  if (list.length === 0) return empty("No process has reported. Start one: ", command("wasmesh worker"));
  const ordered = [...list].sort((left, right) => right.alive - left.alive || left.kind.localeCompare(right.kind));
  return table(["process", "kind", "", "pool", "#partitions", "started", "last heartbeat", "on"], ordered.map((process) => [
    name(process.id, 40), process.kind, status(process.alive ? "alive" : "gone"), process.pool,
    process.kind === "worker" ? number(process.partitions) : null, time(process.startedAt),
    age(process.secondsAgo * 1000), name(`${process.host ?? ""} · ${process.pid ?? ""}`, 30),
  ]));
}

/** Of the backlog, what has a place of its own, and what only waits for its time. */
const notWaiting = ["dead letters", "delayed sends"];

function backlog(list) {
  const waiting = list.filter(({ what, messages }) => !notWaiting.includes(what) && messages > 0);
  if (waiting.length === 0) return empty("Nothing.");
  return table(["what", "#messages"], waiting.map(({ what, messages }) => [what, number(messages)]));
}

function lag(list) {
  if (list.length === 0) return empty("None: all that came is done.");
  const worst = [...list].sort((left, right) => (right.lag ?? 0) - (left.lag ?? 0)).slice(0, shownPartitions);
  return table(["topic", "#partition", "#behind", "#parked", "next attempt", "owner"], worst.map((row) => [
    name(row.topic), row.partition, number(row.lag), number(row.parked), time(row.next_due), name(row.owner ?? "nobody", 40),
  ]));
}

function deadLetters(list) {
  if (list.length === 0) return empty("None.");
  return table(["id", "what", "failed"], list.map((letter) => [
    link(to(["dead-letters", letter.id]), letter.id),
    h("div", {}, name([letter.service, letter.method].filter(Boolean).join("/") || letter.topic, 40),
      h("div", { class: "error" }, h("code", {}, name(letter.error.code, 40)))),
    time(letter.failedAt),
  ]));
}

function schedules(list) {
  const next = list.filter(({ nextDue }) => nextDue).sort((left, right) => left.nextDue.localeCompare(right.nextDue)).slice(0, 6);
  if (next.length === 0) return empty("Nothing is due. Methods with ", h("code", {}, "@schedule"), " stand here once they are deployed.");
  return table(["method", "next"], next.map((row) => [
    link(to(["schedules"], { service: row.service }), name(`${row.service}/${row.method}`)), time(row.nextDue),
  ]));
}
