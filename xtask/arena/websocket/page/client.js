// A client of MQTT in a browser. It connects to where the page is from, subscribes to all of one
// nightlight's topics, shows what comes, and publishes. `client` is there for the console as well.

const $ = (id) => document.getElementById(id);

const MOST_MESSAGES = 200;
const LONGEST = 500;

const id = new URLSearchParams(location.search).get("id")?.trim() ?? "";
const filter = `${id}/#`;
const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/mqtt`;

// --- The client ---------------------------------------------------------------------------------

function connect() {
  // Another tab is another client, and needs a name of its own.
  const tail = Math.random().toString(36).slice(2, 8);
  const client = mqtt.connect(url, {
    clientId: `${id}nightlight_browser_${tail}`,
    clean: true,
    keepalive: 60,
    reconnectPeriod: 1000,
    // The broker has forgotten us when we come back: we subscribe after every CONNACK, and MQTT.js
    // need not do it once more.
    resubscribe: false,
  });

  client.on("connect", () => {
    show("connected", "Connected");
    client.subscribe(filter, { qos: 0 });
  });
  client.on("message", (topic, payload, packet) => hear(topic, new TextDecoder().decode(payload), packet));
  client.on("reconnect", () => show("waiting", "Connecting"));
  client.on("close", () => {
    if (["connected", "waiting"].includes($("state").dataset.state)) show("waiting", "Not connected. It tries again every second");
  });
  // A refusal; MQTT.js does not try again then.
  client.on("error", (error) => {
    if (error.code) show("refused", `The broker says no. ${error.message}`);
  });
  return client;
}

/** Says goodbye, or comes back, perhaps with another login. */
function leave() {
  show("left", "Disconnected: it has said goodbye");
  client.end();
}

function come(login = {}) {
  Object.assign(client.options, login);
  show("waiting", "Connecting");
  client.end(true, () => client.reconnect());
}

function publish(topic, payload, options) {
  client.publish(topic, payload, options, (error) => {
    $("published").textContent = error ? `Not published: ${error.message}` : `Published to ${topic}.`;
  });
}

// --- What it shows ------------------------------------------------------------------------------

/** What is known of each device: its light, and how its lamp was told to be. */
const devices = new Map();

function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

function show(state, words) {
  $("state").dataset.state = state;
  $("state").textContent = words;
}

function hear(topic, payload, { qos, retain }) {
  const row = make("tr", "", "");
  const shown = payload.length > LONGEST ? `${payload.slice(0, LONGEST)}…` : payload;
  const time = new Date().toTimeString().slice(0, 8);
  for (const text of [time, topic, retain ? `retained · ${shown}` : shown, qos]) row.append(make("td", "", text));
  $("messages").prepend(row);
  while ($("messages").children.length > MOST_MESSAGES) $("messages").lastElementChild.remove();
  $("no-messages").hidden = true;
  learn(topic, payload);
}

/** Takes from a message what it says of a lamp. What makes no sense stands among the messages. */
function learn(topic, payload) {
  let said;
  try {
    said = JSON.parse(payload);
  } catch {
    return;
  }
  if (typeof said !== "object" || said === null) return;
  const [, name] = topic.slice(id.length).match(/^\/devices\/([^/]+)\//) ?? [];
  const device = devices.get(name ?? id) ?? { light: null, on: null };
  // From step 7 on, a message has several readings, the latest last.
  const light = (Array.isArray(said.readings) ? said.readings.at(-1) : said)?.light;
  if (typeof light === "number") device.light = light;
  if (typeof said.led_on === "boolean") device.on = said.led_on;
  if (device.light === null && device.on === null) return;
  devices.set(name ?? id, device);
  showDevices();
}

function showDevices() {
  const items = [...devices].sort().map(([name, { light, on }]) => {
    const item = make("li", "lamp", "");
    item.dataset.on = on === true;
    const told = on === null ? "not told anything yet" : `told to be ${on ? "on" : "off"}`;
    item.append(make("strong", "", name), make("span", "", `Light ${light ?? "unknown"}, lamp ${told}`));
    return item;
  });
  $("lamp-list").replaceChildren(...items);
  $("no-lamps").hidden = true;
}

// --- The page -----------------------------------------------------------------------------------

if (id === "") {
  $("who").hidden = false;
  $("id-form").addEventListener("submit", (event) => {
    event.preventDefault();
    location.search = new URLSearchParams({ id: new FormData(event.target).get("id").trim() });
  });
} else {
  for (const part of ["connection", "lamps", "publish", "heard"]) $(part).hidden = false;
  // The console finds it by this name.
  globalThis.client = connect();
  $("url").textContent = url;
  $("client-id").textContent = client.options.clientId;
  $("filter").textContent = filter;
  $("publish-form").elements.topic.value = `${id}/commands`;
  $("console-line").textContent = `client.publish("${id}/commands", '{"led_on":true}')`;
  $("leave").addEventListener("click", leave);
  $("come").addEventListener("click", () => come());
  $("login-form").addEventListener("submit", (event) => {
    event.preventDefault();
    come(Object.fromEntries(new FormData(event.target)));
  });
  $("publish-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    publish(form.get("topic"), form.get("payload"), { qos: Number(form.get("qos")), retain: form.has("retain") });
  });
}
