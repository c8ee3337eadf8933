// What a run did, step by step, with when each step began and ended: read off its journal as the machine, and `wasmesh workflows show`,
// read it (Sources/Commands/Workflows/WorkflowTimeline.swift).
//
// A step's state is `open` (it waits), `unknown` (it may have ended outside of what was read), `done`, `failed`, `cancelled`, `dropped` (it was open when the run ended), `instant` (it took no
// time: an event sent, a state written), or `event` (something came from outside, or the end).

import { moment } from "../core/text.js";
import { render } from "../core/json.js";

const ends = new Set(["continued", "completed", "threw", "cancelled", "terminated"]);
const instants = new Set(["emit", "send", "write", "patch", "read", "config", "closed"]);

/** The steps of a run's journal, in order; of a part of it, where it lacks its beginning or its end. */
export function steps(journal, { lacksBeginning = false, lacksEnd = false } = {}) {
  const reader = new Reader();
  for (const entry of journal) reader.take(entry);
  return reader.end(journal.at(-1), { lacksBeginning, lacksEnd });
}

class Reader {
  steps = [];
  /** Steps by operation. */
  byOperation = new Map();
  /** Steps that wait for a signal by its name, and signals that nobody waits for yet. */
  receivers = new Map();
  early = new Map();

  take(entry) {
    const { kind, details } = entry;
    if (instants.has(kind)) return this.add(entry, title(entry), "instant", entry.due ? `due ${entry.due.slice(0, 19)}Z` : "");
    switch (kind) {
      case "call": case "local": case "timer": case "receive": return this.begin(entry);
      case "answered": return this.finish(entry, "done");
      case "fired": return entry.attempt > 1 ? this.tryAgain(entry) : this.finish(entry, "done");
      case "failed": return entry.op ? this.finish(entry, "failed") : this.event(entry, "failed", problem(entry));
      case "retried": return this.retry(entry);
      case "signal": return this.signal(entry, entry.name);
      case "cancel": return details?.returned === undefined ? this.finish(entry, "cancelled") : this.giveBack(entry);
      case "reply": return this.reply(entry);
      case "started":
        return details?.restartedBy === undefined
          ? this.event(entry, "started", details?.source ? `by ${details.source}` : "") : this.event(entry, "restarted", `by ${details.restartedBy}`);
      case "joined": return this.event(entry, "joined by another call");
      case "cancel_requested": return this.event(entry, "cancel requested", typeof entry.request === "string" ? entry.request : "");
      case "upgraded": return this.event(entry, "upgraded", entry.name);
      case "threw": return this.event(entry, "failed", problem(entry));
      case "cancelled": case "terminated": return this.event(entry, kind, problem(entry));
      case "completed": return this.event(entry, "completed", entry.result === undefined ? "" : render(entry.result));
      case "continued":
        return entry.name === "reset"
          ? this.event(entry, "reset", details?.reset === undefined ? "" : `to ${details.reset}`)
          : this.event(entry, "continued as new", entry.request === undefined ? "" : render(entry.request));
      default: return this.event(entry, kind, entry.name);
    }
  }

  /** What is left: signals that came early, and what waited when the run ended. */
  end(last, { lacksBeginning, lacksEnd }) {
    for (const [name, entries] of this.early) {
      // A receive before the beginning may have got it.
      for (const entry of entries) this.event(entry, `signal ${name}`, lacksBeginning || lacksEnd ? "" : "came early, waits");
    }
    if (last && ends.has(last.kind)) {
      for (const step of this.steps.filter(({ state }) => state === "open")) this.close(step, last, "dropped");
    }
    // What a receive waits for may have come before the beginning.
    for (const step of this.steps.filter(({ state }) => state === "open")) {
      if (lacksEnd || (lacksBeginning && step.receives)) step.state = "unknown";
    }
    return this.steps.sort((left, right) => left.seq - right.seq);
  }

  add(entry, title, state, note = "") {
    const at = moment(entry.at);
    const step = {
      seq: entry.seq, op: entry.op ?? 0, title, state, note, start: at, end: state === "open" ? null : at,
      due: null, attempts: 1, marks: [], entries: [entry], receives: null, isChild: false,
    };
    this.steps.push(step);
    return step;
  }

