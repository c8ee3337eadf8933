// The steps of a run as rows with bars, each of which folds out to what was asked and what came.

import { h } from "../core/dom.js";
import { now } from "../core/api.js";
import { duration, plain, cut, number } from "../core/text.js";
import { command } from "../parts/values.js";
import { empty } from "../parts/tables.js";
import { scale } from "./scale.js";
import { entryList } from "./entries.js";

/** Steps that are shown unless one asks for all, the last ones. */
const shownSteps = 200;

const words = {
  open: "waits", unknown: "its end isn't known here", done: "done", failed: "failed", cancelled: "given up", dropped: "open at the end", instant: "", event: "",
};

/**
 * The timeline of `steps`.
 *
 * - `memory`: what is folded out and how time is drawn, which lives longer than one drawing; `redraw` draws again
 * - `actions(step)`: buttons for a step
 */
export function timeline(steps, { memory, redraw, actions }) {
  if (steps.length === 0) {
    return empty("This run has no journal (any more): it goes some time after the end, or with a continuation. ",
      command("wasmesh workflows show SERVICE ID --run N"));
  }
  memory.open ??= new Set();
  const shown = memory.showsAll ? steps : steps.slice(-shownSteps);
  const times = shown.flatMap((step) => [step.start, step.end ?? step.start, ...step.marks.map(({ at }) => at)]);
  const isOpen = shown.some(({ state }) => state === "open");
  const axis = scale(isOpen ? [...times, now()] : times, memory.compresses ?? true);
  const first = Math.min(...times);
  return h("div", { class: "timeline" },
    controls(steps.length - shown.length, { memory, redraw }),
    h("div", { class: "axis", "aria-hidden": true }, h("div", { class: "track" },
      axis.ticks.map(({ place, text }) => h("span", place < 1 ? { place: { left: percent(place) } } : { class: "end" }, text)))),
    h("ol", {}, shown.map((step) => row(step, { axis, first, memory, redraw, actions }))));
}

function controls(hidden, { memory, redraw }) {
  const compresses = memory.compresses ?? true;
  const choose = (value) => () => {
    memory.compresses = value;
    redraw();
  };
  const all = () => {
    memory.showsAll = true;
    redraw();
  };
  return h("div", { class: "controls" },
    hidden > 0 ? h("button", { class: "quiet", onclick: all }, `show ${number(hidden)} earlier steps`) : null,
    h("span", { class: "choice", role: "group", "aria-label": "scale" },
      h("button", { "aria-pressed": String(compresses), onclick: choose(true), title: "Long waits take little room" }, "compressed"),
      h("button", { "aria-pressed": String(!compresses), onclick: choose(false) }, "true to scale")));
}

function row(step, { axis, first, memory, redraw, actions }) {
  const isOpen = memory.open.has(step.seq);
  const toggle = (event) => {
    if (event.currentTarget.open === memory.open.has(step.seq)) return;
    if (event.currentTarget.open) memory.open.add(step.seq);
    else memory.open.delete(step.seq);
    redraw();
  };
  return h("li", { "data-key": step.seq, "data-state": step.state },
    h("details", { open: isOpen, ontoggle: toggle },
      h("summary", {},
        h("span", { class: "seq" }, step.seq),
        h("span", { class: "title", title: plain(step.title) }, cut(plain(step.title), 120)),
        h("span", { class: "track" }, bar(step, axis)),
        h("span", { class: "took" }, took(step)),
        h("span", { class: "note" }, cut(note(step), 160))),
      isOpen ? h("div", { class: "inside" }, entryList(step, first), actions?.(step)) : null));
}

function bar(step, { at }) {
  const [left, right] = [at(step.start), at(step.state === "open" ? now() : (step.end ?? step.start))];
  const says = `${plain(step.title)}: ${[words[step.state], took(step)].filter(Boolean).join(", ")}`;
  return [
    h("i", { class: "bar", title: says, place: { left: `min(100% - 4px, ${percent(left)})`, width: percent(right - left) } }),
    step.marks.map((mark) => h("i", { class: "mark", title: `retried: ${mark.text}`, place: { left: percent(at(mark.at)) } })),
  ];
}

function percent(part) {
  return `${(part * 100).toFixed(3)}%`;
}

function took(step) {
  if (["instant", "event", "unknown"].includes(step.state)) return "";
  return duration((step.end ?? now()) - step.start);
}

function note(step) {
  const parts = step.state === "done" ? [] : [words[step.state]];
  if (step.attempts > 1) parts.push(`attempt ${step.attempts}`);
  if (step.state === "open" && step.due !== null) parts.push(step.due > now() ? `due in ${duration(step.due - now())}` : "due");
  parts.push(plain(step.note));
  return parts.filter(Boolean).join(", ");
}
