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
  const { x: left, y: top, width, height } = drawing.viewBox.baseVal;
  const all = { left, top, width, height };
  // What is seen: the upper left corner, and how much of the drawing a pixel of the screen is.
  const eye = { x: left, y: top, grain: 1 };
  const wide = () => view.clientWidth * eye.grain;
  const high = () => view.clientHeight * eye.grain;

  // At most once a frame. From afar nobody can read, and a thousand texts take long to draw.
  let drawn = true;
  const look = () => {
    if (!drawn) return;
    drawn = false;
    requestAnimationFrame(() => {
      drawn = true;
      drawing.classList.toggle("far", eye.grain > 2.6);
      drawing.setAttribute("viewBox", `${eye.x} ${eye.y} ${wide()} ${high()}`);
    });
  };
  const move = (dx, dy) => { eye.x += dx; eye.y += dy; look(); };
  const center = (x, y) => { eye.x = x - wide() / 2; eye.y = y - high() / 2; look(); };
  const fit = () => {
    eye.grain = Math.max(all.width / view.clientWidth, all.height / view.clientHeight);
    center(all.left + all.width / 2, all.top + all.height / 2);
  };
  // Zooms about a point of the view, in pixels from its corner.
  const zoom = (factor, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
    const last = eye.grain;
    eye.grain = Math.min(Math.max(last * factor, 0.25), all.width / 100);
    move(x * (last - eye.grain), y * (last - eye.grain));
  };
  const closer = () => zoom(0.75);
  const wider = () => zoom(1 / 0.75);
  const pixels = (x, y) => {
    const box = view.getBoundingClientRect();
    return [x - box.left, y - box.top];
  };
  const middle = (i) => {
    const { e, f } = nodes[i].transform.baseVal.consolidate().matrix;
    const box = nodes[i].getBBox();
    return [e + box.width / 2, f + box.height / 2];
  };
  // Brings a box to the middle, near enough to be read.
  const show = (i) => {
    eye.grain = Math.min(eye.grain, 1.1);
    center(...middle(i));
  };
  // Brings a box into view where it is outside, such as behind what is told of it.
  const keep = (i) => {
    const [x, y] = middle(i);
    const inside = x > eye.x && x < eye.x + wide() - 60 * eye.grain && y > eye.y && y < eye.y + high();
    if (!inside) center(x, y);
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
    document.getElementById("told").scrollTop = 0;
    if (self >= 0) requestAnimationFrame(() => keep(self));
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
      move((last.x - now.x) * eye.grain, (last.y - now.y) * eye.grain);
    } else {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(last.x - other.x, last.y - other.y);
      const after = Math.hypot(now.x - other.x, now.y - other.y);
      const between = pixels((now.x + other.x) / 2, (now.y + other.y) / 2);
      if (before > 0 && after > 0) zoom(before / after, ...between);
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
    const turned = Math.max(-60, Math.min(60, event.deltaY));
    zoom(Math.exp(turned * 0.004), ...pixels(event.clientX, event.clientY));
  }, { passive: false });

  const keys = {
    "+": closer, "=": closer, "-": wider, "0": fit, Escape: leave,
    "/": () => search.focus(),
    ArrowLeft: () => move(-wide() / 10, 0), ArrowRight: () => move(wide() / 10, 0),
    ArrowUp: () => move(0, -high() / 10), ArrowDown: () => move(0, high() / 10),
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
  fit();
  new ResizeObserver(look).observe(view);
  light();
  if (chosen() >= 0) show(chosen());
})();
