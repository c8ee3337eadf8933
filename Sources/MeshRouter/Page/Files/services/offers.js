// What a service offers: its methods, what it emits and what it hears.

import { h } from "../core/dom.js";
import { plain } from "../core/text.js";
import { digest } from "../parts/values.js";
import { facts, table } from "../parts/tables.js";

export function offers(service, isOpen) {
  return h("details", { class: "service", open: isOpen, "data-key": service.service },
    h("summary", {}, h("b", {}, service.service), ` ${service.version}`,
      service.documentation ? h("span", { class: "words" }, service.documentation.split("\n")[0]) : null),
    h("div", { class: "inside" },
      service.documentation?.includes("\n") ? h("p", { class: "documentation" }, service.documentation) : null,
      facts([["package", digest(service.digest)], ["pool", service.pool], ["topic", service.topic], ["state", service.state]]),
      table(["method", "what", "key", "notes"], service.methods.map((method) => [
        [h("code", {}, signature(method)), method.documentation ? h("div", { class: "documentation" }, method.documentation) : null],
        what(method), method.key ? h("code", {}, method.key) : null, notes(method),
      ]))));
}

function signature(method) {
  const list = method.arguments.map(({ name, type }) => `${name}: ${type}`).join(", ");
  return `${method.name}(${list})` + (method.result && method.result !== "Void" ? `: ${method.result}` : "");
}

function what(method) {
  if (method.emits) return ["emits ", h("code", {}, method.emits)];
  if (method.handles) return ["hears ", h("code", {}, method.handles)];
  return method.role;
}

function notes(method) {
  return [
    method.exposed || method.emits || method.handles ? null : "not exposed",
    method.idempotent ? "idempotent" : null,
    method.schedule ? `on schedule ${method.schedule}` : null,
    method.roles.length > 0 ? `for ${method.roles.map(plain).join(", ")}` : null,
    method.deprecated === null || method.deprecated === undefined ? null : `deprecated ${method.deprecated}`,
  ].filter(Boolean).join(", ");
}
