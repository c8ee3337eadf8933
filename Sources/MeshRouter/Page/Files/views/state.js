// The state of a key.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { to, go } from "../core/place.js";
import { time, link, json, failure, command } from "../parts/values.js";
import { facts, section, empty } from "../parts/tables.js";

export const state = {
  title: "State",
  tab: "state",
  // What one looks up stays until one looks again.
  every: 0,
  matches: (path) => path[0] === "state" && (path.length === 1 || path.length === 3),
  async load(place, signal) {
    const [, service, key] = place.path;
    const { services } = await get(["services"], {}, signal);
    if (key === undefined) return { services };
    try {
      return { services, found: await get(["state", service, key], {}, signal) };
    } catch (problem) {
      if (problem.status === 0 || problem.isUnauthenticated) throw problem;
      return { services, problem };
    }
  },
  show: ({ place, data: { services, found, problem } }) => [
    h("h1", {}, "State"),
    form(services.filter(({ state }) => state), place.path[1], place.path[2]),
    problem ? failure(problem) : null,
    found ? shown(found) : null,
  ],
};

function shown({ service, key, version, state, updatedAt }) {
  return [
    facts([
      ["version", version],
      ["changed", time(updatedAt)],
      ["workflows of this id", link(to(["workflows"], { service, id: key }), "list")],
    ]),
    section("State", json(state)),
    h("p", { class: "scope" }, "To repair it: ", command(`wasmesh state set ${service} KEY FILE`)),
  ];
}

function form(services, chosen, key) {
  if (services.length === 0) return empty("No deployed service keeps a state: one has it by ", h("code", {}, "@state(type: …)"), ".");
  const service = h("select", { name: "service" },
    services.map(({ service }) => h("option", { value: service, selected: service === chosen }, service)));
  const field = h("input", { name: "key", value: key, required: true, autocomplete: "off", spellcheck: "false", placeholder: "o-17" });
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    go(["state", given.get("service"), given.get("key")]);
  };
  return h("form", { class: "filters", onsubmit: submit },
    h("label", {}, h("span", {}, "service"), service), h("label", {}, h("span", {}, "key"), field),
    h("button", { type: "submit", class: "primary" }, "Look up"));
}
