// The page that is a client itself, beside the board's page: each sees what the other does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, afterEach, before, describe, test } from "node:test";
import { launch } from "./chromium.mjs";
import { play } from "./play.mjs";
import { accessible, openTab, overflow } from "./tab.mjs";

const ID = `client-${process.pid}`;

let browser;
let stage;
let page;
const problems = [];

before(async () => {
  browser = await launch();
  stage = await play(ID, { arguments: ["--ws", "0"] });
  page = stage.said.join("\n").match(/Client: (\S+)/)[1];
});
after(async () => {
  await browser?.close();
  await stage?.end();
});
afterEach(() => {
  assert.deepEqual(problems.splice(0), []);
});

const openBoard = () => openTab(browser, stage.url, problems);
const openClient = (options = {}) => openTab(browser, page, problems, { ready: CONNECTED, ...options });
const CONNECTED = "#state[data-state=connected]";

const row = (board, kind, text) => board.locator("#packets > li[data-who=browser]", { has: board.locator(`.kind[data-kind=${kind}]`), hasText: text });

/** What somebody writes in the console. */
const console = (client, topic, payload) => client.evaluate(([topic, payload]) => { globalThis.client.publish(topic, payload); }, [topic, payload]);

/** The level that is told every five seconds, and the lamp that the server commands then. */
async function light(board, level) {
  await board.locator(`[data-level="${level}"]`).click();
}

test("the browser stands in the list of packets as one more client", async () => {
  const board = await openBoard();
  const client = await openClient();
  const name = await client.locator("#client-id").textContent();
  assert.match(name, new RegExp(`^${ID}nightlight_browser_`));
  await row(board, "CONNECT", name).waitFor();
  await row(board, "SUBSCRIBE", `${ID}/#`).waitFor();
  await row(board, "SUBACK", "").waitFor();
  await board.locator("#whose").selectOption("browser");
  assert.equal(await board.locator("#packets > li:not([data-who=browser], [data-who=page])").count(), 0);
  await client.close();
  await row(board, "LINE", "has ended").waitFor();
  await board.close();
});

test("the board’s page leads to it", async () => {
  const board = await openBoard();
  const opened = board.waitForEvent("popup");
  await board.getByRole("link", { name: "A page that is a client itself" }).click();
  const client = await opened;
  await client.locator(CONNECTED).waitFor();
  await client.close();
  await board.close();
});

test("it shows what is told and commanded, and a command from the console switches the lamp", async () => {
  const board = await openBoard();
  const client = await openClient();
  await light(board, 1023);
  await client.locator(".lamp[data-on=false]", { hasText: "Light 1023, lamp told to be off" }).waitFor();
  await board.locator("#lamp", { hasText: "LED off" }).waitFor();
  await console(client, `${ID}/commands`, '{"led_on":true}');
  await board.locator("#lamp", { hasText: "LED on" }).waitFor();
  await client.locator(".lamp[data-on=true]").waitFor();
  // The server answers the next reading, and does not know what somebody else has said.
  await board.locator("#lamp", { hasText: "LED off" }).waitFor();
  await client.locator("#messages tr", { hasText: '{"led_on":true}' }).first().waitFor();
  await client.close();
  await board.close();
});

test("its form publishes, too, and nonsense is shown and harms nobody", async () => {
  const client = await openClient();
  await client.getByLabel("Topic").fill(`${ID}/lab`);
  for (const payload of ["<b>not json</b>", "null", "[]", '{"light":"dark"}', ""]) {
    await client.getByLabel("Payload").fill(payload);
    await client.getByLabel("QoS").selectOption("1");
    await client.getByRole("button", { name: "Publish" }).click();
    await client.locator("#published", { hasText: `Published to ${ID}/lab` }).waitFor();
    await client.locator("#messages td:nth-child(3)").getByText(payload, { exact: true }).first().waitFor({ state: "attached" });
  }
  assert.equal(await client.locator("#messages b").count(), 0);
  // An empty retained message clears it again.
  await client.getByLabel("Payload").fill("kept");
  await client.getByLabel("Retain").check();
  await client.getByRole("button", { name: "Publish" }).click();
  await client.locator("#messages td", { hasText: /^kept$/ }).waitFor();
  await client.reload();
  await client.locator("#messages td", { hasText: "retained · kept" }).waitFor();
  await client.getByLabel("Topic").fill(`${ID}/lab`);
  await client.getByLabel("Payload").fill("");
  await client.getByLabel("Retain").check();
  await client.getByRole("button", { name: "Publish" }).click();
  await client.locator("#messages tr").nth(1).waitFor();
  await client.close();
});

test("after a restart of the broker it subscribes again, once", async () => {
  const board = await openBoard();
  const client = await openClient();
  await board.locator("#restart").click();
  await client.locator("#state[data-state=waiting]").waitFor();
  await client.locator(CONNECTED).waitFor();
  await console(client, `${ID}/lab`, "again");
  await client.locator("#messages td", { hasText: "again" }).waitFor();
  const name = await client.locator("#client-id").textContent();
  const kinds = await board.locator("#packets > li[data-who=browser] .kind").allTextContents();
  const since = kinds.slice(0, kinds.indexOf("CONNACK"));
  assert.equal(since.filter((kind) => kind === "SUBSCRIBE").length, 1, `${name}: ${kinds}`);
  await client.close();
  await board.close();
  // The browser says by itself that it could not connect.
  problems.splice(0, Infinity, ...problems.filter((problem) => !problem.includes("WebSocket connection")));
});

