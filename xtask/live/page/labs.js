// Labs: predict which packets will cross the line, do it, compare with what came, and say why.

import { $, make } from "./elements.js";
import { KINDS } from "./packets.js";
import { post } from "./requests.js";
import { DARK } from "./slider.js";

/** What comes at any time, or is no packet at all. */
const BESIDES = new Set(["LINE", "PINGREQ", "PINGRESP", "UNKNOWN"]);
const CHOICES = Object.keys(KINDS).filter((kind) => !BESIDES.has(kind));
const DIRECTIONS = { device: "device → broker", broker: "broker → device" };

const ACTS = {
  "cross-300": ["Move the light across 300", () => post("/integer_sensor_settings", { port: "0", value: light() < DARK ? 1023 : 0, is_random: false })],
  "cut-line": ["Cut the line for 3 s", () => post("/nightlight/cut", { who: "device", device: null, seconds: 3 })],
  "restart-broker": ["Restart the broker", () => post("/nightlight/restart-broker")],
};

let now = null;
let labs = null;
/** The one that is being done. */
let playing = null;

const light = () => now.parts.sensors["0"]?.value ?? 0;
const lamp = () => now.parts.actuators["5"]?.value === true;
const told = ({ kind, from }) => `${kind} ${DIRECTIONS[from]}`;
const all = (packets) => packets.map(told).join(", ") || "nothing";
const same = (one, two) => one !== undefined && two !== undefined && told(one) === told(two);

function choice(label, options) {
  const select = make("select");
  select.ariaLabel = label;
  for (const [value, text] of options) {
    const option = make("option", "", text);
    option.value = value;
    select.append(option);
  }
  return select;
}

function button(text, act) {
  const button = make("button", "", text);
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}

class Lab {
  constructor(lab) {
    this.lab = lab;
    const [words, act] = ACTS[lab.act];
    this.act = act;
    this.element = make("details", "lab");
    this.element.id = `lab-${lab.id}`;
    this.prediction = make("ol", "prediction");
    this.nothing = make("p", "hint", "As it stands, you predict that no packet comes.");
    this.add = button("Add a packet", () => this.predict());
    this.play = button(`I have predicted. ${words}`, () => this.begin());
    this.enough = button("That is all", () => this.end());
    this.again = button("Once more", () => this.reset());
    this.outcome = make("p", "outcome");
    this.outcome.role = "status";
    this.table = make("table", "compared");
    this.why = make("details");
    this.why.append(make("summary", "", "Say in your own words why. Then compare"), make("p", "", lab.explain));
    const row = make("div", "row");
    row.append(this.add, this.play, this.enough, this.again);
    this.element.append(make("summary", "", lab.title), make("p", "", lab.ask), this.prediction, this.nothing, row, this.outcome, this.table, this.why);
    this.reset();
  }

  /** One packet more in the prediction. */
  predict() {
    const number = this.prediction.children.length + 1;
    const item = make("li", "row");
    const kind = choice(`Kind of packet ${number}`, CHOICES.map((kind) => [kind, kind]));
    const from = choice(`Direction of packet ${number}`, Object.entries(DIRECTIONS));
    item.append(kind, from, button("Remove", () => { item.remove(); this.show("predicting"); }));
    this.prediction.append(item);
    this.show("predicting");
  }

  predicted() {
    return [...this.prediction.children].map((item) => {
      const [kind, from] = item.querySelectorAll("select");
      return { kind: kind.value, from: from.value };
    });
  }

  reset() {
    this.prediction.replaceChildren();
    this.table.replaceChildren();
    this.outcome.textContent = "";
    this.show("predicting");
  }

  async begin() {
    if (playing) return;
    playing = this;
    this.came = [];
    this.lit = lamp();
    this.outcome.textContent = "Watching the device’s line …";
    this.show("playing");
    if (await this.act()) return;
    // The banner says why not.
    playing = null;
    this.outcome.textContent = "";
    this.show("predicting");
  }

  packet(row) {
    if (row.who !== "device" || row.to_broker === null || BESIDES.has(row.kind)) return;
    this.came.push({ kind: row.kind, from: row.to_broker ? "device" : "broker" });
    if (row.kind === this.lab.until) this.end();
  }

  end() {
    playing = null;
    const [predicted, came] = [this.predicted(), this.came];
    const right = predicted.length === came.length && came.every((packet, at) => same(packet, predicted[at]));
    const finished = all(came) === all(this.lab.packet);
    this.outcome.textContent = (right ? "As you predicted." : "Not as you predicted. Look at the first row that differs.")
      + (finished ? "" : ` With the finished program it would have been: ${all(this.lab.packet)}.`);
    this.compare(predicted, came);
    this.show("over");
  }

  compare(predicted, came) {
    const head = make("tr");
    for (const name of ["", "You predicted", "It was", "Same?"]) head.append(make("th", "", name));
    const rows = Array.from({ length: Math.max(predicted.length, came.length, 1) }, (_, at) => {
      const row = make("tr");
      const [wish, fact] = [predicted[at], came[at]];
      const fits = same(wish, fact) || (!wish && !fact);
      row.append(make("td", "", String(at + 1)), ...[wish, fact].map((packet) => make("td", "", packet ? told(packet) : "nothing")), make("td", "", fits ? "✓ yes" : "✗ no"));
      return row;
    });
    const body = make("tbody");
    body.append(...rows);
    this.table.replaceChildren(head, body);
  }

  show(phase) {
    this.element.dataset.phase = phase;
    const predicting = phase === "predicting";
    for (const control of this.prediction.querySelectorAll("select, button")) control.disabled = !predicting;
    this.nothing.hidden = !predicting || this.prediction.children.length > 0;
    this.add.hidden = this.play.hidden = !predicting;
    this.enough.hidden = phase !== "playing";
    this.again.hidden = this.table.hidden = this.why.hidden = phase !== "over";
    this.why.open = false;
  }
}

/** Shows the labs of what runs here, if it has some; and sees when the lamp changes. */
export async function showLabs(state) {
  now = state;
  if (playing?.lab.until === "lamp" && lamp() !== playing.lit) playing.end();
  if (!now.staged || labs !== null) return;
  labs = [];
  try {
    const response = await fetch("/nightlight/labs");
    if (response.ok) labs = (await response.json()).map((lab) => new Lab(lab));
  } catch {
    // The banner about the silent board says it already; ask again when it speaks.
    labs = null;
    return;
  }
  $("lab-list").replaceChildren(...labs.map((lab) => lab.element));
  $("labs").hidden = labs.length === 0;
}

/** Tells the lab that is being done what came. */
export function watchPackets(rows) {
  for (const row of rows) playing?.packet(row);
}
