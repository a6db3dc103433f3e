// What is plugged into the board.

import { $, make } from "./elements.js";
import { post } from "./requests.js";

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

/** Shows what is plugged in, and what can be set. */
export function showParts({ sensors, actuators }) {
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
