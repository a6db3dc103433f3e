// The list of packets by keyboard: one tab stop, and from there the arrow keys. What somebody has
// reached stays where it is and keeps the focus, whatever else comes and goes.

import { $ } from "./elements.js";
import { element } from "./packets.js";

/** How far Page Up and Page Down go. */
const PAGE = 10;

/** The rows that were made, by their packets' numbers: one that is open stays so. */
const made = new Map();

/** Where Tab comes back to: the newest, until somebody has gone to another. */
let stop = null;

const list = () => $("packets");
const scroll = () => $("packets-scroll");
const summaries = () => [...list().querySelectorAll("summary")];

function itemOf(row) {
  if (!made.has(row.number)) made.set(row.number, element(row));
  return made.get(row.number);
}

/** Makes one of them the tab stop, and all others none. */
function settle() {
  const all = summaries();
  if (!all.includes(stop)) stop = null;
  const reachable = stop ?? all[0];
  for (const summary of all) summary.tabIndex = summary === reachable ? 0 : -1;
}

/** Changes the list, and leaves what somebody reads, and the focus, where they are. */
function keeping(change) {
  const focused = list().contains(document.activeElement) ? document.activeElement : null;
  const index = focused ? summaries().indexOf(focused) : -1;
  const anchor = focused ?? (scroll().scrollTop > 0 ? firstSeen() : null);
  const top = anchor?.getBoundingClientRect().top;
  change();
  settle();
  if (anchor?.isConnected) scroll().scrollTop += anchor.getBoundingClientRect().top - top;
  if (!focused || document.activeElement === focused) return;
  const all = summaries();
  // It has left: the one in its place takes over.
  const next = focused.isConnected ? focused : all[Math.min(index, all.length - 1)];
  next?.focus({ preventScroll: focused.isConnected });
}

function firstSeen() {
  const edge = scroll().getBoundingClientRect().top;
  return summaries().find((summary) => summary.getBoundingClientRect().bottom > edge) ?? null;
}

/** Shows these rows, the newest last, and no others. */
export function show(rows) {
  const items = rows.map(itemOf).reverse();
  keeping(() => list().replaceChildren(...items));
  const numbers = new Set(rows.map(({ number }) => number));
  for (const number of made.keys()) if (!numbers.has(number)) made.delete(number);
}

/** Adds these, the newest last, and keeps at most so many. */
export function add(rows, most) {
  keeping(() => {
    list().prepend(...rows.map(itemOf).reverse());
    while (list().children.length > most) list().lastElementChild.remove();
  });
  while (made.size > most) made.delete(made.keys().next().value);
}

const STEPS = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + PAGE,
  PageUp: (at) => at - PAGE,
  Home: () => 0,
  End: () => Infinity,
};

$("packets").addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const all = summaries();
  const at = all.indexOf(event.target);
  if (!step || at < 0 || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  all[Math.max(0, Math.min(step(at), all.length - 1))].focus();
});
$("packets").addEventListener("focusin", (event) => {
  if (event.target.matches("summary")) stop = event.target;
  settle();
});
