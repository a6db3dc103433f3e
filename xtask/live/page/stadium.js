// The stadium: the light of the evening, and a card for each device.

import { $, say } from "./elements.js";
import { countDown } from "./looks.js";
import { post } from "./requests.js";
import { brightness, lightSlider } from "./slider.js";

const WORDS = ["dark", "bright"];

const cards = new Map();

const evening = lightSlider($("stadium-light"), $("stadium-level"), {
  send: (light) => post("/nightlight/stadium/light", { light }),
  words: WORDS,
});

/** A card, and what shows a place in it. */
function makeCard(device) {
  const card = $("place").content.firstElementChild.cloneNode(true);
  const find = (selector) => card.querySelector(selector);
  const input = find("input");
  input.id = `light-${device}`;
  card.dataset.device = device;
  find("label").htmlFor = find("output").htmlFor = input.id;
  find(".name").textContent = device;
  find(".at").textContent = `at ${device}`;
  const slider = lightSlider(input, find("output"), {
    send: (light) => post("/nightlight/stadium/light", { device, light }),
    shown: (level) => card.style.setProperty("--light", brightness(level)),
    words: WORDS,
  });
  const [cover, unplug, revive] = [find(".cover"), find(".unplug"), find(".revive")];
  for (const button of [cover, unplug, revive]) {
    // What is seen on the button is also how it is called.
    button.setAttribute("aria-label", `${button.textContent.trim()}: ${device}`);
  }
  let place = null;
  cover.addEventListener("click", () => post("/nightlight/stadium/cover", { device, on: !place.covered }));
  unplug.addEventListener("click", () => post("/nightlight/stadium/plug", { device, on: place.unplugged }));
  revive.addEventListener("click", () => post("/nightlight/start", { who: "device", device }));

  function show(now) {
    place = now;
    const gone = place.state.health === "gone" && !place.unplugged;
    card.dataset.health = place.state.health;
    card.classList.toggle("lit", place.led);
    card.classList.toggle("covered", place.covered);
    say(find(".led"), place.led ? "LED on" : "LED off");
    say(find(".state"), place.state.word);
    say(find(".detail"), place.state.health === "good" || place.unplugged ? "" : place.state.detail);
    say(find(".reads"), reads(place));
    countDown(find(".next-look"), place.state.health === "gone" ? null : place.next_look);
    input.disabled = place.light === null;
    if (place.light !== null) slider.says(place.light);
    cover.setAttribute("aria-checked", place.covered);
    unplug.setAttribute("aria-checked", place.unplugged);
    unplug.disabled = gone;
    revive.hidden = !gone;
  }
  return { card, show };
}

/** What becomes of the light. */
function reads({ reads, covered, unplugged }) {
  if (unplugged) return "It has no power, so nobody reads the sensor.";
  if (reads === null) return "It has no light sensor.";
  return covered ? `The sensor reads ${reads}: a bird sits on it.` : `The sensor reads ${reads}.`;
}

/** Shows the stadium as the board says it is. */
export function showStadium({ light, places }) {
  evening.says(light);
  for (const place of places) {
    if (!cards.has(place.name)) {
      const made = makeCard(place.name);
      cards.set(place.name, made);
      $("places").append(made.card);
    }
    cards.get(place.name).show(place);
  }
}

for (const button of document.querySelectorAll("[data-stadium-level]")) {
  button.addEventListener("click", () => evening.set(Number(button.dataset.stadiumLevel)));
}
