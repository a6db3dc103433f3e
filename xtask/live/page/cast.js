// Who is there: device, broker and server, and what can be done to them.

import { $ } from "./elements.js";
import { post } from "./requests.js";

const UNKNOWN = { health: "waiting", word: "unknown", detail: "The board does not answer." };

let now = null;
let spoken = "";

function showPlayer(id, state) {
  const box = $(id);
  box.dataset.health = state.health;
  box.querySelector(".state").textContent = state.word;
  box.querySelector(".detail").textContent = state.detail;
  const again = box.querySelector(".again");
  if (again) again.hidden = state.health !== "gone";
}

/** Calls the program at the server's place by its own name. */
function showPartner(name) {
  const capital = name[0].toUpperCase() + name.slice(1);
  for (const element of document.querySelectorAll("[data-partner]")) {
    element.textContent = element.dataset.partner.replace("server", name).replace("Server", capital);
  }
}

/** Shows who is there, and in which state. */
export function showCast(state) {
  now = state;
  $("title").textContent = now.staged ? now.title : "A virtual board";
  $("id-line").hidden = !now.id;
  $("id").textContent = now.id;
  $("cast").hidden = $("wiretap").hidden = !now.staged;
  $("alone").hidden = now.staged;
  showPartner(now.partner);
  for (const who of ["device", "server"]) {
    showPlayer(who, now[who]);
    $(`${who}-console`).hidden = now[who].health === "absent";
    const cut = now[who].health !== "good" || now.broker.health !== "good";
    $(`wire-${who}`).dataset.state = now[who].health === "absent" ? "absent" : cut ? "broken" : "whole";
  }
  showPlayer("broker", now.broker);
  const states = ["device", "broker", "server"]
    .filter((who) => now[who].health !== "absent")
    .map((who) => `${who === "server" ? now.partner : who} ${now[who].word}`).join(", ");
  if (now.staged && states !== spoken) $("states").textContent = spoken = states;

  for (const option of document.querySelectorAll(".troubles option")) {
    const absent = now[option.value]?.health === "absent";
    if (absent && option.selected) option.closest("select").value = option.value === "server" ? "device" : "server";
    option.disabled = absent;
  }
  $("cut").disabled = now.trouble.includes("line");
  $("restart").disabled = now.trouble.includes("broker") || now.broker_is_foreign !== null;
  $("restart-hint").textContent = now.broker_is_foreign ?? "It forgets everything it kept.";
  showHeard();
}

function showHeard() {
  if (!now || now.staged) return;
  const heard = now.heard;
  const seconds = heard && Math.max(0, Math.round((Date.now() - heard) / 1000));
  $("heard").textContent = heard
    ? `A program last used this board ${seconds < 2 ? "just now" : `${seconds} seconds ago`}.`
    : "No program is using this board.";
}

/** The same state when the board is silent: what was known of the others is known no more. */
export function withdrawn(state) {
  const there = ["device", "server", "broker"].filter((who) => state[who].health !== "absent");
  return { ...state, ...Object.fromEntries(there.map((who) => [who, UNKNOWN])) };
}

$("cut-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  post("/nightlight/cut", { who: form.get("who") || null, seconds: Number(form.get("seconds")) });
});
$("restart").addEventListener("click", () => post("/nightlight/restart-broker"));
$("malformed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  post("/nightlight/malformed", Object.fromEntries(new FormData(event.target)));
});
for (const button of document.querySelectorAll(".again")) {
  button.addEventListener("click", () => post("/nightlight/start", { who: button.dataset.who }));
}

setInterval(showHeard, 1000);
