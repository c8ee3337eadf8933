// JSON as it came: a number that JavaScript would round keeps its digits.

import { plain } from "./text.js";

/** A number as it was written. */
export class ExactNumber {
  constructor(source) {
    this.source = source;
  }
  valueOf() {
    return Number(this.source);
  }
  toString() {
    return this.source;
  }
}

/** Whether this browser tells how a number was written. Without, what it has read isn't what came, and isn't to be sent. */
export const isExact = (() => {
  let source;
  JSON.parse("1", (_, value, context) => {
    source = context?.source;
    return value;
  });
  return source === "1";
})();

/** Reads JSON; where the browser tells how a number was written (`context.source`), one that would change is an ExactNumber. */
export function parse(text) {
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" && context?.source && String(value) !== context.source ? new ExactNumber(context.source) : value);
}

/** The same with indentation, or on one line without. */
export function render(value, indent = "") {
  if (value instanceof ExactNumber) return value.source;
  if (value === null || typeof value !== "object") return scalar(value);
  const isList = Array.isArray(value);
  const members = isList
    ? value.map((element) => render(element, indent && indent + "  "))
    : Object.entries(value).map(([key, member]) => scalar(key) + ": " + render(member, indent && indent + "  "));
  const [open, close] = isList ? "[]" : "{}";
  if (members.length === 0) return open + close;
  if (!indent) return open + members.join(", ") + close;
  return `${open}${indent}  ${members.join("," + indent + "  ")}${indent}${close}`;
}

/** With what can't be seen as an escape, which means the same. */
function scalar(value) {
  return plain(JSON.stringify(value) ?? "null");
}

/** With a line for each member. */
export function pretty(value) {
  return render(value, "\n");
}
