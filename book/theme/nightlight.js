// Quizzes, progress, and what mdBook's pages lack for keyboards and screen readers.
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

  // What is remembered is the answer's own words: a reordered quiz keeps its meaning, a rewritten
  // answer is simply open again.
  function judge(fieldset, input) {
    if (input.value === "unsure") return "unsure";
    return input.hasAttribute("data-right") ? "right" : "wrong";
  }

  function show(fieldset, input) {
    const verdict = judge(fieldset, input);
    const place = fieldset.querySelector(".quiz-verdict");
    const word = document.createElement("span");
    word.className = verdict === "right" ? "good" : verdict === "wrong" ? "bad" : "";
    word.textContent = NAMES[verdict];
    place.replaceChildren(word, " ");
    if (verdict === "unsure") {
      place.append("read the reasons below, then choose.");
      return;
    }
    const choices = [...fieldset.querySelectorAll("label:not(.unsure) input")];
    const reason = fieldset.querySelectorAll("details li")[choices.indexOf(input)];
    place.append(...reason.querySelector("span").cloneNode(true).childNodes);
  }

  function quiz(form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const fieldset of form.querySelectorAll("fieldset")) {
      const key = `${form.dataset.quiz}/${fieldset.dataset.question}`;
      const remembered = memory.get(key)?.replace(/^(right|wrong|unsure) /, "");
      for (const input of fieldset.querySelectorAll("input")) {
        if (input.value === remembered) {
          input.checked = true;
          show(fieldset, input);
        }
        input.addEventListener("change", () => {
          fieldset.querySelector(".quiz-verdict").replaceChildren();
        });
      }
      // Arrow keys walk over the choices and choose each in passing, so judging needs a button.
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain check";
      button.textContent = "Check";
      const number = fieldset.querySelector("legend").textContent.split(".")[0];
      button.setAttribute("aria-label", `Check question ${number}`);
      button.addEventListener("click", () => {
        const input = fieldset.querySelector("input:checked");
        if (!input) {
          fieldset.querySelector(".quiz-verdict").textContent = "Choose an answer first.";
          return;
        }
        show(fieldset, input);
        memory.set(key, `${judge(fieldset, input)} ${input.value}`);
      });
      fieldset.querySelector(".quiz-verdict").before(button);
    }
  }

  function progress(table) {
    const fill = () => {
      for (const row of table.querySelectorAll("tbody tr")) {
        const verdicts = row.dataset.questions.split(" ")
          .map((question) => memory.get(`${row.dataset.quiz}/${question}`)?.split(" ")[0]);
        row.querySelector(".answered").textContent =
          verdicts.filter((verdict) => verdict === "right" || verdict === "wrong").length;
        row.querySelector(".correct").textContent =
          verdicts.filter((verdict) => verdict === "right").length;
      }
    };
    fill();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = "Forget all my answers";
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    button.addEventListener("click", () => {
      memory.clear();
      fill();
      said.textContent = "All answers in this browser are forgotten.";
    });
    // mdBook wraps tables.
    (table.closest(".table-wrapper") ?? table).after(button, said);
  }

  function mendPage() {
    const main = document.querySelector("main");
    main.id ||= "main";
    main.tabIndex = -1;
    const skip = document.createElement("a");
    skip.className = "skip-link";
    skip.href = `#${main.id}`;
    skip.textContent = "Skip to the text";
    document.body.prepend(skip);
    // Wide code scrolls; the keyboard needs a focus to scroll it. What is wide changes with the
    // window, the fonts, and what is unfolded.
    const markWide = () => {
      for (const code of document.querySelectorAll("pre code")) {
        if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
        else code.removeAttribute("tabindex");
      }
    };
    markWide();
    document.fonts.ready.then(markWide);
    addEventListener("resize", markWide);
    document.addEventListener("toggle", markWide, true);
    // The label that folds the sidebar is a label to the browser, a button to its user.
    const toggle = document.getElementById("mdbook-sidebar-toggle");
    if (toggle) {
      toggle.setAttribute("role", "button");
      toggle.tabIndex = 0;
      toggle.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          toggle.click();
        }
      });
    }
  }

  document.querySelectorAll("form.quiz").forEach(quiz);
  document.querySelectorAll("table.progress").forEach(progress);
  mendPage();
})();
