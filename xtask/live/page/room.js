// The room: the slider for the light, and the lamp.

import { $, make } from "./elements.js";
import { post } from "./requests.js";

const DARK = 300;
const LIGHT_PORT = "0";
const LED_PORT = "5";

let now = null;

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

/** Shows the light and the lamp as the board says they are. */
export function showRoom(state) {
  now = state;
  showLight();
  showLamp();
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
