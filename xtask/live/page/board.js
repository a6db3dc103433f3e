// The page shows what the board says, and nothing that it only wishes for: a slider that was moved
// is a request, and the board's answer moves it everywhere.

import { element, glossary, make, matches } from "./packets.js";

const DARK = 300;
const LIGHT_PORT = "0";
const LED_PORT = "5";
const MOST_ROWS = 300;
const MOST_LINES = 400;
const PROBLEM_TIME = 8000;

const $ = (id) => document.getElementById(id);

let now = null;

// --- Requests -----------------------------------------------------------------------------------

async function post(path, body = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) say(await response.text());
    return response.ok;
  } catch {
    // The banner about the silent board says it already.
    return false;
  }
}

let problemTimer;
function say(problem) {
  $("problem").textContent = problem;
  $("problem").hidden = false;
  clearTimeout(problemTimer);
  problemTimer = setTimeout(() => { $("problem").hidden = true; }, PROBLEM_TIME);
}

// --- Light and lamp -----------------------------------------------------------------------------

const slider = $("light");
let wanted = null;
let sending = false;
let held = false;

/** Sends the newest level, one request at a time, however fast the slider moves. */
async function sendLevel() {
  if (sending) return;
  sending = true;
  while (wanted !== null) {
    const value = wanted;
    wanted = null;
    await post("/integer_sensor_settings", { port: LIGHT_PORT, value, is_random: false });
  }
  sending = false;
  showLight();
}

function setLevel(level) {
  wanted = level;
  showLevel(level);
  sendLevel();
}

function showLevel(level) {
  slider.value = level;
  const dark = level < DARK;
  slider.setAttribute("aria-valuetext", `${level}, ${dark ? "night: below 300" : "day: 300 or more"}`);
  $("level").textContent = level;
  $("level").dataset.dark = dark;
  document.documentElement.style.setProperty("--light", brightness(level));
}

/** How bright the room is painted, 0 to 1. Below 300 it has to look like night. */
function brightness(level) {
  const dusk = 0.38;
  if (level < DARK) return (dusk * level) / DARK;
  return dusk + (1 - dusk) * ((level - DARK) / (1023 - DARK)) ** 0.6;
}

function showLight() {
  const sensor = now?.parts.sensors[LIGHT_PORT];
  const usable = sensor?.type === "Light";
  $("no-light").hidden = usable;
  document.querySelector(".light").hidden = !usable;
  // While somebody moves the slider, it is theirs.
  if (usable && wanted === null && !sending && !held) showLevel(sensor.value);
  $("daylight").setAttribute("aria-checked", now?.daylight ?? false);
}

function showLamp() {
  const led = now.parts.actuators[LED_PORT];
  const usable = led?.type === "LED";
  $("no-led").hidden = usable;
  $("scene").classList.toggle("lit", usable && led.value === true);
  $("scene").classList.toggle("lampless", !usable);
  const words = !usable ? "No LED" : led.value ? "LED on" : "LED off";
  if ($("lamp").textContent !== words) $("lamp").textContent = words;
  $("lamp").dataset.on = usable && led.value === true;
  if (usable) {
    document.documentElement.style.setProperty("--led", led.color);
    if (document.activeElement !== $("color")) $("color").value = led.color;
  }
  $("scene-title").textContent = `A room, ${slider.value < DARK ? "dark" : "light"} outside; ${words}`;
  $("leds").replaceChildren(...Object.entries(now.parts.actuators)
    .filter(([, part]) => part.type === "LED")
    .map(([port, part]) => {
      const item = make("li", "", part.value ? "LED on" : "LED off");
      item.id = `ledTitleId${port}`;
      return item;
    }));
}

slider.addEventListener("input", () => setLevel(slider.valueAsNumber));
slider.addEventListener("pointerdown", () => { held = true; });
addEventListener("pointerup", () => { held = false; });
addEventListener("pointercancel", () => { held = false; });
for (const button of document.querySelectorAll("[data-level]")) {
  button.addEventListener("click", () => setLevel(Number(button.dataset.level)));
}
$("daylight").addEventListener("click", () => post("/nightlight/daylight", { on: !now?.daylight }));
$("color").addEventListener("change", () => post("/led_actuator_settings", { port: LED_PORT, color: $("color").value }));
$("add-light").addEventListener("click", () => post("/create_sensor", { type: "Light", pin: LIGHT_PORT, unit: "NoUnits" }));
$("add-led").addEventListener("click", () => post("/create_actuator", { type: "LED", port: LED_PORT }));

