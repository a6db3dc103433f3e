// Makes the pictures of the board for the book and the README:
//
//     npm ci && npm run screenshots        (in xtask/live/browser)
//
// They go to book/src/images/, or to the folder given as the first argument.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./chromium.mjs";
import { play } from "./play.mjs";

const PICTURES = [
  { name: "board-light", colorScheme: "light", viewport: { width: 1180, height: 1290 }, level: 640 },
  { name: "board-dark", colorScheme: "dark", viewport: { width: 1180, height: 1290 }, level: 120 },
];

const folder = process.argv[2] ?? fileURLToPath(new URL("../../../book/src/images", import.meta.url));
mkdirSync(folder, { recursive: true });

const stage = await play();
const browser = await launch();
try {
  for (const { name, level, ...options } of PICTURES) {
    const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
    await page.goto(stage.url);
    await page.locator("#device[data-health=good]").waitFor();
    await page.locator("#light").fill(String(level));
    const lamp = level < 300 ? "LED on" : "LED off";
    await page.locator("#lamp", { hasText: new RegExp(`^${lamp}$`) }).waitFor({ timeout: 15_000 });
    await page.locator("#packets .payload", { hasText: `{"light":${level}}` }).first().waitFor();
    await page.locator("#light").blur();
    await page.locator("#next-look", { hasText: "Next look at the light in 4 s." }).waitFor({ timeout: 15_000 });
    const file = join(folder, `${name}.png`);
    await page.screenshot({ path: file });
    console.log(file);
    await page.close();
  }
} finally {
  await browser.close();
  await stage.end();
}
