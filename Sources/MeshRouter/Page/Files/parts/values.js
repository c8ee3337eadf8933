// Small things that every view shows: times, names, values.

import { h } from "../core/dom.js";
import { now } from "../core/api.js";
import { pretty, render } from "../core/json.js";
import * as text from "../core/text.js";

/** A time as an age, in full on hover; nothing for nothing. */
export function time(iso) {
  if (!iso) return null;
  const at = text.moment(iso);
  if (Number.isNaN(at)) return text.plain(iso);
  return h("time", { datetime: iso, title: `${text.absolute(at)}\n${text.precise(at)}` }, text.age(now() - at));
}

/** For how long something has lasted that began then, in full on hover. */
export function lasting(iso) {
  if (!iso) return null;
  const at = text.moment(iso);
  return h("time", { datetime: iso, title: `since ${text.absolute(at)}\n${text.precise(at)}` }, `for ${text.duration(now() - at)}`);
}

/** A name or id: whole on hover, cut where it is long. */
export function name(value, limit = 60) {
  const whole = text.plain(value);
  return h("span", { class: "name", title: whole.length > limit ? whole : null }, text.cut(whole, limit));
}

/** A link to a place of this page. */
export function link(href, ...children) {
  return h("a", { href }, children);
}

/** How something is, in a word with a colour. */
export function status(word) {
  return h("span", { class: "status", "data-status": word }, word);
}

/** The first digits of a package's digest, all of them on hover. */
export function digest(value) {
  return value ? h("code", { title: value }, value.slice(0, 12)) : null;
}

/** A command to type. */
export function command(line) {
  return h("code", { class: "command" }, line);
}

/** Lines that are shown of a long value. */
const shownLines = 24;
/** Characters that are shown of a long value. */
const shownCharacters = 1200;

/** JSON, a few lines of it where it is long. */
export function json(value) {
  return long(pretty(value));
}

/** Text as it is, a few lines of it where it is long. */
export function long(value) {
  const whole = text.lines(value);
  const rows = whole.split("\n");
  if (rows.length <= shownLines && whole.length <= shownCharacters) return h("pre", { class: "value" }, whole);
  const beginning = text.cut(rows.slice(0, shownLines).join("\n"), shownCharacters);
  return h("details", { class: "long" },
    h("summary", {}, h("pre", { class: "value" }, beginning), h("span", { class: "more" }, `all ${text.number(whole.length)} characters`)),
    h("pre", { class: "value" }, whole));
}

/** JSON on one line, cut. */
export function short(value, limit = 80) {
  return h("code", { class: "short" }, text.cut(render(value), limit));
}

/** An error as it came: its code, its message with its lines, and its details. */
export function failure(error) {
  return h("div", { class: "failure" },
    error.code ? h("code", {}, text.plain(error.code)) : null,
    h("p", {}, text.lines(error.message ?? render(error))),
    error.details === undefined || error.details === null || render(error.details) === "{}" ? null : json(error.details));
}
