// Labs: predict which packets will cross the line, do it, compare with what came, and say why.

import { $, make, place } from "./elements.js";
import { away, type } from "./orders.js";
import { KINDS } from "./packets.js";
import { post } from "./requests.js";
import { DARK } from "./slider.js";

/** What comes at any time, or is no packet at all. */
const BESIDES = new Set(["LINE", "UNKNOWN"]);
const PINGS = new Set(["PINGREQ", "PINGRESP"]);
const WITH_TOPIC = new Set(["PUBLISH", "SUBSCRIBE"]);

const ACTS = {
  "cross-300": ["Move the light across 300", () => post("/integer_sensor_settings", { port: "0", value: light() < DARK ? 1023 : 0, is_random: false })],
  "cut-device": ["Cut the device’s line for 3 s", () => post("/nightlight/cut", { who: "device", device: null, seconds: 3 })],
  "restart-broker": ["Restart the broker", () => post("/nightlight/restart-broker")],
  "send-nonsense": ["Send nonsense", ({ line }) => post("/nightlight/malformed", { to: line, device: null, sort: "not-json" })],
  "cut-device-for-a-round": ["Cut the device’s line for 8 s", () => post("/nightlight/cut", { who: "device", device: null, seconds: 8 })],
  "send-again": ["Send the device’s last message once more", () => post("/nightlight/repeat")],
  "task-while-cut": ["Cut the server’s line for 3 s, and type a task", async () => await post("/nightlight/cut", { who: "server", device: null, seconds: 3 }) && type("task on")],
  "tasks-while-away": ["Take the device away, type two tasks, bring it back", () => whileAway(["task on", "task off"])],
  "states-while-away": ["Take the device away, type three states, bring it back", () => whileAway(["state on", "state off", "state on"])],
  "expired-certificate": ["Show an expired certificate for 5 s", () => post("/nightlight/expired-certificate")],
  experiment: ["Start the client", ({ id }) => post("/nightlight/experiment", { experiment: id })],
  watch: ["Watch", async () => true],
};

/** How long a server may take to be told by the broker that it has its orders, in milliseconds. */
const PATIENCE = 5000;

let now = null;
let labs = null;
/** How many PUBACKs the server has got. */
let acknowledged = 0;
/** The one that is being done. */
let playing = null;

const light = () => now.parts.sensors["0"]?.value ?? 0;
const lamp = () => now.parts.actuators["5"]?.value === true;

/** Types orders while the device has no power. It comes back when the broker has them all. */
async function whileAway(orders) {
  if (!await away(true)) return false;
  const wanted = acknowledged + orders.length;
  for (const order of orders) if (!await type(order)) return false;
  // A server that has mistakes in it may wait for ever.
  for (const since = Date.now(); acknowledged < wanted && Date.now() - since < PATIENCE;) await new Promise((resolve) => setTimeout(resolve, 50));
  return away(false);
}

