// The control plane's API, as openapi.json describes it.

import { token } from "./session.js";
import { parse } from "./json.js";

/** An error as the API tells it. */
export class APIError extends Error {
  constructor(status, code, message, details) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
  /** Whether an order may have been taken all the same. */
  isUncertain = false;

  get isUnauthenticated() {
    return this.status === 401;
  }
}

/** By how much the router's clock is ahead of this one's, in milliseconds: ages are told by the router's. */
let ahead = 0;

/** Now, by the router's clock. */
export function now() {
  return Date.now() + ahead;
}

/** `GET /api/v1/<path>`; what is empty in the query isn't asked for. */
export function get(path, query = {}, signal = undefined) {
  return ask("GET", path, { query, signal });
}

/** `POST /api/v1/<path>`; `body` is an object, or text as it is. */
export function post(path, body = undefined) {
  return ask("POST", path, { body: body === undefined || typeof body === "string" ? body : JSON.stringify(body) });
}

async function ask(method, path, { query = {}, body, signal }) {
  const headers = { Authorization: "Bearer " + token(), Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const limits = [AbortSignal.timeout(60_000), ...(signal ? [signal] : [])];
  const url = address(path, query);
  let answer, text;
  try {
    answer = await fetch(url, {
      method, headers, body, signal: AbortSignal.any(limits), cache: "no-store", redirect: "manual",
      // The router reads no cookies; a proxy before it may want its own.
      credentials: "same-origin",
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw lost(method, 0, error.name === "TimeoutError" ? "the router hasn't answered within a minute" : "the router can't be reached");
  }
  // The router sends nobody elsewhere, so this wasn't it.
  if (answer.type === "opaqueredirect") throw new APIError(0, "", "a proxy before the router wants a login: load the page anew");
  readClock(answer.headers.get("Date"));
  return read(method, answer, text);
}

/** There is no answer, or none of the router's: nobody knows whether it has taken the request. */
function lost(method, status, message) {
  const error = new APIError(status, "", message);
  error.isUncertain = method !== "GET";
  return error;
}

function read(method, answer, text) {
  let content;
  try {
    content = parse(text);
  } catch {
    throw lost(method, answer.status, `the answer (HTTP ${answer.status}) isn't JSON: ${text.slice(0, 200)}`);
  }
  if (answer.ok) return content;
  const { code = "", message = "", details } = content ?? {};
  throw new APIError(answer.status, code, message || `HTTP ${answer.status}`, details);
}

/** `path` is a list of segments. Relative to the page, so that a proxy may serve the router under a prefix. */
function address(path, query) {
  for (const segment of path) {
    // Browsers take these out of a path, also escaped, and would ask for another one.
    if (segment === "" || segment === "." || segment === "..") {
      throw new APIError(0, "", `a browser can't ask for '${segment}'; the command line can`);
    }
  }
  const url = new URL("../api/v1/" + path.map(encodeURIComponent).join("/"), document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

function readClock(date) {
  const time = Date.parse(date ?? "");
  // The header has whole seconds.
  if (!Number.isNaN(time)) ahead = Math.abs(time - Date.now()) > 3000 ? time - Date.now() : 0;
}
