// Original and result. The model is any object with get, set, on and save_changes; one that has
// send as well takes image files that are dropped here.

const LARGEST = 20_000_000; // bytes of a file that is to be a photo
const ENDS = { Home: 0, End: 1 };
const KEYS = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02 };

function add(parent, tag, attributes = {}) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return parent.appendChild(node);
}

/** Encoded bytes as an <img> that is ready to be painted; pixels (ImageData) as a <canvas>. */
async function picture(content) {
  if (content instanceof ImageData) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [content.width, content.height];
    canvas.getContext("2d").putImageData(content, 0, 0);
    return canvas;
  }
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([content]));
  try {
    await image.decode();
  } catch (error) {
    release(image);
    throw error;
  }
  return image;
}

/** Gives back a picture's memory. */
function release(node) {
  if (node?.src) URL.revokeObjectURL(node.src);
}

const present = (content) => content instanceof ImageData || content?.byteLength > 0;

/** A place for one picture: a newer one replaces the older as soon as it is decoded. */
function place(figure) {
  const frame = add(figure, "div", { class: "sgn-frame" });
  let shown, waiting, busy;
  async function work() {
    busy = true;
    while (waiting) {
      const { content, text, arrived } = waiting;
      waiting = null; // what comes from here on is newer; of several, the last one counts
      try {
        const next = await picture(content);
        next.setAttribute("role", "img"); // a canvas is none by itself
        next.setAttribute("aria-label", text);
        if (shown) shown.replaceWith(next);
        else frame.prepend(next);
        release(shown);
        shown = next;
        arrived(next);
      } catch (error) {
        console.error("a picture could not be decoded", error);
      }
    }
    busy = false;
  }
  return {
    show(content, text, arrived) {
      waiting = { content, text, arrived };
      if (!busy) work();
    },
    source: () => shown?.src,
    close: () => release(shown),
  };
}

/** The edge between original and result, moved by pointer and keys; its place is --cut. */
function addHandle(pictures) {
  const handle = add(pictures, "div", {
    class: "sgn-handle", role: "slider", tabindex: 0, "aria-label": "edge of the original",
    "aria-valuemin": 0, "aria-valuemax": 100,
  });
  let cut;
  function move(share) {
    cut = Math.min(Math.max(share, 0), 1);
    const percent = Math.round(100 * cut);
    pictures.style.setProperty("--cut", `${100 * cut}%`);
    handle.setAttribute("aria-valuenow", percent);
    handle.setAttribute("aria-valuetext", `${percent} % of the width is the original`);
  }
  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // else the browser may begin to drag the picture below
    handle.focus();
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = pictures.getBoundingClientRect();
    move((event.clientX - box.left) / box.width);
  });
  handle.addEventListener("keydown", (event) => {
    const step = KEYS[event.key] * (event.shiftKey ? 5 : 1);
    if (!(event.key in ENDS) && !step) return;
    event.preventDefault();
    event.stopPropagation();
    move(ENDS[event.key] ?? cut + step);
  });
  move(0.5);
}

/** Takes an image file that is dropped: `take` gets it, `complain` words where it is refused. */
function takeFiles(root, take, complain) {
  root.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    root.classList.add("sgn-over");
  });
  root.addEventListener("dragleave", () => root.classList.remove("sgn-over"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("sgn-over");
    const [file] = event.dataTransfer.files;
    if (!file) return;
    const words = refusal(file);
    if (words) complain(words);
    else take(file);
  });
}

/** Why a file cannot be a photo; nothing if it may be one. */
function refusal({ name, type, size }) {
  if (!type.startsWith("image/")) return `${name} is not an image.`;
  if (size <= LARGEST) return "";
  return `${name} has ${(size / 1e6).toFixed(1)} MB; at most ${LARGEST / 1e6} MB can be used.`;
}

/** Has the browser save bytes, or what lies at a URL, under a name. */
function save(name, bytes, url) {
  const href = bytes ? URL.createObjectURL(new Blob([bytes])) : url;
  if (href) Object.assign(document.createElement("a"), { href, download: name }).click();
  if (bytes) setTimeout(() => URL.revokeObjectURL(href), 60_000); // until then it may be read
}

function render({ model, el }) {
  // The browser's own menu, which saves the picture, in place of JupyterLab's.
  const own = { "data-lm-suppress-shortcuts": "true", "data-jp-suppress-context-menu": "true" };
  const root = add(el, "div", { class: "sgn-stage", ...own });
  const pictures = add(root, "div", { class: "sgn-pictures" });
  const left = add(pictures, "figure", { class: "sgn-picture sgn-original" });
  const right = add(pictures, "figure", { class: "sgn-picture sgn-result" });
  const [original, result] = [place(left), place(right)];
  add(left, "figcaption").textContent = "original";
  const caption = add(right, "figcaption");
  const badge = add(caption, "span", { class: "sgn-badge" });
  const toggle = add(caption, "button", { class: "sgn-toggle", type: "button" });
  const warning = add(root, "div", { class: "sgn-alert", role: "alert" });
  const complain = (text) => (warning.textContent = text);
  addHandle(pictures);

  function showPhoto() {
    if (present(model.get("photo"))) original.show(model.get("photo"), "the original photo", fit);
  }

  function fit(node) {
    const [width, height] = [node.naturalWidth ?? node.width, node.naturalHeight ?? node.height];
    const size = model.get("side") * Math.min(1, width / height);
    root.style.setProperty("--aspect", `${width} / ${height}`);
    root.style.setProperty("--width", `${Math.round(size)}px`);
  }

  // A frame's traits come in one message but as several events: they are one frame.
  let told = false;
  function frameChanged() {
    if (told) return;
    told = true;
    queueMicrotask(showFrame);
  }

  function showFrame() {
    told = false;
    const [content, sym, exact] = ["frame", "frame_sym", "exact"].map((name) => model.get(name));
    if (!present(content)) return;
    const text = `the photo translated, S = (${sym.map((s) => s.toFixed(2)).join(", ")})`;
    const note = model.get("note") || (exact ? "exact" : "blend");
    result.show(content, text, () => {
      badge.textContent = badge.title = note;
      badge.classList.toggle("sgn-exact", exact);
      const detail = { sym, exact, time: performance.now() };
      root.dispatchEvent(new CustomEvent("sgn:frame", { bubbles: true, detail }));
    });
  }

  function showWipe() {
    root.classList.toggle("sgn-wiped", model.get("wipe"));
    toggle.textContent = model.get("wipe") ? "side by side" : "wipe";
  }

  toggle.addEventListener("click", () => {
    model.set("wipe", !model.get("wipe"));
    model.save_changes();
  });
  if (model.send) {
    const take = async (file) => {
      complain("");
      const content = await file.arrayBuffer();
      model.send({ kind: "upload", name: file.name }, undefined, [content]);
    };
    takeFiles(root, take, complain);
  }

  model.on("msg:custom", ({ kind, name }, buffers) => {
    if (kind === "download") save(name, buffers?.[0], result.source());
  });
  model.on("change:photo", showPhoto);
  model.on("change:side", showPhoto);
  for (const name of ["frame", "frame_sym", "exact", "note"]) {
    model.on(`change:${name}`, frameChanged);
  }
  model.on("change:error", () => complain(model.get("error")));
  model.on("change:wipe", showWipe);
  complain(model.get("error"));
  showWipe();
  showPhoto();
  showFrame();
  model.send?.({ kind: "ready" });
  return () => [original, result].forEach((one) => one.close());
}

export default { render, refusal };
