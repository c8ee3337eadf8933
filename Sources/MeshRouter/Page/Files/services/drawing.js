// Services and events as a drawing: who emits and who hears what, and who was seen to call whom.

import { h, svg } from "../core/dom.js";
import { to } from "../core/place.js";
import { plain, cut } from "../core/text.js";
import { layers } from "./layers.js";

const [boxWidth, boxHeight, gapX, gapY, edge] = [190, 30, 70, 14, 12];
/** Below and beside the boxes, for lines that lead back; between two of them. */
const [around, apart] = [36, 7];
/** Beyond, a drawing says less than a list. */
const nodesAtMost = 80;

export function drawing(routes) {
  const { nodes, edges } = graph(routes);
  if (edges.length === 0) return null;
  if (nodes.length > nodesAtMost) return h("p", { class: "scope" }, `${nodes.length} services and events are too many to draw.`);
  const { rows, layer, placed } = layers(nodes.map(({ id }) => id), edges);
  const back = edges.filter(({ from, to }) => layer.get(to) <= layer.get(from));
  const side = back.length > 0 ? around : edge;
  const inner = Math.max(...rows.map((row) => row.length)) * (boxHeight + gapY) - gapY;
  const width = rows.length * (boxWidth + gapX) - gapX + 2 * side;
  const height = inner + 2 * edge + back.length * apart;
  const place = (id) => ({
    x: side + layer.get(id) * (boxWidth + gapX),
    y: edge + inner / 2 + placed.get(id) * (boxHeight + gapY) - boxHeight / 2,
  });
  const path = (one) => {
    const [from, to, lane] = [place(one.from), place(one.to), back.indexOf(one) + 1];
    return lane === 0 ? forward(from, to) : backward(from, to, edge + inner + lane * apart);
  };
  return h("figure", { class: "drawing" },
    svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "services and events" },
      edges.map((one) => line(path(one), place(one.to), one.kind)),
      nodes.map((node) => box(node, place(node.id)))),
    h("figcaption", {},
      h("span", { class: "legend service" }, "service"), h("span", { class: "legend event" }, "event"),
      h("span", { class: "legend call" }, "call, as seen in messages that are kept")));
}

/** Nodes and edges of what the routes say. */
export function graph({ services, events, calls }) {
  const nodes = new Map();
  const edges = new Map();
  const node = (kind, title) => {
    const id = kind + " " + title;
    nodes.set(id, { id, kind, title });
    return id;
  };
  const join = (from, to, kind) => from !== to && edges.set(from + " " + to, { from, to, kind });
  for (const { service } of services) node("service", service);
  for (const event of events) {
    const id = node("event", event.name);
    for (const service of event.emittedBy) join(node("service", service), id, "emits");
    for (const method of event.handledBy) join(id, node("service", service(method)), "hears");
  }
  for (const call of calls ?? []) join(node("service", call.from), node("service", service(call.to)), "calls");
  const joined = new Set([...edges.values()].flatMap(({ from, to }) => [from, to]));
  // What nothing leads to or from is in the list.
  return { nodes: [...nodes.values()].filter(({ id }) => joined.has(id)), edges: [...edges.values()] };
}

/** The service of `shop.Orders/place`. */
function service(method) {
  return method.split("/")[0];
}

function box({ kind, title }, { x, y }) {
  const text = plain(title);
  const content = [
    svg("rect", { x, y, width: boxWidth, height: boxHeight, rx: kind === "event" ? boxHeight / 2 : 5 }),
    svg("text", { x: x + boxWidth / 2, y: y + boxHeight / 2, "text-anchor": "middle", "dominant-baseline": "central" }, cut(text, 25)),
    svg("title", {}, text),
  ];
  return kind === "service"
    ? svg("a", { href: to(["services", title]), class: "node service" }, content) : svg("g", { class: "node event" }, content);
}

/** From the right side of a box to the left side of another. */
function forward(from, to) {
  const [x1, y1, x2, y2] = [from.x + boxWidth, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2 - 5} ${y2}`;
}

/** The same to a box that stands further left: around, below all boxes at `bottom`. */
function backward(from, to, bottom) {
  const [x1, y1, x2, y2] = [from.x + boxWidth, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2];
  const bend = around - 4;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x1 + bend} ${bottom} ${x1} ${bottom}H${x2}C${x2 - bend} ${bottom} ${x2 - bend} ${y2} ${x2 - 5} ${y2}`;
}

function line(path, to, kind) {
  return svg("g", { class: `edge ${kind}` },
    svg("path", { d: path }), svg("path", { class: "tip", d: `M${to.x} ${to.y + boxHeight / 2}l-7 -3.5v7z` }));
}