function choice(label, options) {
  const select = make("select");
  select.ariaLabel = label;
  for (const [value, text] of options) select.append(new Option(text, value));
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
    this.who = lab.line === "server" ? now.partner : lab.line;
    this.directions = { program: `${this.who} → broker`, broker: `broker → ${this.who}` };
    this.choices = Object.keys(KINDS).filter((kind) => this.counts(kind));
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

  /** Whether packets of that kind are predicted. Pings come at any time. */
  counts(kind) {
    return !BESIDES.has(kind) && !this.lab.besides.includes(kind) && (this.lab.pings || !PINGS.has(kind));
  }

  /** One packet more in the prediction. */
  predict() {
    const number = this.prediction.children.length + 1;
    const item = make("li", "row");
    const kind = choice(`Kind of packet ${number}`, this.choices.map((kind) => [kind, kind]));
    const from = choice(`Direction of packet ${number}`, Object.entries(this.directions));
    const topic = choice(`Topic of packet ${number}`, this.lab.topics.map((topic) => [topic, topic]));
    const qos = choice(`Quality of service of packet ${number}`, [0, 1, 2].map((qos) => [qos, `QoS ${qos}`]));
    const showTopic = () => { topic.hidden = qos.hidden = this.lab.topics.length === 0 || !WITH_TOPIC.has(kind.value); };
    kind.addEventListener("change", showTopic);
    showTopic();
    item.append(kind, from, topic, qos, button("Remove", () => { item.remove(); this.show("predicting"); }));
    this.prediction.append(item);
    this.show("predicting");
  }

  predicted() {
    return [...this.prediction.children].map((item) => {
      const [kind, from, topic, qos] = item.querySelectorAll("select");
      return { kind: kind.value, from: from.value, topic: topic.value, qos: Number(qos.value) };
    });
  }

  /** A packet in words, as far as it is to be predicted. */
  told({ kind, from, topic, qos }) {
    const about = this.lab.topics.length > 0 && WITH_TOPIC.has(kind) ? ` ${topic} QoS ${qos}` : "";
    return `${kind} ${this.directions[from]}${about}`;
  }

  all(packets) {
    return packets.map((packet) => this.told(packet)).join(", ") || "nothing";
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
    this.outcome.textContent = `Watching the ${this.who}’s line …`;
    this.show("playing");
    if (await this.act(this.lab)) return;
    // The banner says why not.
    playing = null;
    this.outcome.textContent = "";
    this.show("predicting");
  }

  packet(row) {
    if (place(row.who) !== this.lab.line || row.to_broker === null || !this.counts(row.kind)) return;
    if (row.device !== null && row.device !== now.stadium.places[0].name) return;
    const topic = row.topic?.replaceAll(now.id, "<id>").replaceAll(/\/devices\/[^/]+\//g, "/devices/<device>/");
    if (this.lab.besides.includes(topic)) return;
    this.came.push({ kind: row.kind, from: row.to_broker ? "program" : "broker", topic, qos: row.qos });
    const ending = this.came.filter(({ kind }) => kind === this.lab.until);
    if (ending.length === this.lab.times) this.end();
  }

  end() {
    playing = null;
    const [predicted, came] = [this.predicted(), this.came];
    const right = this.all(predicted) === this.all(came);
    const finished = this.all(came) === this.all(this.lab.packet);
    // An experiment has no program of the learner's, but a run may have another broker.
    const usual = ["client", "browser"].includes(this.lab.line) ? "the kit’s own broker" : "the finished program";
    this.outcome.textContent = (right ? "As you predicted." : "Not as you predicted. Look at the first row that differs.")
      + (finished ? "" : ` With ${usual} it would have been: ${this.all(this.lab.packet)}.`);
    this.compare(predicted, came);
    this.show("over");
  }

  compare(predicted, came) {
    const head = make("tr");
    for (const name of ["", "You predicted", "It was", "Same?"]) head.append(make("th", "", name));
    const rows = Array.from({ length: Math.max(predicted.length, came.length, 1) }, (_, at) => {
      const row = make("tr");
      const [wish, fact] = [predicted[at], came[at]].map((packet) => (packet ? this.told(packet) : "nothing"));
      for (const text of [String(at + 1), wish, fact, wish === fact ? "✓ yes" : "✗ no"]) row.append(make("td", "", text));
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
  const besides = { client: "A deeper look at MQTT", browser: "A client in the browser" };
  $("lab-list").replaceChildren(...labs.filter(({ lab }) => !besides[lab.line]).map((lab) => lab.element));
  for (const [line, heading] of Object.entries(besides)) {
    const elements = labs.filter(({ lab }) => lab.line === line).map((lab) => lab.element);
    if (elements.length > 0) $("lab-list").append(make("h3", "deeper", heading), ...elements);
  }
  $("labs").hidden = labs.length === 0;
}

/** Tells the lab that is being done what came. */
export function watchPackets(rows) {
  for (const row of rows) {
    if (place(row.who) === "server" && row.kind === "PUBACK" && !row.to_broker) acknowledged += 1;
    playing?.packet(row);
  }
}
