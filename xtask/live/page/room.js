// The room: the slider for the light, and the lamp.

import { $, make } from "./elements.js";
import { countDown } from "./looks.js";
import { post } from "./requests.js";
import { DARK, brightness, lightSlider } from "./slider.js";

const LIGHT_PORT = "0";
const LED_PORT = "5";

let now = null;

const slider = lightSlider($("light"), $("level"), {
  send: (value) => post("/integer_sensor_settings", { port: LIGHT_PORT, value, is_random: false }),
  shown: (level) => document.documentElement.style.setProperty("--light", brightness(level)),
  words: ["night", "day"],
});

function showLight() {
  const sensor = now?.parts.sensors[LIGHT_PORT];
  const usable = sensor?.type === "Light";
  // Where orders are typed, no program asks how light it is.
  $("no-light").hidden = usable || now.takes_orders;
  document.querySelector(".light").hidden = !usable || now.takes_orders;
  if (usable) slider.says(sensor.value);
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
  $("scene-title").textContent = `A room, ${$("light").value < DARK ? "dark" : "light"} outside; ${words}`;
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
  countDown($("next-look"), now.device.health === "gone" ? null : now.next_look);
}

for (const button of document.querySelectorAll("[data-level]")) {
  button.addEventListener("click", () => slider.set(Number(button.dataset.level)));
}
$("daylight").addEventListener("click", () => post("/nightlight/daylight", { on: !now?.daylight }));
$("color").addEventListener("change", () => post("/led_actuator_settings", { port: LED_PORT, color: $("color").value }));
$("add-light").addEventListener("click", () => post("/create_sensor", { type: "Light", pin: LIGHT_PORT, unit: "NoUnits" }));
$("add-led").addEventListener("click", () => post("/create_actuator", { type: "LED", port: LED_PORT }));