// --- Who is there -------------------------------------------------------------------------------

let spoken = "";

function showPlayer(id, state) {
  const box = $(id);
  box.dataset.health = state.health;
  box.querySelector(".state").textContent = state.word;
  box.querySelector(".detail").textContent = state.detail;
  const again = box.querySelector(".again");
  if (again) again.hidden = state.health !== "gone";
}

function showCast() {
  $("title").textContent = now.staged ? now.title : "A virtual board";
  $("id-line").hidden = !now.id;
  $("id").textContent = now.id;
  $("cast").hidden = $("wiretap").hidden = !now.staged;
  $("alone").hidden = now.staged;
  for (const who of ["device", "server"]) {
    showPlayer(who, now[who]);
    $(`${who}-console`).hidden = now[who].health === "absent";
    const cut = now[who].health !== "good" || now.broker.health !== "good";
    $(`wire-${who}`).dataset.state = now[who].health === "absent" ? "absent" : cut ? "broken" : "whole";
  }
  showPlayer("broker", now.broker);
  const states = ["device", "broker", "server"]
    .filter((who) => now[who].health !== "absent")
    .map((who) => `${who} ${now[who].word}`).join(", ");
  if (now.staged && states !== spoken) $("states").textContent = spoken = states;

  for (const option of document.querySelectorAll(".troubles option")) {
    const absent = now[option.value]?.health === "absent";
    if (absent && option.selected) option.closest("select").value = option.value === "server" ? "device" : "server";
    option.disabled = absent;
  }
  $("cut").disabled = now.trouble.includes("line");
  $("restart").disabled = now.trouble.includes("broker") || now.broker_is_foreign !== null;
  $("restart-hint").textContent = now.broker_is_foreign ?? "It forgets everything it kept.";
}

function showHeard() {
  if (!now || now.staged) return;
  const heard = now.heard;
  const seconds = heard && Math.max(0, Math.round((Date.now() - heard) / 1000));
  $("heard").textContent = heard
    ? `A program last used this board ${seconds < 2 ? "just now" : `${seconds} seconds ago`}.`
    : "No program is using this board.";
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

// --- On the wire --------------------------------------------------------------------------------

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
  $("packets").replaceChildren(...rows.filter((row) => matches(row, wanted)).map(element).reverse());
  unseen = 0;
  showCount();
}

function addRows(more) {
  rows.push(...more);
  rows.splice(0, rows.length - MOST_ROWS);
  for (const row of more) {
    const wire = row.to_broker !== null && $(`wire-${row.who}`);
    if (wire && !paused) pulse(wire, row.to_broker === (row.who === "device"));
  }
  if (paused) {
    unseen += more.length;
    showCount();
    return;
  }
  const wanted = filter();
  const list = $("packets");
  list.prepend(...more.filter((row) => matches(row, wanted)).map(element).reverse());
  while (list.children.length > MOST_ROWS) list.lastElementChild.remove();
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

// --- What programs print ------------------------------------------------------------------------

function addLines(lines) {
  for (const line of lines) {
    const console = $(`${line.who}-lines`);
    const atEnd = console.scrollTop + console.clientHeight >= console.scrollHeight - 4;
    const text = make("span", line.error ? "stderr" : "stdout", `${line.text}\n`);
    console.append(text);
    while (console.children.length > MOST_LINES) console.firstElementChild.remove();
    if (atEnd) console.scrollTop = console.scrollHeight;
  }
}

// --- Parts --------------------------------------------------------------------------------------

let shape = "";

function field(label, input) {
  const box = make("label", "", `${label} `);
  box.append(input);
  return box;
}

function input(type, name, attributes = {}) {
  const field = make("input");
  Object.assign(field, { type, name, ...attributes });
  return field;
}

function sensorForm(port, sensor) {
  const form = make("form", "row");
  form.append(make("strong", "", `${sensor.type} on port ${port}`));
  if (sensor.unit !== "NoUnits") form.append(make("span", "hint", sensor.unit));
  const range = { min: sensor.lowest, max: sensor.highest, step: sensor.scale === "integer" ? 1 : "any" };
  if (sensor.scale === "boolean") {
    form.append(field("Pressed", input("checkbox", "value")), field("Random", input("checkbox", "is_random")));
  } else {
    form.append(
      field("Value", input("number", "value", range)),
      field("Random", input("checkbox", "is_random")),
      field("from", input("number", "random_min", range)),
      field("to", input("number", "random_max", range)),
    );
  }
  const set = make("button", "", "Set");
  form.append(set, unplug("/delete_sensor", sensor.type, port));
  // The board says what is wrong, in words that stay.
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = { port };
    for (const field of form.querySelectorAll("input")) {
      body[field.name] = field.type === "checkbox" ? field.checked : field.valueAsNumber;
    }
    post(`/${sensor.scale}_sensor_settings`, body);
  });
  return form;
}

