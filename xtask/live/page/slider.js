// A slider for a light level. While somebody moves it, it is theirs; else it shows what the board
// says.

export const DARK = 300;

/** How bright that is painted, 0 to 1. Below 300 it has to look like night. */
export function brightness(level) {
  const dusk = 0.38;
  if (level < DARK) return (dusk * level) / DARK;
  return dusk + (1 - dusk) * ((level - DARK) / (1023 - DARK)) ** 0.6;
}

/**
 * Makes a slider work. `send` asks the board for a level, `shown` hears of each level that is shown,
 * and `words` are those for dark and for bright.
 */
export function lightSlider(input, output, { send, shown = () => {}, words }) {
  let wanted = null;
  let sending = false;
  let held = false;
  let known = null;

  function show(level) {
    input.value = level;
    const dark = level < DARK;
    input.setAttribute("aria-valuetext", `${level}, ${dark ? `${words[0]}: below 300` : `${words[1]}: 300 or more`}`);
    output.textContent = level;
    output.dataset.dark = dark;
    shown(level);
  }

  /** Shows what the board says, once nobody moves the slider. */
  function settle() {
    if (known !== null && wanted === null && !sending && !held) show(known);
  }

  /** Sends the newest level, one request at a time, however fast the slider moves. */
  async function sendAll() {
    if (sending) return;
    sending = true;
    while (wanted !== null) {
      const level = wanted;
      wanted = null;
      await send(level);
    }
    sending = false;
    settle();
  }

  function set(level) {
    wanted = level;
    show(level);
    sendAll();
  }

  input.addEventListener("input", () => set(input.valueAsNumber));
  input.addEventListener("pointerdown", () => { held = true; });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { held = false; });
  return {
    set,
    says(level) {
      known = level;
      settle();
    },
  };
}
