// What is on the wire: the list of packets, and the dots that run along the wires.

import { $, make, place } from "./elements.js";
import { add, show } from "./packet-list.js";
import { glossary, matches } from "./packets.js";

const MOST_ROWS = 300;

let rows = [];
let paused = false;
let unseen = 0;

const filter = () => ({ find: $("find").value.trim(), whose: $("whose").value, kinds: $("kinds").value });

function showCount() {
  const shown = $("packets").children.length;
  $("no-packets").hidden = shown > 0;
  $("no-packets").textContent = rows.length > 0 ? "Nothing that fits." : "Nothing yet.";
  $("count").textContent = paused && unseen > 0 ? `${unseen} new` : shown < rows.length ? `${shown} of ${rows.length}` : "";
}

function showRows() {
  const wanted = filter();
  show(rows.filter((row) => matches(row, wanted)));
  unseen = 0;
  showCount();
}

/** Shows these packets instead of what was there. */
export function replaceRows(all) {
  rows = all;
  showRows();
}

/** Adds what came since. */
export function addRows(more) {
  rows.push(...more);
  rows.splice(0, rows.length - MOST_ROWS);
  for (const row of more) {
    const wire = row.to_broker !== null && $(`wire-${place(row.who)}`);
    if (wire && !paused) pulse(wire, row.to_broker === (row.who === "device"));
  }
  if (paused) {
    unseen += more.length;
    showCount();
    return;
  }
  const wanted = filter();
  add(more.filter((row) => matches(row, wanted)), MOST_ROWS);
  showCount();
}

/** A dot that runs along the wire. */
function pulse(wire, forward) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || wire.children.length > 4) return;
  const dot = make("span", forward ? "pulse forward" : "pulse back");
  dot.addEventListener("animationend", () => dot.remove());
  wire.append(dot);
}

function pause(on) {
  paused = on;
  $("pause").setAttribute("aria-pressed", on);
  $("pause").textContent = on ? "Go on" : "Pause";
  if (!on) showRows();
}

for (const id of ["find", "whose", "kinds"]) $(id).addEventListener("input", showRows);
$("pause").addEventListener("click", () => pause(!paused));
$("clear").addEventListener("click", () => { rows = []; showRows(); });
// Who reads a packet does not want it to run away.
$("packets").addEventListener("toggle", (event) => { if (event.target.open && !paused) pause(true); }, true);
glossary($("glossary"));
