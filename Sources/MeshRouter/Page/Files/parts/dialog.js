// Whatever changes something is asked for once more, in words that say what it does.

import { h } from "../core/dom.js";
import { plain } from "../core/text.js";
import { failure } from "./values.js";
import { notice } from "./notice.js";

/**
 * Asks, acts, and tells what came of it.
 *
 * - `title`, `says` (paragraphs), `line` (the command that does the same), `verb` (the button's word), `dangerous` (takes something away)
 * - `fields`: `{name, title, kind: "text" | "area" | "number", value, hint}`
 * - `act(values)`: does it; what it throws is shown, and one may try again; until it has ended the dialog stays
 * - `done(answer)`: afterwards
 */
export function ask({ title, says, line, fields = [], verb, dangerous = false, act, done }) {
  const problem = h("div", { class: "problem", role: "alert" });
  const inputs = new Map(fields.map((field) => [field.name, control(field)]));
  const go = h("button", { type: "submit", class: dangerous ? "danger" : "primary" }, verb);
  const back = h("button", { type: "button", onclick: () => dialog.close() }, "Back");
  const form = h("form", { onsubmit: submit },
    h("h2", {}, title),
    says.filter(Boolean).map((line) => h("p", {}, line)),
    line ? h("p", { class: "line" }, line) : null,
    fields.map((field) => h("label", {}, h("span", {}, field.title), inputs.get(field.name))),
    problem,
    h("div", { class: "buttons" }, back, go));
  const dialog = h("dialog", { oncancel: stay, onkeydown: (event) => event.key === "Escape" && stay(event), onclose: () => dialog.remove() }, form);

  // Who leaves now would never hear what came of it.
  function stay(event) {
    if (go.disabled) event.preventDefault();
  }

  async function submit(event) {
    event.preventDefault();
    problem.replaceChildren();
    go.disabled = back.disabled = true;
    try {
      const answer = await act(Object.fromEntries([...inputs].map(([name, input]) => [name, input.value])));
      dialog.close();
      notice(told(verb, answer));
      done?.(answer);
    } catch (error) {
      fail(error);
    } finally {
      go.disabled = back.disabled = false;
    }
  }

  function fail(error) {
    problem.replaceChildren(failure(error), error.isUncertain ? h("p", {}, "It may have been taken: look before you try again.") : "");
    if (error.isUncertain) go.textContent = `${verb} once more`;
    // Browsers let one leave all the same who insists.
    if (!dialog.open) notice(`${verb}: ${plain(error.message)}${error.isUncertain ? "; it may have been taken" : ""}`);
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
