// The page: finds the view of an address, shows it, and keeps it fresh while somebody looks.

import { h, patchChildren } from "./core/dom.js";
import * as session from "./core/session.js";
import * as places from "./core/place.js";
import { bar } from "./parts/bar.js";
import { views } from "./views/views.js";
import { login } from "./views/login.js";
import { failure } from "./parts/values.js";

const main = document.getElementById("view");
const trouble = document.getElementById("trouble");

/** What is shown: its address, its view, what ends its requests, and the timer of its next refresh. */
let shown = null;

function leave() {
  shown?.ending.abort();
  clearTimeout(shown?.timer);
  shown = null;
}

/** Shows what the address says. */
function visit() {
  session.takeFromAddress();
  if (!session.token()) return showLogin();
  const place = places.read(location.hash);
  const found = place && views.find(({ matches }) => matches(place.path));
  const isSame = found && shown?.view === found && String(shown.place.path) === String(place.path);
  leave();
  if (!found) return show([h("h1", {}, "Nothing is here"), h("p", {}, h("a", { href: "#/" }, "To the overview"))], "Wasmesh", "");
  shown = { place, view: found, ending: new AbortController(), isNew: !isSame, memory: {} };
  main.ariaBusy = "true";
  refresh(shown);
}

/** Loads and shows it again, one load at a time; once more later, if the view says so. */
async function refresh(visit) {
  if (visit.isLoading) return void (visit.isWanted = true);
  clearTimeout(visit.timer);
  Object.assign(visit, { isLoading: true, isWanted: false });
  await load(visit);
  visit.isLoading = false;
  if (shown !== visit) return;
  if (visit.isWanted) return refresh(visit);
  if (visit.view.every && !document.hidden) visit.timer = setTimeout(() => refresh(visit), visit.view.every);
}

async function load(visit) {
  const { place, view, memory } = visit;
  try {
    const before = visit.data;
    visit.data = await view.load(place, visit.ending.signal, memory);
    if (shown !== visit) return;
    tellTrouble(null);
    // A view says by the same object that there is nothing new.
    if (visit.data !== before || visit.isNew) draw(visit);
  } catch (error) {
    if (shown !== visit) return;
    if (error.isUnauthenticated) return logOut(error.message);
    // What was shown before stays, with a word that it is old.
    if (visit.data && (error.status === 0 || error.status >= 500)) return tellTrouble(error);
    show([h("h1", {}, view.title), failure(error)], view.title, view.tab, !visit.hasFailed);
    Object.assign(visit, { isNew: true, hasFailed: true });
  }
}

/** Draws what is loaded. */
function draw(visit) {
  const { place, view, data, memory } = visit;
  const redraw = () => shown === visit && visit.data !== undefined && draw(visit);
  const reload = () => shown === visit && refresh(visit);
  show([view.show({ place, data, memory, redraw, reload })].flat(Infinity), view.title, view.tab, visit.isNew);
  visit.isNew = false;
}

function show(children, title, tab, isNew = true) {
  document.title = title === "Wasmesh" ? title : `${title} · Wasmesh`;
  patchChildren(document.getElementById("bar"), [bar(tab, logOut)]);
  const nodes = children.filter((child) => child instanceof Node);
  if (isNew) main.replaceChildren(...nodes);
  else patchChildren(main, nodes);
  main.removeAttribute("aria-busy");
  if (!isNew) return;
  main.focus({ preventScroll: true });
  // On a narrow screen the bar is wider than what is seen of it.
  document.querySelector("#bar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  scrollTo(0, 0);
}

function tellTrouble(error) {
  trouble.hidden = !error;
  trouble.textContent = error ? `${error.message}; what is shown is old` : "";
}

function showLogin(message = "") {
  leave();
  tellTrouble(null);
  document.title = "Wasmesh";
  document.getElementById("bar").replaceChildren();
  main.replaceChildren(login(message, visit));
  main.removeAttribute("aria-busy");
}

function logOut(message = "") {
  session.end();
  showLogin(typeof message === "string" ? message : "");
}

addEventListener("hashchange", visit);
document.addEventListener("visibilitychange", () => {
  // A view that isn't refreshed by itself may hold what somebody has typed.
  if (!document.hidden && shown && (shown.view.every || shown.data === undefined)) refresh(shown);
});
visit();
