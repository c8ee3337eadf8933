// What is shown is made of nodes, never of markup: a text can't become an element, whatever it holds. Nothing in the page sets
// innerHTML, and the page's Content-Security-Policy (trusted types) lets nobody do so.

const svgSpace = "http://www.w3.org/2000/svg";

/** Attributes that fetch, run or send something; the page needs none of them. */
const forbidden = new Set(["src", "srcdoc", "srcset", "action", "formaction", "style", "xlink:href", "data", "ping"]);

/** What each node does at an event, by type: one listener per type asks here, so that a redrawn node can be given new actions. */
const actions = new WeakMap();

/** An element: `h("a", {href: "#/", onclick: go}, "text", child)`. Children are texts, nodes, lists of them, or nothing. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for drawings. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(svgSpace, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) set(node, name, value);
  append(node, children);
  return node;
}

function set(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) return listen(node, name.slice(2), value);
  // The policy lets scripts set single properties, not whole attributes.
  if (name === "place") {
    for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
    return;
  }
  const text = value === true ? "" : String(value);
  if (forbidden.has(name) || (name === "href" && !text.startsWith("#"))) throw new Error(`the page sets no ${name}="${text}"`);
  node.setAttribute(name, text);
}

function append(node, children) {
  for (const child of children) {
    if (child === undefined || child === null || child === false || child === "") continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function listen(node, type, action) {
  if (!actions.has(node)) actions.set(node, new Map());
  actions.get(node).set(type, action);
  node.addEventListener(type, act);
}

function act(event) {
  actions.get(event.currentTarget)?.get(event.type)?.(event);
}

/**
 * Makes `old` look and act like `next` and changes only what differs, so that a refresh keeps the focus, selections, and what is folded out.
 * Nodes with another `data-key` are others.
 */
export function patch(old, next) {
  if (old.nodeName !== next.nodeName || old.dataset?.key !== next.dataset?.key) return old.replaceWith(next);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  const before = given(old);
  patchAttributes(old, next);
  const fresh = actions.get(next) ?? new Map();
  for (const type of [...(actions.get(old)?.keys() ?? [])]) if (!fresh.has(type)) actions.get(old).delete(type);
  for (const [type, action] of fresh) listen(old, type, action);
  patchChildren(old, [...next.childNodes]);
  // After its options are there. What somebody has typed or chosen meanwhile stays, unless the page itself has another value now.
  if (before !== undefined && before !== given(next)) old.value = given(next);
}

/** The value that a control was drawn with; undefined for all else. */
function given(node) {
  if (node.nodeName === "INPUT" || node.nodeName === "TEXTAREA") return node.defaultValue;
  if (node.nodeName !== "SELECT") return undefined;
  const options = [...node.options];
  return (options.find(({ defaultSelected }) => defaultSelected) ?? options[0])?.value ?? "";
}

/** Gives `node` these children, with as little change as can be. */
export function patchChildren(node, children) {
  const before = [...node.childNodes];
  children.forEach((child, index) => (index < before.length ? patch(before[index], child) : node.append(child)));
  for (const extra of before.slice(children.length)) extra.remove();
}

function patchAttributes(old, next) {
  for (const { name } of [...old.attributes]) {
    // Whether something is folded out is the reader's to say.
    if (name !== "open" && name !== "style" && !next.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...next.attributes]) {
    if (name !== "open" && name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.style && old.style.cssText !== next.style.cssText) old.style.cssText = next.style.cssText;
}
