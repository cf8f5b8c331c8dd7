// A pad to choose S by hand: a triangle for three domains, a line for two. No dependencies; the
// model is any object with get, set, on and save_changes (Jupyter's, or that of a plain page).

const REACH = 0.5; // how far components may leave [0, 1] where extrapolation is allowed
const CLOSE = 26; // pixels of the drawing within which a double click means the corner
const CAPTIONS = {
  2: [[36, 98, 72, "start"], [364, 98, 328, "end"]],
  3: [[200, 34, 236, "start"], [364, 360, 328, "end"], [36, 360, 72, "start"]],
};

// ------------------------------------------------------------------------------------- drawing

function add(parent, tag, attributes = {}) {
  const space = tag === "svg" || parent.namespaceURI.endsWith("svg") ? "2000/svg" : "1999/xhtml";
  const node = document.createElementNS(`http://www.w3.org/${space}`, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return parent.appendChild(node);
}

const domain = (k, colours) => ({ "data-domain": k, style: `--colour: ${colours[k]}` });

/** What does not move with S: wash of colours, lattice, corners with their captions. */
function drawGround(svg, about, shape, urls) {
  const { names, colours, shown, thumbnails, extrapolate } = about;
  const corner = shown.map((_, i) => shape.place(shown.map((_, j) => Number(i === j))));
  drawWash(svg, corner, shown, colours);
  if (extrapolate) {
    const region = [shape, shown.length, -REACH, 1 + REACH];
    add(svg, "path", { class: "sgn-lattice", d: lattice(...region) });
    add(svg, "path", { class: "sgn-beyond", d: outline(...region) });
  }
  add(svg, "path", { class: "sgn-lattice", d: lattice(shape, shown.length, 0, 1) });
  if (shown.length === 3) add(svg, "path", { class: "sgn-edge", d: outline(shape, 3, 0, 1) });
  return shown.map((k, i) => {
    const [x, y, text, anchor] = CAPTIONS[shown.length][i];
    const group = add(svg, "g", { class: "sgn-corner", "data-corner": i, ...domain(k, colours) });
    add(group, "path", { class: "sgn-marker", d: marker(k, corner[i], 8) });
    add(group, "circle", { class: "sgn-ring", cx: x, cy: y, r: 27 });
    if (thumbnails[k]?.byteLength) {
      urls.push(URL.createObjectURL(new Blob([thumbnails[k]])));
      const box = { x: x - 25, y: y - 25, width: 50, height: 50, href: urls.at(-1) };
      const crop = "clip-path: circle(25px)";
      add(group, "image", { ...box, preserveAspectRatio: "xMidYMid slice", style: crop });
    } else {
      add(group, "path", { class: "sgn-marker", d: marker(k, [x, y], 13) });
    }
    add(group, "text", { x: text, y: y - 7, "text-anchor": anchor }).textContent = names[k];
    const share = { class: "sgn-share", x: text, y: y + 17, "text-anchor": anchor };
    return add(group, "text", share);
  });
}

function drawWash(svg, corner, shown, colours) {
  const own = `sgn-${Math.random().toString(36).slice(2)}`;
  const wash = add(svg, "g", { class: "sgn-wash" });
  shown.forEach((k, i) => {
    const others = corner.filter((_, j) => j !== i);
    const opposite = [0, 1].map((xy) => others.reduce((sum, p) => sum + p[xy], 0) / others.length);
    const fade = add(wash, "linearGradient", {
      id: `${own}-${i}`, gradientUnits: "userSpaceOnUse",
      x1: corner[i][0], y1: corner[i][1], x2: opposite[0], y2: opposite[1],
      ...domain(k, colours),
    });
    for (const [offset, opacity] of [[0, 0.85], [0.5, 0.3], [1, 0]]) {
      add(fade, "stop", { offset, "stop-opacity": opacity });
    }
    const d = `M${corner.map((point) => point.join(" ")).join("L")}Z`;
    const paint = `url(#${own}-${i})`;
    if (shown.length === 2) add(wash, "path", { class: "sgn-track", d, stroke: paint });
    else add(wash, "path", { d, fill: paint });
  });
}

/** What moves: a spoke to every corner, as thick as its weight, and the knob, with S as a ring. */
function drawKnob(svg, { sym, colours, shown }) {
  const spokes = shown.map((k) =>
    add(svg, "line", { class: "sgn-spoke", "pointer-events": "none", ...domain(k, colours) }),
  );
  const knob = add(svg, "g", { class: "sgn-knob" });
  add(knob, "circle", { class: "sgn-halo", r: 24 });
  add(knob, "circle", { class: "sgn-disc", r: 19 });
  const arcs = sym.map((_, k) =>
    add(knob, "circle", {
      class: "sgn-arc", r: 13.5, pathLength: 100, transform: "rotate(-90)", ...domain(k, colours),
    }),
  );
  return { spokes, knob, arcs };
}

function moveKnob({ spokes, knob, arcs }, sym, shown, shape) {
  const [x, y] = shape.place(sharesOf(sym, shown));
  knob.setAttribute("transform", `translate(${x} ${y})`);
  spokes.forEach((spoke, i) => {
    const [x2, y2] = shape.place(shown.map((_, j) => Number(i === j)));
    const weight = shown.length === 3 ? sym[shown[i]] : 0; // on a line they would hide each other
    const width = weight > 0 ? 0.8 + 5 * weight : 0;
    const ends = { x1: x, y1: y, x2, y2, "stroke-width": width };
    for (const [name, value] of Object.entries(ends)) spoke.setAttribute(name, value);
  });
  const total = sym.reduce((sum, s) => sum + Math.max(s, 0), 0);
  let start = 0;
  arcs.forEach((arc, k) => {
    const length = (100 * Math.max(sym[k], 0)) / total;
    arc.setAttribute("stroke-dasharray", `${length} 100`);
    arc.setAttribute("stroke-dashoffset", -start);
    arc.style.visibility = length > 0 ? "visible" : "hidden";
    start += length;
  });
}

// ------------------------------------------------------------------------------------- the pad

const WHAT = ["names", "colours", "shown", "thumbnails", "extrapolate"];

function render({ model, el }) {
  // Keys belong to the pad while it has the focus, not to the notebook around it.
  const root = add(el, "div", { class: "sgn-pad", "data-lm-suppress-shortcuts": "true" });
  const field = add(root, "div", {
    class: "sgn-field", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-roledescription": "mixing pad",
  });
  const others = add(root, "div", { class: "sgn-others" });
  const said = add(root, "div", { class: "sgn-unseen", "aria-live": "polite" });
  const about = () => Object.fromEntries([...WHAT, "sym"].map((name) => [name, model.get(name)]));
  let urls = [];
  let shape, svg, texts, moving, chips; // of the present drawing

  function redraw() {
    urls.forEach((url) => URL.revokeObjectURL(url));
    urls = [];
    const now = about();
    shape = figure(now.shown.length, now.extrapolate);
    field.replaceChildren();
    svg = add(field, "svg", { viewBox: `0 0 400 ${shape.height}`, "aria-hidden": "true" });
    texts = drawGround(svg, now, shape, urls);
    moving = drawKnob(svg, now);
    chips = drawOthers(others, now, exchange);
    const keys = now.shown.map((k, i) => `${i + 1} ${now.names[k]}`).join(", ");
    field.setAttribute(
      "aria-label",
      `mix of ${now.shown.map((k) => now.names[k]).join(", ")}; arrow keys move, ${keys}, 0 centre`,
    );
    update();
  }

  function update() {
    const { sym, names, shown } = about();
    moveKnob(moving, sym, shown, shape);
    const whole = percents(sym);
    texts.forEach((text, i) => (text.textContent = percent(whole[shown[i]])));
    chips.forEach(([k, text]) => (text.textContent = percent(whole[k])));
    field.classList.toggle("sgn-idle", mass(sym, shown) <= NOTHING);
    field.setAttribute("aria-valuenow", whole[shown[0]]);
    field.setAttribute("aria-valuetext", words(sym, names));
  }

  // What a screen reader does not say by itself: a slider's own keys it does.
  let pause;
  function announce() {
    clearTimeout(pause);
    if (field.matches(":focus-visible")) return;
    pause = setTimeout(() => (said.textContent = words(model.get("sym"), model.get("names"))), 500);
  }

  // At most one message per frame of the screen; the picture on the pad does not wait for it.
  let frame = 0;
  function send() {
    cancelAnimationFrame(frame);
    frame = 0;
    model.save_changes();
  }

  function move(wanted) {
    const { sym, shown, extrapolate } = about();
    const scale = Math.max(mass(sym, shown), 1);
    const low = extrapolate ? -REACH / scale : 0;
    const high = extrapolate ? (1 + REACH) / scale : 1;
    model.set("sym", symOf(nearest(wanted, low, high), sym, shown));
    frame ||= requestAnimationFrame(send);
  }

  const corner = (i) => model.get("shown").map((_, j) => Number(i === j));

  /** A domain from outside comes onto the pad, for the one that has the least weight there. */
  function exchange(k) {
    const { sym, shown } = about();
    const least = shown.reduce((a, b) => (sym[b] < sym[a] ? b : a));
    model.set("shown", shown.map((other) => (other === least ? k : other)));
    model.save_changes();
    field.focus();
  }

  function pointAt({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [x, y];
  }

  const knobAt = () => shape.place(sharesOf(model.get("sym"), model.get("shown")));
  const apart = ([x, y], [x2, y2]) => Math.hypot(x - x2, y - y2);

  let held = null; // the pointer that drags, and how far from the knob's centre it took hold

  field.addEventListener("pointerdown", (event) => {
    if (held || event.button !== 0) return;
    field.focus({ preventScroll: true });
    const named = event.target.closest(".sgn-corner");
    if (named) return move(corner(Number(named.dataset.corner)));
    const [at, knob] = [pointAt(event), knobAt()];
    const grip = apart(at, knob) < 18 ? [at[0] - knob[0], at[1] - knob[1]] : [0, 0];
    held = { pointer: event.pointerId, grip };
    field.setPointerCapture(event.pointerId);
    field.classList.add("sgn-dragging");
    model.set("dragging", true);
    drag(event);
  });

  function drag(event) {
    if (event.pointerId !== held?.pointer) return;
    const [x, y] = pointAt(event);
    move(shape.shares([x - held.grip[0], y - held.grip[1]]));
  }
  field.addEventListener("pointermove", drag);

  field.addEventListener("lostpointercapture", () => {
    held = null;
    field.classList.remove("sgn-dragging");
    model.set("dragging", false);
    send();
  });

  field.addEventListener("dblclick", (event) => {
    const at = pointAt(event);
    const near = model.get("shown").findIndex((_, i) => apart(at, shape.place(corner(i))) < CLOSE);
    if (near >= 0) move(corner(near));
  });

  field.addEventListener("keydown", (event) => {
    const wanted = keyed(event, sharesOf(model.get("sym"), model.get("shown")));
    if (!wanted || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(wanted);
  });

  for (const name of WHAT) model.on(`change:${name}`, redraw);
  model.on("change:sym", () => {
    update();
    announce();
  });
  redraw();
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(pause);
    urls.forEach((url) => URL.revokeObjectURL(url));
  };
}

/** Buttons of the domains that are not on the pad, each with its share. */
function drawOthers(place, { names, colours, shown }, choose) {
  place.replaceChildren();
  const outside = names.map((_, k) => k).filter((k) => !shown.includes(k));
  return outside.map((k) => {
    const title = `put ${names[k]} on the pad`;
    const button = add(place, "button", { type: "button", title, ...domain(k, colours) });
    button.addEventListener("click", () => choose(k));
    const icon = add(button, "svg", { viewBox: "0 0 14 14", "aria-hidden": "true" });
    add(icon, "path", { class: "sgn-marker", d: marker(k, [7, 7], 6) });
    add(button, "span").textContent = names[k];
    return [k, add(button, "span")];
  });
}

export default { render };
