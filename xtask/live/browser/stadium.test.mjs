// The stadium in a real browser, around the finished programs. Run by `cargo test -p xtask`, or by
// hand: `npm test`.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { play } from "./play.mjs";
import { accessible, openTab, overflow } from "./tab.mjs";

const ID = `stadium-${process.pid}`;
const DEVICES = ["device1", "device2", "device3"];

/** Longer than the five seconds between two readings, and short enough to wait for. */
const STALE_MS = 7_000;

let browser;
let stage;
const problems = [];

before(async () => {
  browser = await launch();
  stage = await play(ID, { step: "stadium", environment: { NIGHTLIGHT_STALE_MS: String(STALE_MS) } });
});
after(async () => {
  await browser?.close();
  await stage?.end();
});
afterEach(() => assert.deepEqual(problems.splice(0), []));

const open = (options) => openTab(browser, stage.url, problems, options);
const card = (page, device) => page.locator(`.place[data-device=${device}]`);
const control = (page, device, name) => page.getByRole("switch", { name: `${name}: ${device}` });
const led = (page, device, words) => card(page, device).locator(".led", { hasText: new RegExp(`^${words}$`) }).waitFor();
const state = (page, device, health) => page.locator(`.place[data-device=${device}][data-health=${health}]`).waitFor();
const outcome = (page, words) => page.locator("#outcome", { hasText: new RegExp(`^${words}$`) }).waitFor();
const why = (page, words) => page.locator("#why", { hasText: words }).waitFor();
const agreed = (page) => page.locator("#answer[data-health=good]", { hasText: "✓ That is what a right server says." }).waitFor();
const reading = (page, device, cells) => page.locator(`#readings tr[data-device=${device}]`, { hasText: cells }).waitFor();
const packet = (page, text) => page.locator("#packets > li", { hasText: text }).first();
const everywhere = (page, level) => page.getByLabel("Light of the whole stadium").fill(String(level));

/** A bright evening: nothing covered, everybody connected and heard. */
async function evening() {
  const page = await open();
  for (const device of DEVICES) {
    for (const name of ["Covered", "Unplugged"]) {
      const toggle = control(page, device, name);
      if (await toggle.getAttribute("aria-checked") === "true") await toggle.click();
    }
    await state(page, device, "good");
  }
  await page.getByRole("group", { name: "Light levels that matter" }).getByRole("button", { name: "1023" }).click();
  for (const device of DEVICES) await reading(page, device, /1023 bright.*yes/);
  await why(page, "0 of 3 readings");
  await outcome(page, "Not dark: LED off");
  await agreed(page);
  return page;
}

test("three cards, each a board of its own, moved by keyboard", async () => {
  const page = await evening();
  assert.deepEqual(await page.locator(".place .name").allTextContents(), DEVICES);
  assert.equal(await page.getByRole("heading", { name: "The room" }).isVisible(), false);
  const slider = page.getByLabel("Light at device2");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await packet(page, `${ID}/devices/device2/telemetry`).filter({ hasText: '{"light":1021}' }).waitFor();
  await reading(page, "device2", "1021 bright");
  assert.match(await slider.getAttribute("aria-valuetext"), /1021, bright/);
  for (const device of ["device1", "device3"]) {
    assert.equal(await card(page, device).locator("output").textContent(), "1023");
  }
  await page.locator("#device-lines", { hasText: 'device2 | Sending telemetry  {"light":1021}' }).waitFor();
  await page.locator("#device", { hasText: "3 of 3 connected" }).waitFor();
  await page.close();
});

test("one covered sensor changes the reasons and not the decision, two change it", async () => {
  const page = await evening();
  await control(page, "device1", "Covered").focus();
  await page.keyboard.press("Space");
  await card(page, "device1").locator(".reads", { hasText: "reads 0: a bird sits on it" }).waitFor();
  assert.equal(await card(page, "device1").locator("output").textContent(), "1023");
  await reading(page, "device1", /0 dark.*yes/);
  await why(page, "1 of 3 readings that count is below 300. That is not more than half.");
  await outcome(page, "Not dark: LED off");
  await agreed(page);
  for (const device of DEVICES) await led(page, device, "LED off");

  await control(page, "device3", "Covered").click();
  await why(page, "2 of 3 readings that count are below 300. That is more than half.");
  await outcome(page, "Dark: LED on");
  for (const device of DEVICES) await led(page, device, "LED on");
  await agreed(page);

  // The bird flies away, and the sensor sees what has become of the evening.
  await everywhere(page, 800);
  await card(page, "device3").locator("output", { hasText: /^800$/ }).waitFor();
  await card(page, "device3").locator(".reads", { hasText: "reads 0" }).waitFor();
  await control(page, "device3", "Covered").click();
  await card(page, "device3").locator(".reads", { hasText: "reads 800." }).waitFor();
  await outcome(page, "Not dark: LED off");
  for (const device of DEVICES) await led(page, device, "LED off");
  await page.close();
});

