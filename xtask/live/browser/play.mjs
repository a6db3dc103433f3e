// `cargo xtask run STEP --solutions` or `cargo xtask board` on a free port, for as long as a test takes.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs the finished device and server of the step about commands, or of another, under this id. */
export const play = (id = "my-own-nightlight", { step = "commands", arguments: more = [], environment = {} } = {}) =>
  start(["run", step, "--solutions", "--board-port", "0", ...more], { NIGHTLIGHT_ID: id, ...environment });

/** Serves a board alone. */
export const board = () => start(["board", "--port", "0"], {});

/** `url` is the board's; `end` is Ctrl-C, and gives the exit status. */
async function start(args, environment) {
  const runner = process.env.NIGHTLIGHT_RUNNER;
  const [program, first] = runner ? [runner, []] : ["cargo", ["xtask"]];
  const run = spawn(program, [...first, ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  run.stderr.on("data", (data) => said.push(String(data)));
  const exit = new Promise((resolve) => run.on("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface(run.stdout).on("line", (line) => {
      said.push(line);
      const board = line.match(/http:\/\/[0-9.]+:[0-9]+/);
      if (board) resolve(board[0]);
    });
    run.on("exit", (code) => reject(new Error(`it ended with ${code}:\n${said.join("\n")}`)));
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