  event(entry, title, note = "") {
    this.add(entry, title, "event", note ?? "");
  }

  begin(entry) {
    const { details, kind, op } = entry;
    const step = this.add(entry, kind === "timer" ? ["timer", entry.label].filter(Boolean).join(" ") : title(entry), "open");
    step.due = entry.due ? moment(entry.due) : null;
    // A local step that came to something at once, and a child nobody waits for.
    if (kind === "local" && entry.result !== undefined) this.close(step, entry, "done");
    if (isTrue(details?.detached)) this.close(step, entry, "done", "detached");
    // It is no operation: it has no number, and takes no signal.
    if (details?.refused !== undefined) return this.close(step, entry, "failed", details.reason ?? "");
    step.isChild = isTrue(details?.child);
    if (kind === "receive") this.receive(step, entry);
    this.byOperation.set(op, step);
  }

  receive(step, entry) {
    step.receives = entry.name;
    const waiting = this.early.get(entry.name) ?? [];
    if (waiting.length === 0) return list(this.receivers, entry.name).push(step);
    step.entries.push(waiting.shift());
    if (waiting.length === 0) this.early.delete(entry.name);
    this.close(step, entry, "done");
  }

  finish(entry, state) {
    const step = this.byOperation.get(entry.op);
    if (step?.state !== "open") return;
    step.entries.push(entry);
    // A child that was asked to end completes by its answer.
    if (state === "cancelled" && step.isChild) return void (step.note = "asked to end");
    step.attempts = Math.max(step.attempts, entry.attempt ?? 1);
    this.close(step, entry, state, state === "failed" ? problem(entry) : state === "done" ? "" : step.note);
  }

  close(step, entry, state, note = step.note) {
    Object.assign(step, { state, note, end: moment(entry.at), due: null });
  }

  retry(entry) {
    const step = this.byOperation.get(entry.op);
    if (!step) return;
    step.entries.push(entry);
    step.marks.push({ at: moment(entry.at), text: problem(entry) });
    // The entry names the attempt that is due.
    step.attempts = Math.max(step.attempts, entry.attempt ?? 1);
    step.due = entry.due ? moment(entry.due) : null;
    step.note = problem(entry);
  }

  tryAgain(entry) {
    const step = this.byOperation.get(entry.op);
    if (!step) return;
    step.entries.push(entry);
    step.attempts = Math.max(step.attempts, entry.attempt ?? 1);
    step.due = null;
  }

  /** A receive was given up that had got a signal of which the code didn't know; those behind it move up. */
  giveBack(entry) {
    const step = this.byOperation.get(entry.op);
    if (!step?.receives) return;
    step.entries.push(entry);
    this.close(step, entry, "cancelled");
    this.signal(entry, step.receives);
  }

  /** The code has answered the signal that a receive got. */
  reply(entry) {
    const step = this.byOperation.get(entry.op);
    if (!step || entry.details?.refused !== undefined) return this.add(entry, title(entry), "failed", entry.details?.reason ?? "");
    step.entries.push(entry);
    step.note = entry.result === undefined ? `answered ${render(entry.request)}` : `refused with ${problem(entry)}`;
  }

  signal(entry, name) {
    const waiting = list(this.receivers, name).filter(({ state }) => state === "open");
    this.receivers.set(name, waiting.slice(1));
    if (waiting.length === 0) return list(this.early, name).push(entry);
    waiting[0].entries.push(entry);
    this.close(waiting[0], entry, "done");
  }
}

function list(map, name) {
  if (!map.has(name)) map.set(name, []);
  return map.get(name);
}

function isTrue(value) {
  return String(value) === "true";
}

/** `CODE: message` of an entry whose result is an error. */
function problem({ result }) {
  return [result?.code, result?.message].filter(Boolean).join(": ");
}

function title(entry) {
  const { kind, name = "", label, details } = entry;
  const words = {
    local: name, receive: `signal ${name}`, write: entry.request === undefined ? "delete state" : "write state", read: "read state",
    reply: "answer",
  };
  const what = words[kind] ?? `${kind} ${name}`;
  return (details?.role === "compensation" ? "↩ " : "") + (label ? `${label}: ${what}` : what);
}