function actuatorForm(port, actuator) {
  const form = make("div", "row");
  form.append(make("strong", "", `${actuator.type} on port ${port}`), make("span", "value"), unplug("/delete_actuator", actuator.type, port));
  return form;
}

function unplug(path, type, port) {
  const button = make("button", "", "Unplug");
  button.type = "button";
  button.setAttribute("aria-label", `Unplug ${type} on port ${port}`);
  button.addEventListener("click", () => post(path, { port }));
  return button;
}

function showParts() {
  const { sensors, actuators } = now.parts;
  const list = $("part-list");
  const newShape = JSON.stringify([Object.entries(sensors), Object.entries(actuators)]
    .map((parts) => parts.map(([port, part]) => [port, part.type, part.unit])));
  if (newShape !== shape) {
    shape = newShape;
    list.replaceChildren();
    for (const [kind, parts, makeForm] of [["sensor", sensors, sensorForm], ["actuator", actuators, actuatorForm]]) {
      for (const [port, part] of Object.entries(parts)) {
        const item = make("li");
        item.dataset.part = `${kind} ${port}`;
        item.append(makeForm(port, part));
        list.append(item);
      }
    }
  }
  for (const item of list.children) {
    const [kind, ...port] = item.dataset.part.split(" ");
    const part = (kind === "sensor" ? sensors : actuators)[port.join(" ")];
    const value = item.querySelector(".value");
    if (value) value.textContent = part.value ? "on" : "off";
    // What somebody is typing is theirs.
    if (item.contains(document.activeElement)) continue;
    for (const field of item.querySelectorAll("input")) {
      if (field.type === "checkbox") field.checked = Boolean(part[field.name]);
      else field.value = part[field.name];
    }
  }
}

$("add-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const [kind, type] = form.get("part").split(":");
  const port = form.get("port");
  post(...(kind === "sensor" ? ["/create_sensor", { type, pin: port }] : ["/create_actuator", { type, port }]));
});

// --- What the board says ------------------------------------------------------------------------

function show(state) {
  now = state;
  showLight();
  showLamp();
  showCast();
  showHeard();
  showParts();
}

const UNKNOWN = { health: "waiting", word: "unknown", detail: "The board does not answer." };

/** What was known of the others is known no more. */
function withdrawn() {
  const there = ["device", "server", "broker"].filter((who) => now[who].health !== "absent");
  return Object.fromEntries(there.map((who) => [who, UNKNOWN]));
}

function follow() {
  const events = new EventSource("/nightlight/live");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("everything", (all) => {
    $("silent").hidden = true;
    show(all.now);
    rows = all.packets;
    showRows();
    $("device-lines").replaceChildren();
    $("server-lines").replaceChildren();
    addLines(all.lines);
    document.documentElement.dataset.live = "yes";
  });
  on("now", show);
  on("packets", addRows);
  on("lines", addLines);
  events.addEventListener("error", () => {
    document.documentElement.dataset.live = "no";
    $("silent").textContent = "The board does not answer any more, so what you see is old. Start it again with cargo xtask run: this page comes back by itself.";
    $("silent").hidden = false;
    if (now?.staged) show({ ...now, ...withdrawn() });
    // A browser gives up for good when the answer is not a stream.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  });
}

$("here").textContent = location.origin;
setInterval(showHeard, 1000);
follow();
