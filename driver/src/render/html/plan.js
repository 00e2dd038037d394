// Filters and unfolds the rows of a plan. The page is complete without it.
"use strict";
(() => {
  const tools = document.getElementById("tools");
  if (!tools) return;
  const filter = document.getElementById("filter");
  const fold = document.getElementById("fold");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("details.change")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const toggles = [...tools.querySelectorAll(".toggle")];

  const sift = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const on = new Set(toggles.filter((t) => t.getAttribute("aria-pressed") === "true").map((t) => t.value));
    let count = 0;
    rows.forEach((row, i) => {
      const fits = on.has(row.dataset.action) && words.every((word) => texts[i].includes(word));
      row.hidden = !fits;
      if (fits) count += 1;
    });
    shown.textContent = count === rows.length ? "" : `${count} of ${rows.length} shown`;
  };
  const arrive = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || !row.matches("details.change")) return;
    if (row.hidden) {
      filter.value = "";
      toggles.forEach((toggle) => toggle.setAttribute("aria-pressed", "true"));
      sift();
    }
    row.open = true;
    row.scrollIntoView();
  };
  let waiting;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(sift, 60);
  });
  toggles.forEach((toggle) => toggle.addEventListener("click", () => {
    const pressed = toggle.getAttribute("aria-pressed") === "true";
    toggle.setAttribute("aria-pressed", String(!pressed));
    sift();
  }));
  fold.addEventListener("click", () => {
    const open = fold.textContent === "Unfold all";
    rows.filter((row) => !row.hidden).forEach((row) => { row.open = open; });
    fold.textContent = open ? "Fold all" : "Unfold all";
  });
  tools.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", arrive);
  tools.hidden = false;
  arrive();
})();