test("an unplugged device says no goodbye, and its reading expires", async () => {
  const page = await evening();
  await everywhere(page, 100);
  await outcome(page, "Dark: LED on");
  await led(page, "device2", "LED on");
  await control(page, "device2", "Unplugged").click();
  await card(page, "device2").locator(".state", { hasText: /^unplugged$/ }).waitFor();
  await led(page, "device2", "LED off");
  await page.locator("#device", { hasText: "device2: unplugged" }).waitFor();
  await reading(page, "device2", "no: expired");
  await why(page, "2 of 2 readings");
  await agreed(page);
  await page.getByLabel("Line of").selectOption("device2");
  await packet(page, "its connection to the broker has ended").waitFor();
  await packet(page, "CONNECT").waitFor();
  assert.equal(await page.locator("#packets > li", { hasText: "DISCONNECT" }).count(), 0);

  await control(page, "device2", "Unplugged").click();
  await state(page, "device2", "good");
  await reading(page, "device2", /100 dark.*yes/);
  await why(page, "3 of 3 readings");
  await led(page, "device2", "LED on");
  await page.close();
});

test("two tabs agree, and a reload forgets nothing", async () => {
  const [one, two] = [await evening(), await open()];
  await control(one, "device1", "Covered").click();
  await one.locator("#stadium-light").fill("444");
  await control(one, "device3", "Unplugged").click();
  for (const step of ["at once", "after a reload"]) {
    await two.locator("#stadium-level", { hasText: /^444$/ }).waitFor();
    await card(two, "device2").locator("output", { hasText: /^444$/ }).waitFor();
    await two.locator(".place[data-device=device1] .cover[aria-checked=true]").waitFor();
    await two.locator(".place[data-device=device3] .unplug[aria-checked=true]").waitFor();
    await state(two, "device3", "gone");
    if (step === "at once") await two.reload();
  }
  await control(two, "device1", "Covered").click();
  await one.locator(".place[data-device=device1] .cover[aria-checked=false]").waitFor();
  for (const page of [one, two]) await reading(page, "device1", "444 bright");
  await control(two, "device3", "Unplugged").click();
  await state(one, "device3", "good");
  await one.close();
  await two.close();
});

test("by keyboard alone, from the top of the page to the first switch", async () => {
  await (await evening()).close();
  const page = await open();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const focused = (name) => page.locator(`${name}:focus`).waitFor();
  await focused("#stadium-light");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await card(page, "device3").locator("output", { hasText: /^1022$/ }).waitFor();
  // The four levels, then the first card's slider.
  for (let stop = 0; stop < 5; stop += 1) await page.keyboard.press("Tab");
  await focused("#light-device1");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.locator(".place[data-device=device1] .cover[aria-checked=true]").waitFor();
  await page.close();
});

test("what is broken for one device harms no other", async () => {
  const page = await evening();
  await page.locator("#malformed-form [name=to]").selectOption({ label: "device2" });
  await page.getByRole("button", { name: "Send a malformed message" }).click();
  // A command may have come since.
  await page.locator("#packets > li", { hasText: "broker → device2" }).filter({ hasText: "not json" }).waitFor();
  await page.locator("#device-lines .stderr", { hasText: "device2 | " }).first().waitFor();
  assert.equal(await page.locator("#packets > li", { hasText: "broker → device1" }).filter({ hasText: "not json" }).count(), 0);

  await page.locator("#cut-form [name=who]").selectOption({ label: "device3" });
  await page.locator("#cut-form [name=seconds]").selectOption("3");
  await page.getByRole("button", { name: "Cut the line" }).click();
  await state(page, "device3", "waiting");
  for (const device of ["device1", "device2"]) await state(page, device, "good");
  await state(page, "device3", "good");
  await page.close();
});

