// Who offers what, who emits and who hears which event, and what was deployed when.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { to } from "../core/place.js";
import { number } from "../core/text.js";
import { time, name, link, status, digest, command } from "../parts/values.js";
import { table, section, empty } from "../parts/tables.js";
import { drawing } from "../services/drawing.js";
import { offers } from "../services/offers.js";

/** The routes that were observed are read off all that was sent, so they are asked for seldom. */
const routesEvery = 300_000;

/** Deploys that are read: those of one service may lie behind many of others. */
const deploymentsAtMost = (one) => (one ? 1000 : 30);

export const services = {
  title: "Services",
  tab: "services",
  every: 10_000,
  matches: (path) => path[0] === "services" && path.length <= 2,
  async load(place, signal, memory) {
    const { deployments } = await get(["deployments"], { limit: deploymentsAtMost(place.path[1]) }, signal);
    const inForce = String(deployments.filter(({ active }) => active).map(({ id }) => id));
    if (memory.inForce !== inForce || Date.now() - memory.readAt > routesEvery) {
      memory.routes = await get(["routes"], {}, signal);
      Object.assign(memory, { inForce, readAt: Date.now() });
    }
    return { routes: memory.routes, deployments };
  },
  show({ place, data: { routes, deployments } }) {
    const one = place.path[1];
    const shown = one ? routes.services.filter(({ service }) => service === one) : routes.services;
    return [
      h("h1", {}, one ? name(one) : "Services"),
      one ? h("p", {},
        link(to(["services"]), "all services"), " · ",
        link(to(["workflows"], { service: one }), "its workflows"), " · ",
        link(to(["dead-letters"], { service: one }), "its dead letters")) : null,
      shown.length === 0 ? none(one) : null,
      one ? null : drawing(routes),
      shown.length === 0 ? null : section("What they offer", shown.map((service) => offers(service, Boolean(one)))),
      one ? null : section("Events", events(routes.events)),
      section("Deployments", one
        ? history(deployments.filter(({ services }) => services.includes(one)), deployments.length >= deploymentsAtMost(one))
        : history(deployments)),
    ];
  },
};

function none(one) {
  return one
    ? empty("No service is deployed by that name.")
    : empty("Nothing is deployed. ", command("wasmesh init hello"), " makes a project, ", command("wasmesh deploy"), " puts one in force.");
}

function events(list) {
  if (list.length === 0) return empty("No deployed service declares one.");
  return table(["event", "payload", "key", "emitted by", "heard by"], list.map((event) => [
    h("code", {}, event.name), event.payload, event.key,
    event.emittedBy.map((service) => h("div", {}, link(to(["services", service]), service))),
    event.handledBy.length === 0
      ? h("span", { class: "none" }, "nobody here")
      : event.handledBy.map((method) => h("div", {}, link(to(["services", method.split("/")[0]]), method))),
  ]));
}

/** `hasMore`: whether there were more deploys than were read. */
function history(list, hasMore = false) {
  if (list.length === 0 && hasMore) return empty(`None among the last ${number(deploymentsAtMost(true))} of the mesh.`);
  if (list.length === 0) return empty("None. ", command("wasmesh deploy"));
  return table(["deployed", "namespace", "version", "", "services", "package", "pool", "by"], list.map((row) => [
    time(row.at), row.namespace, row.version, row.active ? status("in force") : null,
    row.services.map((service) => h("div", {}, name(service))), digest(row.digest), row.pool, name(row.by, 30),
  ]));
}
