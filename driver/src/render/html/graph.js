// Pans, zooms, searches and lights up the drawing. The page is complete without it.
"use strict";
(() => {
  const view = document.getElementById("view");
  const drawing = document.getElementById("drawing");
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const nodes = [...drawing.querySelectorAll(".node")];
  const edges = [...drawing.querySelectorAll(".edge")];
  const names = nodes.map((node) => node.querySelector("title").textContent.toLowerCase());
  const whole = drawing.viewBox.baseVal;
  const all = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  let eye = { ...all };

  // How much of the drawing a pixel of the screen is.
  const grain = () => Math.max(eye.w / view.clientWidth, eye.h / view.clientHeight);
  // At most once a frame. From afar nobody can read, and a thousand texts take long to draw.
  let drawn = true;
  const look = () => {
    if (!drawn) return;
    drawn = false;
    requestAnimationFrame(() => {
      drawn = true;
      drawing.classList.toggle("far", grain() > 2.6);
      drawing.setAttribute("viewBox", `${eye.x} ${eye.y} ${eye.w} ${eye.h}`);
    });
  };
  // A point of the screen, in the drawing.
  const at = (x, y) => {
    const box = view.getBoundingClientRect();
    const g = grain();
    return {
      x: eye.x + eye.w / 2 + (x - box.left - box.width / 2) * g,
      y: eye.y + eye.h / 2 + (y - box.top - box.height / 2) * g,
    };
  };
  const zoom = (factor, x, y) => {
    const least = 300;
    const w = Math.min(Math.max(eye.w * factor, least), all.w * 3);
    const f = w / eye.w;
    eye = { x: x - (x - eye.x) * f, y: y - (y - eye.y) * f, w, h: eye.h * f };
    look();
  };
  const middle = () => ({ x: eye.x + eye.w / 2, y: eye.y + eye.h / 2 });
  const closer = () => { const m = middle(); zoom(0.75, m.x, m.y); };
  const wider = () => { const m = middle(); zoom(1 / 0.75, m.x, m.y); };
  const fit = () => { eye = { ...all }; look(); };
  const move = (dx, dy) => { eye.x += dx; eye.y += dy; look(); };
  // Brings a box to the middle, near enough to be read.
  const show = (i) => {
    const box = nodes[i].getBBox();
    const place = nodes[i].transform.baseVal.consolidate().matrix;
    const f = Math.min(1, 1.1 / grain());
    eye.w *= f;
    eye.h *= f;
    eye.x = place.e + box.width / 2 - eye.w / 2;
    eye.y = place.f + box.height / 2 - eye.h / 2;
    look();
  };

  const chosen = () => nodes.findIndex((node) => location.hash && node.getAttribute("href") === location.hash);
  const light = () => {
    const self = chosen();
    const lit = new Set([self]);
    for (const edge of edges) {
      const [a, b] = [Number(edge.dataset.a), Number(edge.dataset.b)];
      const on = a === self || b === self;
      edge.classList.toggle("lit", on);
      if (on) lit.add(a).add(b);
    }
    nodes.forEach((node, i) => {
      node.classList.toggle("lit", lit.has(i));
      node.classList.toggle("self", i === self);
    });
    drawing.classList.toggle("chosen", self >= 0);
    const told = document.getElementById("told");
    told.scrollTop = 0;
  };
  const leave = () => { if (location.hash) location.hash = "none"; };

  let matches = [];
  let next = 0;
  const seek = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    matches = [];
    nodes.forEach((node, i) => {
      const fits = words.length > 0 && words.every((word) => names[i].includes(word));
      node.classList.toggle("match", fits);
      if (fits) matches.push(i);
    });
    next = 0;
    drawing.classList.toggle("searching", words.length > 0);
    found.textContent = words.length > 0 ? `${matches.length} found` : "";
  };
  const step = () => {
    if (matches.length === 0) return;
    const i = matches[next % matches.length];
    next += 1;
    found.textContent = `${(next - 1) % matches.length + 1} of ${matches.length}`;
    location.hash = nodes[i].getAttribute("href");
    requestAnimationFrame(() => show(i));
  };

  const fingers = new Map();
  let dragged = false;
  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged = false;
  });
  window.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const now = { x: event.clientX, y: event.clientY };
    if (!dragged && Math.hypot(now.x - last.x, now.y - last.y) < 4) return;
    dragged = true;
    view.classList.add("held");
    if (fingers.size === 1) {
      move((last.x - now.x) * grain(), (last.y - now.y) * grain());
    } else {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(last.x - other.x, last.y - other.y);
      const after = Math.hypot(now.x - other.x, now.y - other.y);
      const p = at((now.x + other.x) / 2, (now.y + other.y) / 2);
      if (before > 0 && after > 0) zoom(before / after, p.x, p.y);
    }
    fingers.set(event.pointerId, now);
  });
  const release = (event) => { fingers.delete(event.pointerId); view.classList.remove("held"); };
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  view.addEventListener("dragstart", (event) => event.preventDefault());
  // A click that ends a drag chooses nothing; one beside all boxes lets go.
  view.addEventListener("click", (event) => {
    if (dragged) { event.preventDefault(); return; }
    if (!event.target.closest(".node")) leave();
  }, true);
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    const p = at(event.clientX, event.clientY);
    zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), p.x, p.y);
  }, { passive: false });

  const keys = {
    "+": closer, "=": closer, "-": wider, "0": fit, Escape: leave,
    "/": () => search.focus(),
    ArrowLeft: () => move(-eye.w / 10, 0), ArrowRight: () => move(eye.w / 10, 0),
    ArrowUp: () => move(0, -eye.h / 10), ArrowDown: () => move(0, eye.h / 10),
  };
  window.addEventListener("keydown", (event) => {
    if (event.target === search) {
      if (event.key === "Escape") { search.value = ""; seek(); search.blur(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("#told")) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  search.addEventListener("input", seek);
  const tools = document.getElementById("tools");
  tools.addEventListener("submit", (event) => { event.preventDefault(); step(); });
  document.getElementById("closer").addEventListener("click", closer);
  document.getElementById("wider").addEventListener("click", wider);
  document.getElementById("all").addEventListener("click", fit);
  window.addEventListener("hashchange", light);
  tools.hidden = false;
  document.body.classList.add("live");
  look();
  light();
  if (chosen() >= 0) show(chosen());
})();
