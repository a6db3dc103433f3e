// The scales: which readings count, what they say together, and whether the server says the same.

import { $, make, say } from "./elements.js";

let now = null;

const led = (on) => (on ? "LED on" : "LED off");
const seconds = (at) => Math.max(0, Math.round((Date.now() - at) / 1000));

/** Why it is dark or not, in a sentence or two. */
function reason({ is_dark, dark, of }) {
  const count = `${dark} of ${of} ${of === 1 ? "reading" : "readings"} that ${of === 1 ? "counts" : "count"} ${dark === 1 ? "is" : "are"} below 300.`;
  if (is_dark) return `${count} That is more than half.`;
  if (2 * dark === of) return `${count} That is half, and half is not more than half.`;
  return `${count} That is not more than half.`;
}

/** Whether the server's last command is what a right server says. */
function agreement({ decision, command, unanswered }) {
  if (decision === null) return ["", ""];
  if (unanswered > 0) return ["waiting", `It has not yet answered ${unanswered === 1 ? "one reading" : `${unanswered} readings`}.`];
  if (command === null) return ["", ""];
  return command.led_on === decision.is_dark
    ? ["good", "✓ That is what a right server says."]
    : ["gone", `✗ A right server says ${led(decision.is_dark)}.`];
}

/** Whether a reading counts: it may have become too old since the last one came. */
function standing(reading) {
  const old = Date.now() - reading.at > now.stale_after;
  if (!reading.counts) return ["no", "no: expired"];
  return old ? ["no", "expired: the next reading drops it"] : ["yes", "yes"];
}

function row(reading) {
  const [counts, words] = standing(reading);
  const row = make("tr");
  row.dataset.device = reading.device;
  row.dataset.counts = counts;
  const name = make("th", "", reading.device);
  name.scope = "row";
  row.append(
    name,
    make("td", "", `${reading.light} ${reading.dark ? "dark" : "bright"}`),
    make("td", "age", `${seconds(reading.at)} s`),
    make("td", "standing", words),
  );
  return row;
}

/** Shows what is weighed; ages grow between two calls. */
export function showScales(stadium) {
  now = stadium;
  const { readings, more, decision, command } = now.weighed;
  say($("stale"), String(now.stale_after / 1000));
  say($("outcome"), decision === null ? "Nothing yet" : `${decision.is_dark ? "Dark" : "Not dark"}: ${led(decision.is_dark)}`);
  say($("why"), decision === null ? "No reading has reached the server." : reason(decision));
  $("verdict").dataset.dark = decision?.is_dark ?? false;
  say($("said"), command === null ? "Nothing yet" : `${led(command.led_on)}, to ${command.device === null ? "all devices" : `${command.device} alone`}`);
  const [health, words] = agreement(now.weighed);
  $("answer").dataset.health = health;
  say($("agreement"), words);
  const sorted = [...readings].sort((a, b) => a.device.localeCompare(b.device, "en", { numeric: true }));
  $("readings").replaceChildren(...sorted.map(row));
  $("more-readings").hidden = more === 0;
  say($("more-readings"), `And ${more} more.`);
  grow();
}

/** Time passes, whether something happens or not. */
function grow() {
  if (now === null) return;
  const { readings, decision } = now.weighed;
  say($("decided"), decision === null ? "" : `Decided when ${decision.device} was heard, ${seconds(decision.at)} s ago${decision.changed ? ". It was the other way round before." : "."}`);
  for (const reading of readings) {
    const row = [...$("readings").children].find((row) => row.dataset.device === reading.device);
    const [counts, words] = standing(reading);
    row.dataset.counts = counts;
    say(row.querySelector(".age"), `${seconds(reading.at)} s`);
    say(row.querySelector(".standing"), words);
  }
}

setInterval(grow, 1000);
