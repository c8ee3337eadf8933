// The bar at the top: where one can go.

import { h } from "../core/dom.js";

const tabs = [
  ["overview", "#/", "Overview"],
  ["workflows", "#/workflows", "Workflows"],
  ["dead-letters", "#/dead-letters", "Dead letters"],
  ["services", "#/services", "Services"],
  ["schedules", "#/schedules", "Schedules"],
  ["state", "#/state", "State"],
  ["access", "#/access", "Access"],
];

/** The bar while `tab` is shown. */
export function bar(tab, logOut) {
  return h("nav", { "aria-label": "main" },
    h("a", { class: "brand", href: "#/" }, "Wasmesh"),
    tabs.map(([name, href, title]) => h("a", { href, "aria-current": name === tab ? "page" : null }, title)),
    h("button", { class: "quiet", onclick: () => logOut() }, "Log out"));
}
