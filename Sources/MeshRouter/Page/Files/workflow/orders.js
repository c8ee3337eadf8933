// What an operator may tell a workflow, each with what it does.

import { h } from "../core/dom.js";
import { post } from "../core/api.js";
import { parse, pretty, isExact } from "../core/json.js";
import { plain, argument } from "../core/text.js";
import { ask } from "../parts/dialog.js";

const open = new Set(["running", "stuck"]);

const reason = { name: "reason", title: "Reason, for the audit trail", hint: "customer called" };

/** Buttons for what can be done with it as it is. */
export function orders(workflow, started, reload) {
  const on = (title, order, dangerous) => h("button", { class: dangerous ? "danger" : null, onclick: () => order(workflow, reload, started) }, title);
  if (!open.has(workflow.status)) return h("div", { class: "buttons" }, on("Restart…", restart));
  return h("div", { class: "buttons" },
    workflow.status === "stuck" || workflow.attempt > 0 ? on("Retry…", retry) : null,
    on("Cancel…", cancel, true), on("Terminate…", terminate, true));
}

/**
 * The button of a step: go on from there.
 *
 * By the entry that began it: what came for it is kept wherever it stands, and a signal that came early stands before it.
 */
export function fromStep(workflow, step, reload) {
  const { seq } = step;
  const order = open.has(workflow.status) ? reset : restartFrom;
  const title = open.has(workflow.status) ? `Reset to entry ${seq}…` : `Restart behind entry ${seq}…`;
  return h("div", { class: "buttons" }, h("button", { onclick: () => order(workflow, seq, reload) }, title));
}

function path(workflow, order) {
  return ["workflows", workflow.service, workflow.id, order];
}

/** The same on a command line. */
function command(workflow, order, options = "") {
  return `wasmesh workflows ${order} ${workflow.service}${options} ${argument(workflow.id)}`;
}

function cancel(workflow, done) {
  ask({
    title: `Cancel ${plain(workflow.id)}?`,
    says: ["Its code is asked to end and may clean up first: compensations run, children are asked to end as well."],
    line: command(workflow, "cancel"),
    fields: [reason], verb: "Cancel the workflow", dangerous: true,
    act: (values) => post(path(workflow, "cancel"), values.reason ? { reason: values.reason } : {}), done,
  });
}

function terminate(workflow, done) {
  ask({
    title: `Terminate ${plain(workflow.id)}?`,
    says: ["It ends at once, and its code doesn't run any more: no clean-up, no compensations. What it has done stays done."],
    line: command(workflow, "terminate"),
    fields: [reason], verb: "Terminate", dangerous: true,
    act: (values) => post(path(workflow, "terminate"), values.reason ? { reason: values.reason } : {}), done,
  });
}

function retry(workflow, done) {
  ask({
    title: `Retry ${plain(workflow.id)}?`,
    says: ["Its code runs again at once, on the package that it runs on: `wasmesh workflows upgrade` moves it to another."],
    line: command(workflow, "retry"),
    verb: "Retry", act: () => post(path(workflow, "retry")), done,
  });
}

function reset(workflow, to, done) {
  ask({
    title: `Reset ${plain(workflow.id)} to entry ${to}?`,
    says: [
      `A new run begins that has the journal up to entry ${to}, and goes on from there.`,
      "What was done after that entry isn't undone: calls that were made have taken place, and may be made again.",
      "Children that it began after that entry are asked to end.",
    ],
    line: command(workflow, "reset", ` --to ${to}`),
    verb: "Reset", dangerous: true, act: () => post(path(workflow, "reset"), { to }), done,
  });
}

function restart(workflow, done, started) {
  const before = started === undefined || !isExact ? "" : pretty(started);
  ask({
    title: `Restart ${plain(workflow.id)}?`,
    says: [
      "It begins anew under its id, from its start and on the deployed package.",
      "What the last run did isn't undone, the service's state stays as it is, and signals have to be sent again.",
      isExact ? null : "This browser rounds long numbers, so the arguments of the last run aren't filled in here.",
    ],
    line: command(workflow, "restart"),
    fields: [{ name: "input", title: isExact ? "Arguments (JSON); as they are: those of the last run" : "Arguments (JSON); empty: those of the last run", kind: "area", value: before }],
    verb: "Restart", done,
    act: (values) => {
      const text = values.input.trim();
      if (text === "" || text === before) return post(path(workflow, "restart"), {});
      // So that what isn't JSON is told here.
      parse(text);
      return post(path(workflow, "restart"), `{"input":${text}}`);
    },
  });
}

function restartFrom(workflow, from, done) {
  ask({
    title: `Restart ${plain(workflow.id)} behind entry ${from}?`,
    says: [
      `It goes on behind entry ${from} of its last run, on the deployed package, provided that this does what is there up to it.`,
      "What came after it isn't undone, and may be done again.",
    ],
    line: command(workflow, "restart", ` --from ${from}`),
    verb: "Restart", act: () => post(path(workflow, "restart"), { from }), done,
  });
}
