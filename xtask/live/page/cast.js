// Who is there: device, broker and server, and what can be done to them.

import { $, make } from "./elements.js";
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
  if (!again) return;
  const had = document.activeElement === again;
  // Of several devices, each has a button of its own.
  // And what was switched off is switched on by the same switch.
  const hasSwitch = id === "device" && (now.stadium !== null || state.word === "unplugged");
  again.hidden = state.health !== "gone" || hasSwitch;
  // Whoever has pressed it stays here, and does not begin at the top of the page again.
  if (had && again.hidden) box.querySelector("h3").focus();
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
    const cut = !isConnected(who) || now.broker.health !== "good";
    $(`wire-${who}`).dataset.state = now[who].health === "absent" ? "absent" : cut ? "broken" : "whole";
  }
  showPlayer("broker", now.broker);
  $("device-heading").textContent = now.stadium ? "Devices" : "Device";
  $("device-console-heading").textContent = now.stadium ? "What the devices print" : "What the device prints";
  const states = ["device", "broker", "server"]
    .filter((who) => now[who].health !== "absent")
    .map((who) => `${called(who)} ${now[who].word}`).join(", ");
  if (now.staged && states !== spoken) $("states").textContent = spoken = states;

  if (now.stadium) nameDevices(now.stadium.places.map(({ name }) => name));
  showClient();
  for (const option of document.querySelectorAll(".troubles option")) {
    const deaf = now.takes_orders && option.value === "server" && option.closest("select").name === "to";
    const absent = deaf || now[option.value]?.health === "absent";
    if (absent && option.selected) option.closest("select").value = option.value === "server" ? "device" : "server";
    option.disabled = absent;
  }
  allow($("cut"), !now.trouble.includes("line"));
  allow($("restart"), !now.trouble.includes("broker") && now.broker_is_foreign === null);
  $("expired-row").hidden = !now.encrypted;
  allow($("expired"), !now.trouble.includes("certificate"));
  $("restart-hint").textContent = now.broker_is_foreign ?? "It forgets everything it kept.";
  showHeard();
}

/** A page that is a client itself has a line, too. */
function showClient() {
  const page = now.client_page;
  $("client-line").hidden = page === null;
  if (page === null) return;
  $("client-page").href = page;
  if ($("whose").querySelector("[value=browser]")) return;
  const option = make("option", "", "the browser");
  option.value = "browser";
  $("whose").append(option);
}

/** A button that is disabled would lose the focus: one that may not be pressed only says so. */
function allow(button, allowed) {
  button.setAttribute("aria-disabled", !allowed);
}

const isAllowed = (button) => button.getAttribute("aria-disabled") !== "true";

/** What stands at a place of the page. */
function called(who) {
  if (who === "server") return now.partner;
  return who === "device" && now.stadium ? "devices" : who;
}

/** Of several devices, one that is connected is enough for a wire that leads somewhere. */
function isConnected(who) {
  if (who === "device" && now.stadium) return now.stadium.places.some(({ state }) => state.health === "good");
  return now[who].health === "good";
}

/** Where one of several can be meant, each device can be chosen. */
function nameDevices(names) {
  for (const select of document.querySelectorAll("[name=who], [name=to], #whose")) {
    if (select.options.length > 3) continue;
    const [all, ...others] = select.querySelectorAll('option[value=""], option[value=device]');
    if (all.value === "") all.textContent = "all";
    const devices = others[0] ?? all;
    devices.textContent = "all devices";
    devices.after(...names.map((name) => {
      const option = make("option", "", name);
      option.value = select.id === "whose" ? name : "device";
      option.dataset.device = name;
      return option;
    }));
  }
}

/** Who is chosen: a program, and which device if it is one of several. */
function chosen(form, name) {
  const [option] = form.elements[name].selectedOptions;
  return { [name]: option.value || null, device: option.dataset.device ?? null };
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
  const places = state.stadium?.places.map((place) => ({ ...place, state: UNKNOWN }));
  const stadium = state.stadium && { ...state.stadium, places };
  return { ...state, stadium, ...Object.fromEntries(there.map((who) => [who, UNKNOWN])) };
}

$("cut-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!isAllowed($("cut"))) return;
  const form = new FormData(event.target);
  post("/nightlight/cut", { ...chosen(event.target, "who"), seconds: Number(form.get("seconds")) });
});
$("restart").addEventListener("click", () => isAllowed($("restart")) && post("/nightlight/restart-broker"));
$("expired").addEventListener("click", () => isAllowed($("expired")) && post("/nightlight/expired-certificate"));
$("malformed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  post("/nightlight/malformed", { ...chosen(event.target, "to"), sort: event.target.elements.sort.value });
});
for (const button of document.querySelectorAll(".again")) {
  button.addEventListener("click", () => post("/nightlight/start", { who: button.dataset.who }));
}

setInterval(showHeard, 1000);
