// Whatever changes something is asked for once more, in words that say what it does.

import { h } from "../core/dom.js";
import { failure } from "./values.js";
import { notice } from "./notice.js";

/**
 * Asks, acts, and tells what came of it.
 *
 * - `title`, `says` (paragraphs), `line` (the command that does the same), `verb` (the button's word), `dangerous` (takes something away)
 * - `fields`: `{name, title, kind: "text" | "area" | "number", value, hint}`
 * - `act(values)`: does it; what it throws is shown, and one may try again
 * - `done(answer)`: afterwards
 */
export function ask({ title, says, line, fields = [], verb, dangerous = false, act, done }) {
  const problem = h("div", { class: "problem", role: "alert" });
  const inputs = new Map(fields.map((field) => [field.name, control(field)]));
  const go = h("button", { type: "submit", class: dangerous ? "danger" : "primary" }, verb);
  const form = h("form", { onsubmit: submit },
    h("h2", {}, title),
    says.map((line) => h("p", {}, line)),
    line ? h("p", { class: "line" }, line) : null,
    fields.map((field) => h("label", {}, h("span", {}, field.title), inputs.get(field.name))),
    problem,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, "Back"), go));
  const dialog = h("dialog", { onclose: () => dialog.remove() }, form);

  async function submit(event) {
    event.preventDefault();
    problem.replaceChildren();
    go.disabled = true;
    try {
      const answer = await act(Object.fromEntries([...inputs].map(([name, input]) => [name, input.value])));
      dialog.close();
      notice(told(verb, answer));
      done?.(answer);
    } catch (error) {
      problem.replaceChildren(failure(error));
      go.disabled = false;
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  (inputs.values().next().value ?? go).focus();
}

function control({ kind, value = "", hint }) {
  const common = { placeholder: hint, autocomplete: "off", spellcheck: "false" };
  if (kind === "area") {
    const area = h("textarea", { ...common, rows: 10 });
    area.value = value;
    return area;
  }
  return h("input", { ...common, type: kind === "number" ? "number" : "text", min: kind === "number" ? 1 : null, value });
}

/** What an order's receipt says. */
function told(verb, answer) {
  if (answer?.state === "accepted") return `${verb}: it is durable; its owner hasn't answered yet`;
  return `${verb}: ${answer?.state ?? answer?.status ?? "done"}`;
}
