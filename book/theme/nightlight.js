// What mdBook's pages lack for keyboards and screen readers.
"use strict";
(() => {
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
      for (const code of document.querySelectorAll("pre code, .table-wrapper")) {
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

  mendPage();
})();
