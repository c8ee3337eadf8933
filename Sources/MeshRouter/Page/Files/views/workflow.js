// One workflow: what it is doing, and what it did.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { to } from "../core/place.js";
import { moment, duration, number, plain, argument } from "../core/text.js";
import { time, lasting, name, link, status, digest, json, failure, command } from "../parts/values.js";
import { table, section, facts } from "../parts/tables.js";
import { render } from "../core/json.js";
import { Journal } from "../workflow/journal.js";
import { steps } from "../workflow/steps.js";
import { timeline } from "../workflow/timeline.js";
import { orders, fromStep } from "../workflow/orders.js";

/** Ages are drawn anew at least so often. */
const drawnEvery = 60_000;

export const workflow = {
  title: "Workflow",
  tab: "workflows",
  every: 3000,
  matches: (path) => path[0] === "workflows" && path.length === 3,
  load,
  show,
};

async function load(place, signal, memory) {
  const path = ["workflows", place.path[1], place.path[2]];
  const workflow = await get(path, {}, signal);
  const run = Number(place.query.run ?? workflow.run);
  if (memory.journal?.run !== run) memory.journal = new Journal(path, run);
  const { journal } = memory;
  await journal.read(workflow, signal);
  const seen = render({ workflow, run, last: journal.entries.at(-1)?.seq, lacksEnd: journal.lacksEnd });
  // What waits has bars that grow; all else is as it was drawn.
  const isSame = memory.seen === seen && !workflow.waitingFor && Date.now() - memory.drawnAt < drawnEvery
    && !memory.loaded.steps.some(({ state }) => state === "open");
  if (!isSame) Object.assign(memory, { seen, drawnAt: Date.now(), loaded: { workflow, run, steps: steps(journal.entries, journal) } });
  return memory.loaded;
}

function show({ data: { workflow, run, steps }, memory, redraw, reload }) {
  const { journal } = memory;
  const started = journal.entries.findLast(({ kind }) => kind === "started") ?? journal.first;
  const isCurrent = run === workflow.run;
  return [
    h("header", { class: "subject" },
      h("h1", {}, name(workflow.id, 120)),
      h("p", {}, kind(workflow), status(workflow.status)),
      isCurrent ? orders(workflow, started?.request, reload) : null),
    waiting(workflow),
    workflow.error?.message ? failure(workflow.error) : null,
    facts(summary(workflow)),
    section(workflow.run > 1 ? `Timeline of run ${run}` : "Timeline",
      runs(workflow, run),
      part(journal, workflow),
      timeline(steps, { memory, redraw, actions: isCurrent ? (step) => fromStep(workflow, step, reload) : null })),
    h("div", { class: "columns" },
      started?.request === undefined ? null : section("Arguments", json(started.request)),
      workflow.result === null ? null : section("Result", json(workflow.result))),
    workflow.timers?.length > 0 ? section("Timers", timers(workflow.timers)) : null,
  ];
}

/** Which part of a long journal is shown. */
function part({ entries, first, lacksBeginning, lacksEnd }, workflow) {
  if (!lacksBeginning && !lacksEnd) return null;
  return h("p", { class: "waiting part" },
    h("b", {}, `Only entries ${number(entries[0]?.seq)} to ${number(entries.at(-1)?.seq)} of this run are shown`),
    lacksBeginning ? `, which began with ${number(first?.seq)}: which signal met which receive may be told wrong. ` : ". ",
    lacksEnd ? "What came behind them is still being read. " : null,
    "All of it: ", command(`wasmesh workflows show ${workflow.service} ${argument(workflow.id)}`));
}

function kind({ service, type }) {
  return link(to(["workflows"], { service, type }), name(`${service}/${type}`));
}

function waiting(workflow) {
  if (!workflow.waitingFor) return null;
  const signal = /^signal (\w+)/.exec(workflow.waitingFor)?.[1];
  return h("p", { class: "waiting" }, "Waits for ", h("b", {}, plain(workflow.waitingFor)), ", ", lasting(workflow.waitingSince), ". ",
    signal ? command(`wasmesh workflows signal ${workflow.service}/${signal} ${argument(workflow.id)}`) : null);
}

function summary(workflow) {
  const { parent } = workflow;
  return [
    ["started", time(workflow.startedAt)],
    ["ended", workflow.endedAt ? [time(workflow.endedAt), ` after ${duration(moment(workflow.endedAt) - moment(workflow.startedAt))}`] : null],
    ["run", workflow.run],
    ["failed attempts in a row", workflow.attempt > 0 ? workflow.attempt : null],
    ["version", workflow.version],
    ["package", digest(workflow.digest)],
    ["journal entries", number(workflow.entries)],
    ["parent", parent?.id ? link(to(["workflows", parent.service, parent.id]), name(`${parent.service} ${parent.id}`)) : null],
    ["children", link(to(["workflows"], { parent: `${workflow.service}/${workflow.id}` }), "list")],
  ];
}

/** The runs before: a continuation, a reset and a restart begin new ones. */
function runs(workflow, shown) {
  if (workflow.run === 1) return null;
  const first = Math.max(1, workflow.run - 9);
  const numbers = Array.from({ length: workflow.run - first + 1 }, (_, index) => first + index);
  const address = (run) => to(["workflows", workflow.service, workflow.id], { run: run === workflow.run ? "" : run });
  return h("nav", { class: "runs", "aria-label": "runs" }, "run ",
    numbers.map((run) => h("a", { href: address(run), "aria-current": run === shown ? "page" : null }, run)));
}

function timers(list) {
  return table(["kind", "#operation", "#attempt", "due"], list.map((timer) => [timer.kind, timer.op || "", timer.attempt, time(timer.due)]));
}
