// The token lives in this tab's sessionStorage: it goes with no request but in the header Authorization, and not with links.

const name = "wasmesh.token";

/** The administrator's token, or null. */
export function token() {
  return sessionStorage.getItem(name);
}

export function begin(text) {
  sessionStorage.setItem(name, text);
}

export function end() {
  sessionStorage.removeItem(name);
}

/** A token is a header's value. */
export function isToken(text) {
  return /^[\x21-\x7e]{1,512}$/.test(text);
}

/**
 * Takes the token out of an address such as `wasmesh dev` prints (`/ui/#token=…`). A fragment is sent to nobody; it leaves the
 * address and the history at once.
 */
export function takeFromAddress() {
  const given = /^#token=(.*)$/.exec(location.hash);
  if (!given) return;
  history.replaceState(null, "", location.pathname + location.search + "#/");
  if (isToken(given[1])) begin(given[1]);
}