/** What a page is told first. */
async function everything() {
  const response = await fetch(`${stage.url}/nightlight/live`);
  let told = "";
  for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
    told += bytes;
    if (told.includes("\n\n")) break;
  }
  return JSON.parse(told.match(/^data: ?(.*)$/m)[1]);
}

/** A page that is told this, and nothing more. */
async function told(all, options) {
  const page = await browser.newPage(options);
  page.on("pageerror", (error) => problems.push(String(error)));
  const body = `retry: 600000\nevent: everything\ndata: ${JSON.stringify(all)}\n\n`;
  await page.route("**/nightlight/live", (route) => route.fulfill({ contentType: "text/event-stream", body }));
  await page.goto(stage.url);
  return page;
}

test("a wrong answer, a missing one and an old reading are told as such", async () => {
  const all = await everything();
  const at = Date.now();
  const { weighed } = all.now.stadium;
  weighed.readings = [
    { device: "device1", light: 5, dark: true, at, counts: true },
    { device: "device2", light: 900, dark: false, at: at - STALE_MS - 1000, counts: true },
    { device: "a-stranger", light: 0, dark: true, at: at - 60_000, counts: false },
  ];
  weighed.decision = { is_dark: false, dark: 1, of: 2, changed: true, device: "device1", at };
  weighed.command = { led_on: true, device: null, at };
  weighed.unanswered = 0;
  const wrong = await told(all);
  await wrong.locator("#said", { hasText: /^LED on, to all devices$/ }).waitFor();
  await wrong.locator("#answer[data-health=gone]", { hasText: "✗ A right server says LED off." }).waitFor();
  await wrong.locator("#decided", { hasText: "It was the other way round before." }).waitFor();
  await reading(wrong, "device2", "expired: the next reading drops it");
  await reading(wrong, "a-stranger", "no: expired");
  assert.deepEqual(await wrong.locator("#readings th").allTextContents(), ["a-stranger", "device1", "device2"]);
  await wrong.close();

  weighed.unanswered = 2;
  const missing = await told(all);
  await missing.locator("#answer[data-health=waiting]", { hasText: "not yet answered 2 readings" }).waitFor();
  await missing.close();
});

test("twelve devices have room on a phone", async () => {
  const all = await everything();
  const { places, weighed } = all.now.stadium;
  const many = Array.from({ length: 12 }, (_, index) => `device${index + 1}`);
  all.now.stadium.places = many.map((name) => ({ ...places[0], name, state: { health: "good", word: "connected", detail: "" } }));
  weighed.readings = many.map((device) => ({ device, light: 1023, dark: false, at: Date.now() - 60_000, counts: true }));
  const page = await told(all, { viewport: { width: 360, height: 740 } });
  await reading(page, "device12", "1023 bright");
  assert.equal(await page.locator(".place").count(), 12);
  assert.ok(await overflow(page) <= 0);
  await page.close();
});

test("everybody can use it", async (t) => {
  const prepared = await evening();
  await control(prepared, "device1", "Covered").click();
  await control(prepared, "device3", "Unplugged").click();
  await reading(prepared, "device3", "no: expired");
  await prepared.close();
  for (const [name, options] of Object.entries({
    light: { colorScheme: "light" },
    dark: { colorScheme: "dark" },
    phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true },
  })) {
    await t.test(name, async () => {
      const page = await open({ ...options, bypassCSP: true, reducedMotion: "reduce" });
      await state(page, "device3", "gone");
      await why(page, "1 of 2 readings that count is below 300. That is half, and half is not more than half.");
      await accessible(page);
      const pixels = await overflow(page);
      assert.ok(pixels <= 0, `the page is ${pixels} px too wide`);
      await page.close();
    });
  }
});

test("when the board ends, the page withdraws what it knew", async () => {
  const page = await evening();
  assert.equal(await stage.end(), 0);
  await page.locator("#silent", { hasText: "does not answer" }).waitFor();
  for (const device of DEVICES) await state(page, device, "waiting");
  // The browser says that it cannot reach the board, and so does the page.
  problems.splice(0, Infinity, ...problems.filter((problem) => !problem.includes("net::ERR")));
  await page.close();
});
