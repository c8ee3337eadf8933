// One workflow: what it is doing, and what it did.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { to } from "../core/place.js";
import { moment, duration, number, plain, argument } from "../core/text.js";
import { time, lasting, name, link, status, digest, json, failure, command } from "../parts/values.js";
import { table, section, facts } from "../parts/tables.js";
import { steps } from "../workflow/steps.js";
import { timeline } from "../workflow/timeline.js";
import { orders, fromStep } from "../workflow/orders.js";

/** Entries that are read at most; the command line shows more. */
const entriesAtMost = 10_000;

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
  const run = place.query.run ?? workflow.run;
  // What was read of the journal stays as it is; only what came since is asked for.
  if (memory.run !== String(run)) Object.assign(memory, { run: String(run), journal: [], isWhole: true });
  let next = memory.journal.at(-1)?.seq ?? 0;
  while (next !== null && memory.journal.length < entriesAtMost) {
    const page = await get([...path, "journal"], { run, after: next, limit: 1000 }, signal);
    memory.journal.push(...page.entries);
    next = page.next;
  }
  memory.isWhole = next === null;
  return { workflow, run: Number(run) };
}

function show({ data: { workflow, run }, memory, redraw, reload }) {
  const started = memory.journal.findLast(({ kind }) => kind === "started") ?? memory.journal[0];
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
      memory.isWhole ? null : h("p", { class: "scope" }, `The first ${number(memory.journal.length)} entries. `,
        command(`wasmesh workflows show ${workflow.service} ${argument(workflow.id)}`)),
      timeline(steps(memory.journal), { memory, redraw, actions: isCurrent ? (step) => fromStep(workflow, step, reload) : null })),
    h("div", { class: "columns" },
      started?.request === undefined ? null : section("Arguments", json(started.request)),
      workflow.result === null ? null : section("Result", json(workflow.result))),
    workflow.timers?.length > 0 ? section("Timers", timers(workflow.timers)) : null,
  ];
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
