// `cargo xtask run --solutions` on free ports, for as long as a test takes.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Starts the play with these arguments; `url` is the board's, `end` is Ctrl-C. */
export async function play(...args) {
  const runner = process.env.NIGHTLIGHT_RUNNER;
  const [program, first] = runner ? [runner, []] : ["cargo", ["xtask"]];
  const run = spawn(program, [...first, "run", "--solutions", "--board-port", "0", ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", NIGHTLIGHT_ID: "my-own-nightlight" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  const lines = createInterface(run.stdout);
  run.stderr.on("data", (data) => said.push(String(data)));
  const exit = new Promise((resolve) => run.on("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      said.push(line);
      const board = line.match(/Board: +(http:\S+)/);
      if (board) resolve(board[1]);
    });
    run.on("exit", (code) => reject(new Error(`the play ended with ${code}:\n${said.join("\n")}`)));
  });
  return {
    url,
    said,
    end: () => {
      run.kill("SIGINT");
      return exit;
    },
  };
}
