// Times, durations and numbers as people read them.

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
];

/** A duration: `80 µs`, `420 ms`, `3.2 s`, `5 m 12 s`, `3 d 4 h`. */
export function duration(milliseconds) {
  const length = Math.max(0, milliseconds);
  if (length === 0) return "0";
  if (length < 1) return `${Math.round(length * 1000)} µs`;
  if (length < 10) return `${length.toFixed(1)} ms`;
  if (length < 1000) return `${Math.round(length)} ms`;
  if (length < 10_000) return `${(length / 1000).toFixed(1)} s`;
  for (const [index, [unit, size]] of units.entries()) {
    if (length < size) continue;
    const [smaller, smallerSize] = units[index + 1] ?? ["s", 1000];
    const rest = Math.floor((length % size) / smallerSize);
    return `${Math.floor(length / size)} ${unit}` + (rest > 0 ? ` ${rest} ${smaller}` : "");
  }
  return `${Math.floor(length / 1000)} s`;
}

/** How long ago, or how long until: in one unit. */
export function age(milliseconds) {
  const length = Math.abs(milliseconds);
  if (length < 1000) return "now";
  const [unit, size] = units.find(([, size]) => length >= size) ?? ["s", 1000];
  const text = `${Math.floor(length / size)} ${unit}`;
  return milliseconds > 0 ? text + " ago" : "in " + text;
}

/** A time in full, as this browser's place has it. */
export function absolute(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** A time to the millisecond, in UTC. */
export function precise(time) {
  return new Date(time).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** `12,345`. */
export function number(value) {
  return Number(value ?? 0).toLocaleString("en");
}

/** Characters that show nothing, or turn the direction of what is around them: an id may hold any. */
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A name or id with what can't be seen written out. */
export function plain(text) {
  return String(text ?? "").replace(hidden, (character) => "\\u" + character.codePointAt(0).toString(16).padStart(4, "0"));
}

/** The same of a text with lines. */
export function lines(text) {
  return String(text ?? "").replace(/[^\n\t]+/g, plain);
}

/** The beginning of a text that is longer than `limit`. */
export function cut(text, limit) {
  return text.length > limit ? text.slice(0, limit).replace(/[\ud800-\udbff]$/, "") + "…" : text;
}

/** An argument for a command line that somebody copies into a shell: an id may hold `; rm -rf ~`, or be called `--all`. */
export function argument(value) {
  const text = String(value ?? "");
  const word = /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
  return text.startsWith("-") ? "-- " + word : word;
}

function quoted(text) {
  if (text.search(hidden) < 0) return `'${text.replaceAll("'", `'\\''`)}'`;
  // What can't be seen the shell makes of its escapes: bash, zsh and others read $'…'.
  return `$'${plain(text.replace(/[\\']/g, "\\$&"))}'`;
}

/** Milliseconds of an ISO time, with the microseconds that JavaScript's own reading leaves out. */
export function moment(time) {
  const fraction = /\.\d{3}(\d{1,3})/.exec(time ?? "")?.[1];
  return Date.parse(time) + (fraction ? Number(fraction.padEnd(3, "0")) / 1000 : 0);
}
