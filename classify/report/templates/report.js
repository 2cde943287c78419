"use strict";
(() => {
  const PAGE = 20;
  const WRITTEN = 6;
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("js");

  function make(tag, text, name) {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (name) element.className = name;
    return element;
  }

  function searchStories() {
    const form = byId("story-filter");
    const alone = byId("singletons");
    const stories = [...document.querySelectorAll(".stories > li")];
    const texts = stories.map((story) => story.textContent.toLowerCase());
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      stories.forEach((story, i) => {
        story.hidden = !words.every((word) => texts[i].includes(word));
        shown += !story.hidden;
      });
      if (alone) alone.open = words.length > 0 && alone.querySelector("li:not([hidden])") !== null;
      byId("story-status").textContent = `${shown.toLocaleString("en")} of ${stories.length.toLocaleString("en")} stories`;
    });
  }

  function searchHeadlines() {
    const carried = JSON.parse(byId("carried").textContent);
    const labels = carried.labels;
    const rows = carried.rows.map(([headline, truth, answer, probability, abstained, marks], i) => (
      { i, headline, truth, answer, probability: probability / 10000, abstained, marks, text: headline.toLowerCase() }));
    const inCell = new Map();
    for (const row of rows) {
      const cell = `${row.truth} ${row.answer}`;
      inCell.set(cell, (inCell.get(cell) || 0) + 1);
    }
    const inOrder = new Intl.Collator().compare;
    const count = (number) => number.toLocaleString("en");
    const form = byId("filters");
    const fields = form.elements;
    const headers = [...document.querySelectorAll("#headlines th[data-sort]")];
    const cells = [...document.querySelectorAll(".plot .cell")];
    let sort = "probability";
    let direction = -1;
    let page = 0;
    let found = [];

    function wanted() {
      const words = fields.words.value.toLowerCase().split(/\s+/).filter(Boolean);
      const low = fields.low.value === "" ? 0 : Number(fields.low.value) / 100;
      const high = fields.high.value === "" ? 1 : Number(fields.high.value) / 100;
      const is = (field, value) => field.value === "" || Number(field.value) === value;
      return rows.filter((row) =>
        (fields.outcome.value === "" || (fields.outcome.value === "right") === (row.truth === row.answer)) &&
        is(fields.truth, row.truth) && is(fields.answer, row.answer) && is(fields.abstained, row.abstained) &&
        row.probability >= low - 1e-9 && row.probability <= high + 1e-9 &&
        words.every((word) => row.text.includes(word)));
    }

    function compare(a, b) {
      const key = { headline: (row) => row.headline, truth: (row) => labels[row.truth], answer: (row) => labels[row.answer] }[sort];
      const order = key ? inOrder(key(a), key(b)) : a.probability - b.probability;
      return order * direction || a.i - b.i;
    }

    // Marks count characters, where a string counts two units for some of them.
    function mark(element, row) {
      const characters = [...row.headline];
      const words = [];
      for (let i = 0; i < row.marks.length; i += 3) {
        const [start, length, weight] = row.marks.slice(i, i + 3);
        words.push({ start, end: start + length, weight, text: characters.slice(start, start + length).join("") });
      }
      const top = Math.max(...words.map((word) => Math.abs(word.weight)), 1);
      let done = 0;
      for (const { start, end, weight, text } of words) {
        const level = Math.min(1 + Math.floor((3 * Math.abs(weight)) / top), 3);
        const piece = make("mark", text, (weight > 0 ? "for" : "against") + level);
        piece.title = signed(weight);
        element.append(characters.slice(done, start).join(""), piece);
        done = end;
      }
      element.append(characters.slice(done).join(""));
      const strongest = words.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, WRITTEN);
      strongest.sort((a, b) => b.weight - a.weight);
      if (strongest.length) {
        const reasons = strongest.map(({ text, weight }) => `${text} ${signed(weight)}`).join(" · ");
        element.append(make("span", reasons, "reasons"));
      }
    }

    function signed(weight) {
      return (weight < 0 ? "−" : "+") + (Math.abs(weight) / 100).toFixed(2);
    }

    function drawRow(row) {
      const line = make("tr");
      const headline = make("td", "", "headline");
      headline.dir = "auto";
      mark(headline, row);
      const probability = make("td", `${(100 * row.probability).toFixed(1)}\u00a0%`);
      if (row.abstained) probability.append(" ", make("span", "abstained", "badge"));
      line.append(headline, make("td", labels[row.truth]),
        make("td", labels[row.answer], row.truth === row.answer ? "right" : "wrong"), probability);
      return line;
    }

    function say() {
      const one = fields.truth.value !== "" && fields.answer.value !== "";
      const counted = one && carried.matrix && carried.matrix[fields.truth.value]?.[fields.answer.value];
      const here = inCell.get(`${fields.truth.value} ${fields.answer.value}`) || 0;
      const what = { wrong: "mistakes", right: "right answers", "": "headlines" }[fields.outcome.value];
      let text = `${count(found.length)} ${what}`;
      if (one) text += `: true ${labels[fields.truth.value]}, predicted ${labels[fields.answer.value]}`;
      if (counted > here) text += `. This page carries ${count(here)} of the ${count(counted)} that the matrix counts there`;
      byId("status").textContent = `${text}.`;
    }

    function draw() {
      const pages = Math.max(1, Math.ceil(found.length / PAGE));
      page = Math.min(Math.max(page, 0), pages - 1);
      document.querySelector("#headlines tbody").replaceChildren(
        ...found.slice(page * PAGE, (page + 1) * PAGE).map(drawRow));
      byId("pager").hidden = pages === 1;
      byId("where").textContent = `page ${page + 1} of ${pages}`;
      byId("before").disabled = page === 0;
      byId("after").disabled = page === pages - 1;
      for (const header of headers) {
        if (header.dataset.sort === sort) header.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        else header.removeAttribute("aria-sort");
      }
      for (const cell of cells) {
        const chosen = cell.dataset.t === fields.truth.value && cell.dataset.p === fields.answer.value;
        cell.classList.toggle("chosen", chosen);
        cell.setAttribute("aria-pressed", String(chosen));
      }
    }

    function update() {
      found = wanted().sort(compare);
      page = 0;
      say();
      draw();
    }

    function choose(cell) {
      form.reset();
      fields.outcome.value = "";
      fields.truth.value = cell.dataset.t;
      fields.answer.value = cell.dataset.p;
      update();
      byId("status").focus({ preventScroll: true });
      byId("mistakes").scrollIntoView();
    }

    // One stop for the tabulator key; the arrows go from cell to cell.
    function walk(event) {
      const side = Math.sqrt(cells.length);
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side }[event.key];
      const here = cells.indexOf(event.target);
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(event.target);
      } else if (step) {
        event.preventDefault();
        const there = cells[here + step];
        if (!there || (Math.abs(step) === 1 && Math.floor(here / side) !== Math.floor((here + step) / side))) return;
        event.target.tabIndex = -1;
        there.tabIndex = 0;
        there.focus();
      }
    }

    for (const [i, cell] of cells.entries()) {
      cell.tabIndex = i === 0 ? 0 : -1;
      cell.setAttribute("role", "button");
      cell.addEventListener("click", () => choose(cell));
      cell.addEventListener("keydown", walk);
    }
    for (const row of document.querySelectorAll("#confusions tr[data-t]")) {
      const button = make("button", "Show");
      button.type = "button";
      button.setAttribute("aria-label", `Show: true ${labels[row.dataset.t]}, predicted ${labels[row.dataset.p]}`);
      button.addEventListener("click", () => choose(row));
      row.insertCell().append(button);
    }
    for (const field of [fields.truth, fields.answer]) {
      labels.forEach((label, i) => field.append(new Option(label, i)));
    }
    for (const header of headers) {
      const button = make("button", header.textContent);
      button.type = "button";
      header.replaceChildren(button);
      button.addEventListener("click", () => {
        if (sort === header.dataset.sort) direction = -direction;
        else [sort, direction] = [header.dataset.sort, header.dataset.sort === "probability" ? -1 : 1];
        update();
      });
    }
    byId("before").addEventListener("click", () => { page -= 1; draw(); });
    byId("after").addEventListener("click", () => { page += 1; draw(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", update);
    form.querySelector("[type=reset]").addEventListener("click", (event) => {
      event.preventDefault();
      form.reset();
      update();
    });
    form.hidden = false;
    update();
  }

  if (byId("carried")) searchHeadlines();
  if (byId("story-filter")) searchStories();
})();
