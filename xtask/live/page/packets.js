// The list of packets: what each kind means, and how a row looks.

import { make, place } from "./elements.js";

/** What the kinds mean, in the order in which a client meets them. Section numbers are MQTT 3.1.1's. */
export const KINDS = {
  LINE: ["The TCP connection itself", "Not a packet. MQTT runs on a TCP connection, and this says when one is opened, ends, or was cut."],
  CONNECT: ["May I come in?", "A client’s first packet (section 3.1). It says under which client id it comes, whether the broker shall forget it afterwards (clean session), and how long it may be silent before it counts as lost (keep-alive)."],
  CONNACK: ["Yes, or no", "The broker’s answer to CONNECT (3.2). Only when it says “accepted” is the client connected. A refusal gives a reason."],
  SUBSCRIBE: ["I want to hear this", "The client asks for all messages whose topic matches (3.8), and says with which quality of service at most."],
  SUBACK: ["Noted", "The broker’s answer to SUBSCRIBE (3.9): the quality of service that it grants, or a refusal. With a clean session the broker forgets it when the connection ends, so a program has to subscribe again."],
  PUBLISH: ["A message", "The one packet that carries a message (3.3): a topic and a payload. Clients send it to the broker, and the broker sends it on to everybody who has subscribed. QoS 0 is fire and forget, 1 is acknowledged, 2 arrives exactly once."],
  PUBACK: ["Got it (QoS 1)", "Acknowledges a PUBLISH of QoS 1 (3.4). The packet id says which one."],
  PUBREC: ["Got it (QoS 2, part one)", "The first of three answers that make QoS 2 arrive exactly once (3.5)."],
  PUBREL: ["Then let it go (QoS 2, part two)", "The sender has heard PUBREC and will not send the message again (3.6)."],
  PUBCOMP: ["Done (QoS 2, part three)", "Both sides may forget the packet id (3.7)."],
  UNSUBSCRIBE: ["No more of this", "The client takes a subscription back (3.10)."],
  UNSUBACK: ["As you wish", "The broker’s answer to UNSUBSCRIBE (3.11)."],
  PINGREQ: ["Are you there?", "Sent when nothing else was to be said for the keep-alive time (3.12). Otherwise the broker would take the client for lost."],
  PINGRESP: ["I am here", "The broker’s answer to PINGREQ (3.13)."],
  DISCONNECT: ["Goodbye", "The client leaves on purpose (3.14). Without it the broker knows only that the connection broke, and publishes the client’s will if it has one."],
  UNKNOWN: ["Not MQTT 3.1.1", "Bytes that make no sense as MQTT 3.1.1."],
};

const SESSIONS = new Set(["LINE", "CONNECT", "CONNACK", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "DISCONNECT"]);

const GROUPS = {
  "": () => true,
  messages: (row) => row.kind === "PUBLISH" || row.kind.startsWith("PUB"),
  "no-pings": (row) => !row.kind.startsWith("PING"),
  sessions: (row) => SESSIONS.has(row.kind),
};

/** Whether a row is wanted. */
export function matches(row, { find, whose, kinds }) {
  // What the page itself does concerns both lines.
  if (whose && ![place(row.who), row.device].includes(whose) && row.who !== "page") return false;
  if (!GROUPS[kinds](row)) return false;
  if (!find) return true;
  const text = [row.kind, row.who, row.device, row.topic, row.payload, ...row.facts.flat()].join(" ");
  return text.toLowerCase().includes(find.toLowerCase());
}

/** A packet's name with the colour of its family. */
function badge(kind) {
  const badge = make("span", "kind", kind);
  badge.dataset.kind = kind;
  return badge;
}

/** Who sends to whom. */
function direction(row) {
  const who = row.device ?? row.who;
  if (row.to_broker === null) return who;
  return row.to_broker ? `${who} → broker` : `broker → ${who}`;
}

function time(at) {
  const date = new Date(at);
  const pad = (number, digits = 2) => String(number).padStart(digits, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

function summaryText(row) {
  if (row.topic !== null) return row.topic;
  return row.facts.slice(0, 1).map(([name, value]) => `${name} ${value}`).join();
}

/** What is told apart by more than its payload, and the numbers of a long list, come first: a row cuts what is long. */
const MARKS = { retain: "retained", "sent again": "sent again" };

/** A payload with the words that matter before it. */
function inShort({ payload, facts }) {
  if (payload === null) return "";
  const marks = facts.filter(([name, value]) => MARKS[name] && value === "yes").map(([name]) => MARKS[name]);
  const numbers = [...payload.matchAll(/"seq":(\d+)/g)].map(([, number]) => number);
  if (payload.includes('"readings":[') && numbers.length > 1) marks.unshift(`${numbers[0]} to ${numbers.at(-1)}`);
  return [...marks, payload].join(" · ");
}

/** A row. What it means is written only once somebody wants to read it. */
export function element(row) {
  const item = make("li");
  item.dataset.who = row.who;
  const details = make("details");
  const summary = make("summary");
  summary.append(
    make("span", "time", time(row.at)),
    make("span", `direction ${place(row.who)}`, direction(row)),
    badge(row.kind),
    make("span", "topic", summaryText(row)),
    make("span", "payload", inShort(row)),
    make("span", "qos", row.qos === null ? "" : `QoS ${row.qos}`),
  );
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(explanation(row));
  });
  item.append(details);
  return item;
}

function explanation(row) {
  const box = make("div", "explanation");
  const [title, meaning] = KINDS[row.kind];
  const text = make("p");
  text.append(make("strong", "", `${title}. `), meaning);
  box.append(text);
  const facts = [];
  if (row.topic !== null && row.kind !== "LINE") facts.push(["topic", row.topic]);
  if (row.payload !== null) facts.push(["payload", row.payload]);
  if (row.qos !== null) facts.push(["quality of service", row.qos]);
  facts.push(...row.facts);
  if (facts.length > 0) {
    const list = make("dl", "facts");
    for (const [name, value] of facts) list.append(make("dt", "", name), make("dd", "", value));
    box.append(list);
  }
  return box;
}

/** The words for all kinds. */
export function glossary(list) {
  for (const [kind, [title, meaning]] of Object.entries(KINDS)) {
    const name = make("dt");
    name.append(badge(kind), ` ${title}`);
    list.append(name, make("dd", "", meaning));
  }
}
