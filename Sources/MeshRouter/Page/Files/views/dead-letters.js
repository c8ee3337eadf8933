// Messages that are out of attempts, the newest first.

import { h } from "../core/dom.js";
import { get } from "../core/api.js";
import { to } from "../core/place.js";
import { plain, cut } from "../core/text.js";
import { time, name, link, status } from "../parts/values.js";
import { table, empty, filters, pages } from "../parts/tables.js";

const perPage = 50;
const known = ["service", "method", "code", "key", "status", "before"];

export const deadLetters = {
  title: "Dead letters",
  tab: "dead-letters",
  every: 5000,
  matches: (path) => path[0] === "dead-letters" && path.length === 1,
  load: (place, signal) =>
    get(["dead-letters"], { ...Object.fromEntries(known.map((name) => [name, place.query[name]])), limit: perPage }, signal),
  show: ({ place, data: { dead_letters: letters } }) => [
    h("h1", {}, "Dead letters"),
    filters(place, [
      { name: "service", title: "service", hint: "shop.Orders" },
      { name: "method", title: "method", hint: "place" },
      { name: "code", title: "error code", hint: "OUT_OF_STOCK" },
      { name: "key", title: "key" },
      { name: "status", title: "status", options: [["", "open"], ["redriven", "redriven"], ["discarded", "discarded"], ["all", "all"]] },
    ]),
    list(letters, place),
    pages(place, "before", letters.length === perPage ? letters.at(-1).id : null),
  ],
};

function list(letters, place) {
  if (letters.length === 0) {
    return Object.keys(place.query).length > 0
      ? empty("No dead letter is like that.")
      : empty("None. What is out of attempts, or was refused for good where nobody waited for the answer, stands here with its cause.");
  }
  return table(["id", "method", "key", "error", "", "failed", "#attempts"], letters.map((letter) => [
    link(to(["dead-letters", letter.id]), letter.id),
    name([letter.service, letter.method].filter(Boolean).join("/") || letter.topic, 50),
    letter.key === null ? null : name(letter.key, 30),
    h("span", { class: "error" }, h("code", {}, plain(letter.error.code)), " ", cut(plain(letter.error.message), 100)),
    status(letter.status), time(letter.failedAt), letter.attempts,
  ]));
}
