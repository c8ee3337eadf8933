// Where a time lies between the left and the right of a timeline.

import { duration } from "../core/text.js";

/** Ticks at most. */
const tickCount = 6;

/**
 * A scale over `times`, of which the first is the left end and the last the right one; from 0 to 1.
 *
 * With `compresses`, a day of waiting takes little more room than a minute: each stretch between two times has the logarithm of its
 * length. Without, it is true to scale.
 */
export function scale(times, compresses) {
  const known = [...new Set(times)].sort((left, right) => left - right);
  const places = [0];
  for (let index = 1; index < known.length; index += 1) {
    const gap = known[index] - known[index - 1];
    places.push(places[index - 1] + (compresses ? Math.log1p(gap) : gap));
  }
  const whole = places.at(-1) || 1;
  const at = (time) => {
    if (time <= known[0]) return 0;
    const index = firstNotBefore(known, time);
    if (index === known.length) return 1;
    const part = (time - known[index - 1]) / (known[index] - known[index - 1]);
    return (places[index - 1] + part * (places[index] - places[index - 1])) / whole;
  };
  const ticks = compresses ? spread(known, at) : even(known, at);
  // The whole, where there is room for it.
  if (ticks.length > 0 && ticks.at(-1).place < 0.8) ticks.push({ place: 1, text: duration(known.at(-1) - known[0]) });
  return { at, ticks };
}

/** The index of the first that isn't before `time`, of a sorted list: a long run asks for thousands. */
function firstNotBefore(known, time) {
  let [low, high] = [0, known.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (known[middle] >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** At round lengths: 1, 2 or 5 of a unit. */
function even(known, at) {
  const span = (known.at(-1) ?? 0) - (known[0] ?? 0);
  if (!(span > 0)) return [];
  const units = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 36_000_000, 86_400_000, 864_000_000];
  const sizes = units.flatMap((unit) => [unit, unit * 2, unit * 5]);
  const step = sizes.find((size) => span / size <= tickCount) ?? span / tickCount;
  const ticks = [];
  for (let length = 0; length <= span * 0.94; length += step) ticks.push({ place: at(known[0] + length), text: duration(length) });
  return ticks;
}

/** At times that are there, not too near to each other. */
function spread(known, at) {
  const ticks = [];
  for (const time of known) {
    const place = at(time);
    if (place > 0.9 || (ticks.length > 0 && place - ticks.at(-1).place < 0.9 / tickCount)) continue;
    ticks.push({ place, text: duration(time - known[0]) });
  }
  return ticks;
}
