// The page shows what the board says, and nothing that it only wishes for: a slider that was moved
// is a request, and the board's answer moves it everywhere.

import { showCast, withdrawn } from "./cast.js";
import { $, make, place } from "./elements.js";
import { showLabs, watchPackets } from "./labs.js";
import { showOrders } from "./orders.js";
import { showParts } from "./parts.js";
import { showRoom } from "./room.js";
import { showScales } from "./scales.js";
import { showStadium } from "./stadium.js";
import { addRows, replaceRows } from "./wire.js";

const MOST_LINES = 400;

let now = null;

// --- What programs print ------------------------------------------------------------------------

function addLines(lines) {
  for (const line of lines) {
    const console = $(`${place(line.who)}-lines`);
    const atEnd = console.scrollTop + console.clientHeight >= console.scrollHeight - 4;
    const whose = line.device ? `${line.device} | ` : "";
    const text = make("span", line.error ? "stderr" : "stdout", `${whose}${line.text}\n`);
    console.append(text);
    while (console.children.length > MOST_LINES) console.firstElementChild.remove();
    if (atEnd) console.scrollTop = console.scrollHeight;
  }
}

// --- What the board says ------------------------------------------------------------------------

function show(state) {
  now = state;
  showCast(now);
  showOrders(now);
  showLabs(now);
  $("room").hidden = $("board-parts").hidden = now.stadium !== null;
  $("stadium").hidden = $("scales").hidden = now.stadium === null;
  if (now.stadium) {
    $("skip").href = "#stadium-light";
    showStadium(now.stadium);
    showScales(now.stadium);
  } else {
    showRoom(now);
    showParts(now.parts);
  }
}

function follow() {
  const events = new EventSource("/nightlight/live");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("everything", (all) => {
    $("silent").hidden = true;
    show(all.now);
    replaceRows(all.packets);
    $("device-lines").replaceChildren();
    $("server-lines").replaceChildren();
    addLines(all.lines);
    document.documentElement.dataset.live = "yes";
  });
  on("now", show);
  on("packets", (rows) => {
    addRows(rows);
    watchPackets(rows);
  });
  on("lines", addLines);
  events.addEventListener("error", () => {
    document.documentElement.dataset.live = "no";
    $("silent").textContent = "The board does not answer any more, so what you see is old. Start it again with cargo xtask run: this page comes back by itself.";
    $("silent").hidden = false;
    if (now?.staged) show(withdrawn(now));
    // A browser gives up for good when the answer is not a stream.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  });
}

$("here").textContent = location.origin;
follow();
