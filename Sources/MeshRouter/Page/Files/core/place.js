// Where one is, as the address's fragment says it: `#/workflows/shop.Orders/o-17?run=2`.

/** The path's segments and the query of a fragment; null for one that can't be read. */
export function read(fragment) {
  const text = fragment.replace(/^#?\/?/, "");
  const mark = text.indexOf("?");
  try {
    const path = (mark < 0 ? text : text.slice(0, mark)).split("/").filter((part) => part !== "").map(decodeURIComponent);
    return { path, query: Object.fromEntries(new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1))) };
  } catch {
    return null;
  }
}

/** The fragment of a place; what is empty in the query is left out. */
export function to(path, query = {}) {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = "#/" + path.map(encodeURIComponent).join("/");
  return asked.length === 0 ? text : text + "?" + new URLSearchParams(asked);
}

/** Goes there. */
export function go(path, query = {}) {
  location.hash = to(path, query);
}
