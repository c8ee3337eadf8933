// How many workflows there are, by type and status.

import { h } from "../core/dom.js";
import { to } from "../core/place.js";
import { number } from "../core/text.js";
import { name, link, command } from "../parts/values.js";
import { table, empty } from "../parts/tables.js";

/** The statuses, those that want attention first. */
export const statuses = ["stuck", "running", "failed", "cancelled", "terminated", "completed"];

export function workflowCounts(counts) {
  if (counts.length === 0) return empty("None yet. Start one: ", command("wasmesh workflows start SERVICE/METHOD '{…}' --id ID"));
  const types = [...new Set(counts.map(({ service, type }) => `${service}/${type}`))].sort();
  const seen = statuses.filter((status) => counts.some((row) => row.status === status));
  return table(["type", ...seen.map((status) => "#" + status)], types.map((whole) => {
    const [service, type] = [whole.slice(0, whole.lastIndexOf("/")), whole.slice(whole.lastIndexOf("/") + 1)];
    const cell = (status) => {
      const row = counts.find((row) => row.service === service && row.type === type && row.status === status);
      return row ? link(to(["workflows"], { service, type, status }), number(row.count)) : h("span", { class: "none" }, "0");
    };
    return [link(to(["workflows"], { service, type }), name(whole)), ...seen.map(cell)];
  }));
}
