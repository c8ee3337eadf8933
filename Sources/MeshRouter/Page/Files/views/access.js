// Who may do what: grants and limits for calls to the outside, and tokens.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { plain, number } from "../core/text.js";
import { time, name, status, command } from "../parts/values.js";
import { table, section, empty } from "../parts/tables.js";

export const access = {
  title: "Access",
  tab: "access",
  every: 10_000,
  matches: (path) => path[0] === "access" && path.length === 1,
  async load(_, signal) {
    const [{ grants }, { limits }, { tokens }] = await Promise.all([
      get(["grants"], {}, signal), get(["limits"], {}, signal), get(["tokens"], {}, signal),
    ]);
    return { grants, limits, tokens };
  },
  show: ({ data }) => [
    h("h1", {}, "Access"),
    section("What services may do outside", grants(data.grants)),
    section("How fast the outside is called", limits(data.limits)),
    section("Tokens", tokens(data.tokens)),
  ],
};

function grants(list) {
  if (list.length === 0) return empty("Nothing. ", command("wasmesh grants add SERVICE http:https://api.example.com/v1/"), " allows calls there.");
  return table(["service", "may", "granted by", "granted"], list.map((grant) => [
    name(grant.service), h("code", {}, plain(grant.capability)), name(grant.grantedBy, 40), time(grant.grantedAt),
  ]));
}

function limits(list) {
  if (list.length === 0) return empty("As fast as egress processes can. ", command("wasmesh limits set https://api.example.com --rate 600/m"), " holds back.");
  return table(["origin", "rate", "#at once", "#waiting", "#under way", "set by", "set"], list.map((limit) => [
    h("code", {}, plain(limit.origin)), limit.rate, limit.concurrency, number(limit.waiting), number(limit.underWay),
    name(limit.setBy, 40), time(limit.setAt),
  ]));
}

function purpose(token) {
  if (token.administrator) return "the control plane";
  return token.roles.length > 0 ? `roles ${token.roles.map(plain).join(", ")}` : "calls";
}

function tokens(list) {
  return table(["#id", "name", "for", "made", ""], list.map((token) => [
    token.id, name(token.name, 60), purpose(token),
    time(token.createdAt), token.revokedAt ? [status("taken back"), " ", time(token.revokedAt)] : null,
  ]));
}
