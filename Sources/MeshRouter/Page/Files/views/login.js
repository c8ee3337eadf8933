// Where one says who one is.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import * as session from "../core/session.js";
import { failure, command } from "../parts/values.js";

/** The form; `message` is why one is asked again, `enter` goes on. */
export function login(message, enter) {
  const field = h("input", { type: "password", name: "token", autocomplete: "off", required: true, "aria-label": "Token" });
  const problem = h("div", { class: "problem", role: "alert" }, message ? failure({ message }) : null);
  const button = h("button", { type: "submit", class: "primary" }, "Log in");

  async function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    problem.replaceChildren();
    if (!session.isToken(text)) return problem.replaceChildren(failure({ message: "a token has printable characters and no spaces" }));
    button.disabled = true;
    session.begin(text);
    try {
      await get(["health"]);
      enter();
    } catch (error) {
      session.end();
      problem.replaceChildren(failure(error));
      button.disabled = false;
      field.select();
    }
  }

  // Once it stands in the page.
  queueMicrotask(() => field.focus());
  return h("form", { class: "login", onsubmit: submit },
    h("h1", {}, "Wasmesh"),
    h("label", {}, h("span", {}, "The control plane's token"), field),
    problem, button,
    h("p", {}, "It is the one that the router was given as ", h("code", {}, "WASMESH_TOKEN"), ". ", command("wasmesh dev"),
      " prints an address that logs in by itself; its token is in ", h("code", {}, ".wasmesh/dev/token"), "."),
    h("p", {}, "It stays in this tab and is forgotten with it."));
}
