// Lists: tables that become cards on a narrow screen, filters, facts, and what is said where there is nothing.

import { h } from "../core/dom.js";
import { to, go, read } from "../core/place.js";

/** A table; `columns` are headings, `rows` lists of as many cells. A heading that begins with # is a column of numbers. */
export function table(columns, rows) {
  const isNumber = columns.map((column) => column.startsWith("#"));
  const titles = columns.map((column) => column.replace(/^#/, ""));
  return h("div", { class: "scroll" },
    h("table", {},
      h("thead", {}, h("tr", {}, titles.map((title, at) => h("th", { class: isNumber[at] ? "number" : null, scope: "col" }, title)))),
      h("tbody", {}, rows.map((cells) =>
        h("tr", {}, cells.map((cell, at) => h("td", { class: isNumber[at] ? "number" : null, "data-title": titles[at] }, cell)))))));
}

/** What is said where a list is empty: why, and what to do. */
export function empty(...children) {
  return h("p", { class: "empty" }, children);
}

/** A part of a view with a heading. */
export function section(title, ...children) {
  return h("section", {}, h("h2", {}, title), children);
}

/** Names and values; those without a value are left out. */
export function facts(members) {
  return h("dl", { class: "facts" },
    members.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, value))));
}

/**
 * A row of filters; a changed one is asked for at once, from the first page.
 *
 * `fields` are `{name, title, options?}`: a choice where there are options, else a text.
 */
export function filters(place, fields) {
  const change = (name) => (event) => {
    const control = event.currentTarget;
    // Another filter may have been changed since this was drawn: the address has it.
    const query = { ...(read(location.hash) ?? place).query, [name]: control.value.trim() };
    settle(control);
    delete query.after;
    delete query.before;
    go(place.path, query);
  };
  return h("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
    fields.map((field) => h("label", {}, h("span", {}, field.title), input(field, place.query[field.name] ?? "", change(field.name)))),
    Object.keys(place.query).length > 0 ? h("a", { class: "clear", href: to(place.path) }, "clear") : null);
}

/** The value is the page's now, no longer only typed: whoever goes back finds the one before. */
function settle(control) {
  if (!control.options) return void (control.defaultValue = control.value);
  for (const option of control.options) option.defaultSelected = option.selected;
}

function input({ name, options, hint }, value, onchange) {
  if (!options) return h("input", { name, value, placeholder: hint, onchange, autocomplete: "off", spellcheck: "false" });
  const known = options.some(([option]) => option === value) ? options : [...options, [value, value]];
  return h("select", { name, onchange },
    known.map(([option, title]) => h("option", { value: option, selected: option === value }, title)));
}

/** Further pages of a list; `marks` are the names in the query that say where a page goes on. */
export function pages(place, mark, next) {
  if (!next && !place.query[mark]) return null;
  return h("nav", { class: "pages", "aria-label": "pages" },
    place.query[mark] ? h("a", { href: to(place.path, { ...place.query, [mark]: "" }) }, "first page") : null,
    next ? h("a", { href: to(place.path, { ...place.query, [mark]: next }) }, "next page") : null);
}
