// Reads the grader's pages as people do: in light and dark, on a desk and on a phone, everything unfolded.
//
//   node pages.mjs FILE…   prints what is wrong, and ends with 1 if anything is
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
// With the packages of the board's tests: there need not be two browsers' worth of them.
import { launch } from "../../../live/browser/chromium.mjs";

const packages = createRequire(new URL("../../../live/browser/package.json", import.meta.url));
const axe = await readFile(packages.resolve("axe-core/axe.min.js"), "utf8");

const browser = await launch();
const wrong = [];
for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    // The pages allow no scripts, and axe is one.
    const context = await browser.newContext({ colorScheme, bypassCSP: true, viewport: { width, height: 844 } });
    const page = await context.newPage();
    for (const file of process.argv.slice(2)) {
      const say = (problem) => wrong.push(`${file}, ${colorScheme}, ${width}: ${problem}`);
      await page.goto(pathToFileURL(file).href);
      await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
      await page.addScriptTag({ content: axe });
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const { id, nodes } of violations) say(`${id}: ${nodes[0].html.slice(0, 120)}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wider > 1) say(`${wider} pixels wider than the screen`);
    }
    await context.close();
  }
}
await browser.close();
console.log(wrong.join("\n"));
process.exitCode = wrong.length ? 1 : 0;