describe("what a lab says that comes is what comes", () => {
  const ACTS = {
    "page-arrives": async (client) => client.reload(),
    "page-says-goodbye": async (client) => {
      await client.getByRole("button", { name: "Disconnect" }).click();
      await client.locator("#state[data-state=left]").waitFor();
      await client.getByRole("button", { name: "Connect", exact: true }).click();
    },
    console: async (client) => console(client, `${ID}/lab`, "hello"),
  };

  for (const [id, act] of Object.entries(ACTS)) {
    test(id, async () => {
      const board = await openBoard();
      const client = await openClient();
      await row(board, "SUBACK", "").first().waitFor();
      const all = await (await fetch(`${stage.url}/nightlight/labs`)).json();
      assert.deepEqual(all.filter(({ line }) => line === "browser").map((lab) => lab.id), Object.keys(ACTS));
      const one = all.find((lab) => lab.id === id);
      const lab = board.locator(`#lab-${id}`);
      await lab.getByText(one.title, { exact: true }).click();
      for (const [at, { kind, from, topic, qos }] of one.packet.entries()) {
        await lab.getByRole("button", { name: "Add a packet" }).click();
        await lab.getByLabel(`Kind of packet ${at + 1}`).selectOption(kind);
        await lab.getByLabel(`Direction of packet ${at + 1}`).selectOption(from);
        if (topic === null) continue;
        await lab.getByLabel(`Topic of packet ${at + 1}`).selectOption(topic);
        await lab.getByLabel(`Quality of service of packet ${at + 1}`).selectOption(String(qos));
      }
      await lab.getByRole("button", { name: "I have predicted" }).click();
      await lab.getByText("Watching the browser’s line").waitFor();
      await act(client);
      await lab.locator(".outcome", { hasText: "you predicted" }).waitFor();
      const table = await lab.locator(".compared").textContent();
      assert.equal(await lab.locator(".outcome").textContent(), "As you predicted.", table);
      await client.close();
      await board.close();
    });
  }
});

describe("the small page in the guide", () => {
  const CHAPTER = new URL("../../../book/src/browser-client.md", import.meta.url);
  let server;
  let own;

  before(async () => {
    const { host } = new URL(page);
    const text = readFileSync(CHAPTER, "utf8").match(/```html\n([^]*?)```/)[1]
      .replaceAll("127.0.0.1:8083", host);
    const isPage = (url) => url.split("?")[0] === "/";
    server = createServer(({ url }, answer) => answer.writeHead(isPage(url) ? 200 : 404, { "content-type": "text/html" }).end(isPage(url) ? text : ""));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    own = `http://127.0.0.1:${server.address().port}/?id=${ID}`;
  });
  after(() => server.close());

  test("shows the light, and switches the lamp", async () => {
    const board = await openBoard();
    await light(board, 300);
    await board.locator("#lamp", { hasText: "LED off" }).waitFor();
    const client = await browser.newPage();
    await client.goto(own);
    await client.locator("#light", { hasText: "300" }).waitFor();
    await client.getByRole("button", { name: "Lamp on" }).click();
    await board.locator("#lamp", { hasText: "LED on" }).waitFor();
    await row(board, "CONNECT", `${ID}my_page`).waitFor();
    await client.close();
    await board.close();
  });

  test("is refused when it is from nowhere", async () => {
    const client = await browser.newPage();
    const refused = (site) => client.goto(site).then(() => client.evaluate(([url]) => new Promise((resolve) => {
      const socket = new WebSocket(url, "mqtt");
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    }), [page.replace("http", "ws").replace(/\?.*/, "mqtt")]));
    assert.equal(await refused(own), "open");
    assert.equal(await refused("data:text/html,nowhere"), "refused");
    await client.close();
  });
});

test("without an id it asks for one", async () => {
  const client = await openTab(browser, new URL("/", page).href, problems, { ready: "#who:not([hidden])" });
  await client.getByLabel("Id").fill(ID);
  await client.getByRole("button", { name: "Listen to it" }).click();
  await client.locator(CONNECTED).waitFor();
  assert.equal(await client.locator("#filter").textContent(), `${ID}/#`);
  await client.close();
});

for (const [name, options] of Object.entries({
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true },
})) {
  test(`everybody can use it: ${name}`, async () => {
    const client = await openClient({ ...options, bypassCSP: true });
    await console(client, `${ID}/telemetry`, '{"light":7}');
    await client.locator(".lamp", { hasText: "Light 7" }).waitFor();
    await console(client, `${ID}/lab`, "a long word: ".concat("x".repeat(300)));
    await client.locator("#messages td", { hasText: "a long word" }).waitFor();
    await accessible(client);
    const pixels = await overflow(client);
    assert.ok(pixels <= 0, `the page is ${pixels} px too wide`);
    await client.close();
  });
}
