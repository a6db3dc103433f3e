// Quizzes: judging, remembering, counting. Everything can be read without this file.
"use strict";
(() => {
  const PREFIX = "nightlight-quiz/";
  const NAMES = { right: "Right.", wrong: "Not quite.", unsure: "No harm:" };

  // A browser may forbid storage; the quizzes then work for as long as the page is open.
  const memory = {
    get(key) { try { return localStorage.getItem(PREFIX + key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(PREFIX + key, value); } catch { /* see above */ } },
    clear() {
      try {
        Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))
          .forEach((key) => localStorage.removeItem(key));
      } catch { /* see above */ }
    },
  };

  function button(text, label, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = text;
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }

  // Capitals, spaces, quotes and punctuation at the ends do not make a short answer wrong.
  const plain = (text) => text.toLowerCase().replace(/[`"'“”‘’]/g, "").replace(/\s+/g, " ")
    .trim().replace(/^[.,;:!?]+|[.,;:!?]+$/g, "");

  // One for each kind of question. `read` gives what was answered, or nothing; `judge` its verdict
  // and the list item with the reason; `keep` and `restore` a form for the memory that holds ids
  // and no words of ours, so that a reworded or reordered quiz keeps its meaning.
  const kinds = {
    choice: (fieldset) => ({
      empty: "Choose an answer first.",
      read: () => fieldset.querySelector("input:checked"),
      judge(input) {
        if (input.value === "unsure") return ["unsure"];
        const reasons = [...fieldset.querySelectorAll("details li")];
        const reason = reasons.find((reason) => reason.dataset.answer === input.value);
        return [input.hasAttribute("data-right") ? "right" : "wrong", reason];
      },
      keep: (input) => input.value,
      restore(kept) {
        const inputs = [...fieldset.querySelectorAll("input")];
        const input = inputs.find((input) => input.value === kept);
        if (input) input.checked = true;
        return input;
      },
    }),

    short(fieldset) {
      const field = fieldset.querySelector("input");
      return {
        empty: "Write an answer first.",
        read: () => plain(field.value),
        judge(text) {
          const reasons = [...fieldset.querySelectorAll("details li")];
          const reason = reasons.find(({ dataset }) =>
            dataset.accept.split(" | ").some((way) => plain(way) === text));
          return [reason?.hasAttribute("data-right") ? "right" : "wrong", reason];
        },
        keep: () => field.value.trim(),
        restore(kept) {
          field.value = kept;
          return plain(kept);
        },
      };
    },

    order(fieldset) {
      const list = fieldset.querySelector("ol.order");
      const right = list.dataset.order.split(" ");
      const items = () => [...list.children];
      const ids = () => items().map((item) => item.dataset.item);
      const mark = () => items().forEach((item, place, all) => {
        const [up, down] = item.querySelectorAll("button");
        up.disabled = place === 0;
        down.disabled = place === all.length - 1;
      });
      for (const item of items()) {
        const name = item.textContent.trim();
        const move = (step) => {
          const from = items().indexOf(item);
          const other = items()[from + step];
          if (step < 0) other.before(item); else other.after(item);
          mark();
          const buttons = item.querySelectorAll("button");
          const pressed = buttons[step < 0 ? 0 : 1];
          (pressed.disabled ? buttons[step < 0 ? 1 : 0] : pressed).focus();
          fieldset.querySelector(".quiz-verdict").textContent =
            `${name} is now ${from + step + 1} of ${right.length}.`;
        };
        item.prepend(
          button("↑", `Move up: ${name}`, () => move(-1)),
          button("↓", `Move down: ${name}`, () => move(1)),
        );
      }
      mark();
      return {
        read: ids,
        judge(order) {
          const inPlace = order.filter((id, place) => id === right[place]).length;
          if (inPlace === right.length) return ["right", fieldset.querySelector("details .because")];
          return ["wrong", null, `${inPlace} of ${right.length} stand in their place.`];
        },
        keep: (order) => order.join(","),
        restore(kept) {
          const order = kept.split(",");
          if (order.length !== right.length || !order.every((id) => right.includes(id))) return null;
          order.forEach((id) => list.append(items().find((item) => item.dataset.item === id)));
          mark();
          return order;
        },
      };
    },
  };

  function show(fieldset, [verdict, reason, words]) {
    const place = fieldset.querySelector(".quiz-verdict");
    const word = document.createElement("span");
    word.className = verdict === "right" ? "good" : verdict === "wrong" ? "bad" : "";
    word.textContent = NAMES[verdict];
    place.replaceChildren(word, " ");
    if (verdict === "unsure") place.append("read the reasons below, then try again.");
    else if (reason) place.append(...reason.querySelector("span").cloneNode(true).childNodes);
    else place.append(words ?? "Compare your answer with the one below.");
  }

  const verdictOf = (key) => memory.get(key)?.split(" ")[0];

  // A question that comes back tells how it went the first time, once it is answered again.
  function tellFirstTime(fieldset) {
    if (!fieldset.dataset.first) return;
    const said = {
      right: "The first time you were right.",
      wrong: "The first time you were not quite right.",
      unsure: "The first time you did not know yet.",
    };
    const first = verdictOf(fieldset.dataset.first);
    fieldset.querySelector(".first-time").textContent =
      said[first] ?? "You did not answer it then.";
  }

  function compare(form) {
    const place = form.querySelector(".quiz-compare");
    if (!place) return;
    const again = [...form.querySelectorAll("fieldset[data-first]")];
    const now = again.map((fieldset) => verdictOf(`${form.dataset.quiz}/${fieldset.dataset.question}`));
    if (!now.some(Boolean)) {
      place.textContent = "";
      return;
    }
    const rights = (verdicts) => verdicts.filter((verdict) => verdict === "right").length;
    const first = again.map((fieldset) => verdictOf(fieldset.dataset.first));
    place.textContent = `Of what was asked before: right the first time ${rights(first)} of `
      + `${again.length}, now ${rights(now)} of ${again.length}.`;
  }

  function question(form, fieldset) {
    const key = `${form.dataset.quiz}/${fieldset.dataset.question}`;
    const kind = kinds[fieldset.dataset.kind](fieldset);
    const place = fieldset.querySelector(".quiz-verdict");
    const settle = (judged, kept) => {
      show(fieldset, judged);
      if (kept !== undefined) memory.set(key, `${judged[0]} ${kept}`);
      tellFirstTime(fieldset);
      compare(form);
    };
    const check = () => {
      const answer = kind.read();
      if (!answer || answer.length === 0) place.textContent = kind.empty;
      else settle(kind.judge(answer), kind.keep(answer));
    };

    const [verdict, kept] = memory.get(key)?.split(/ (.*)/s) ?? [];
    const restored = kept ? kind.restore(kept) : null;
    if (restored) settle(kind.judge(restored));
    else if (verdict === "unsure") settle(["unsure"]);

    fieldset.addEventListener("input", () => place.replaceChildren());
    // Enter in a field would send the form.
    fieldset.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.type === "text") check();
    });
    // Arrow keys walk over the choices and choose each in passing, so judging needs a button.
    const number = fieldset.querySelector("legend").textContent.split(".")[0];
    const buttons = document.createElement("p");
    buttons.className = "quiz-buttons";
    buttons.append(button("Check", `Check question ${number}`, check));
    if (fieldset.dataset.kind !== "choice") {
      const label = `I don’t know yet: question ${number}`;
      buttons.append(button("I don’t know yet", label, () => settle(["unsure"], "")));
    }
    place.before(buttons);
  }

  function quiz(form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.querySelectorAll("fieldset").forEach((fieldset) => question(form, fieldset));
  }

  function progress(table) {
    const fill = () => {
      for (const row of table.querySelectorAll("tbody tr")) {
        const verdicts = row.dataset.questions.split(" ")
          .map((question) => verdictOf(`${row.dataset.quiz}/${question}`));
        row.querySelector(".answered").textContent =
          verdicts.filter((verdict) => verdict === "right" || verdict === "wrong").length;
        row.querySelector(".correct").textContent =
          verdicts.filter((verdict) => verdict === "right").length;
      }
    };
    fill();
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    const buttons = document.createElement("p");
    buttons.append(button("Forget all my answers", null, () => {
      memory.clear();
      fill();
      said.textContent = "All answers in this browser are forgotten.";
    }));
    // mdBook wraps tables.
    (table.closest(".table-wrapper") ?? table).after(buttons, said);
  }

  document.querySelectorAll("form.quiz").forEach(quiz);
  document.querySelectorAll("table.progress").forEach(progress);
})();
