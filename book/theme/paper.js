// Makes a printed book of the page on which mdBook puts all chapters: a title page, contents, the
// answers at the end, and only the chapters that are for this reader. `paper` says what is wanted;
// the first time nobody knows yet on which pages the chapters will be.
function print(paper) {
  const main = document.querySelector("main");
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    element.textContent = text ?? "";
    if (name) element.className = name;
    return element;
  };

  const chapters = [];
  for (const node of [...main.childNodes]) {
    if (node.nodeName === "H1") {
      const section = make("section", "", "paper-chapter");
      chapters.push({ id: node.id, title: node.textContent.trim(), section });
    }
    if (node.nodeName === "DIV" && node.style.pageBreakBefore) node.remove();
    else chapters.at(-1)?.section.append(node);
  }
  // What has been answered is counted in a browser, and nowhere else.
  const printed = chapters.filter(({ id }) => id !== "progress");
  const wanted = printed.filter(({ id }) => paper.teaches.includes(id) === paper.for_instructor);
  main.replaceChildren(...wanted.map(({ section }) => section));

  const answers = make("section", "", "paper-chapter answers");
  for (const { title, section } of wanted) {
    for (const form of section.querySelectorAll("form.quiz")) {
      const name = form.querySelector(".quiz-title").textContent;
      const id = `answers-${form.dataset.quiz}`;
      // A quiz that is called as its chapter begins needs no second name.
      const heading = make("h2", title.startsWith(name) ? title : `${title} · ${name}`);
      heading.id = id;
      answers.append(heading);
      for (const fieldset of form.querySelectorAll("fieldset")) {
        const question = make("h3", fieldset.querySelector("legend").textContent);
        const given = [...fieldset.querySelectorAll("details")];
        answers.append(question, ...given.flatMap((details) =>
          [...details.childNodes].filter((node) => node.nodeName !== "SUMMARY")));
        given.forEach((details) => details.remove());
      }
      const link = make("a", "The answers are at the end of the book");
      link.href = `#${id}`;
      const place = make("p", "", "to-answers");
      const page = paper.pages[id];
      place.append(link, page ? `, on page ${page}.` : ".");
      form.append(place);
    }
  }
  if (answers.hasChildNodes()) {
    const heading = make("h1", "Answers");
    heading.id = "answers";
    answers.prepend(heading);
    main.append(answers);
    wanted.push({ id: "answers", title: "Answers" });
  }

  const contents = make("section", "", "contents");
  const list = make("ol");
  for (const { id, title } of wanted) {
    const link = make("a", title);
    link.href = `#${id}`;
    const line = make("li");
    line.append(link, make("span", "", "leader"), make("span", paper.pages[id] ?? ""));
    list.append(line);
  }
  contents.append(make("p", "Contents", "contents-title"), list);
  const cover = make("section", "", "cover");
  cover.append(make("p", paper.title, "cover-title"), make("p", paper.subtitle, "cover-subtitle"));
  for (const line of paper.lines) cover.append(make("p", line));
  main.prepend(cover, contents);

  // A chapter that is in the other book is named there, and not linked here.
  for (const link of main.querySelectorAll('a[href^="#"]')) {
    const there = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!there || !main.contains(there)) link.replaceWith(...link.childNodes);
  }
  for (const details of main.querySelectorAll("details")) details.open = true;
}
