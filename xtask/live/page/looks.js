// When a program looks at the light again: it waits by the board's clock, so the board knows.

import { say } from "./elements.js";

/** A look that is due may take this long, and longer only where nobody looks any more. */
const LOOKING_MS = 1500;

const due = new Map();

function words(at) {
  const left = at === null ? -Infinity : at - Date.now();
  if (left < -LOOKING_MS) return "";
  return left <= 0 ? "Looking at the light now." : `Next look at the light in ${Math.ceil(left / 1000)} s.`;
}

/** Counts down in this element to that time, or says nothing where there is none. */
export function countDown(element, at) {
  due.set(element, at);
  say(element, words(at));
}

setInterval(() => {
  for (const [element, at] of due) say(element, words(at));
}, 250);
