// A page without a kernel: the pad chooses S, and the pictures of the lattice's nodes around it are
// blended. Joined with lattice.js, and with own.js where the page holds the network; the page sets
// `pad`, `stage` and `atlas` before, and calls `begin` after.

/** What a widget's model is to its view. */
class Model {
  #values;
  #heard = {};
  constructor(values) {
    this.#values = values;
  }
  get(name) {
    return this.#values[name];
  }
  set(name, value) {
    this.#values[name] = value;
    (this.#heard[`change:${name}`] ?? []).forEach((callback) => callback());
  }
  on(event, callback) {
    (this.#heard[event] ??= []).push(callback);
  }
  save_changes() {}
}

const uri = (base64) => `data:image/webp;base64,${base64}`;
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

async function pixels(base64) {
  const image = new Image();
  image.src = uri(base64);
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The weighted mean of pictures, in whole numbers: weights are 65536ths. */
function blend(pictures, weights) {
  const shares = weights.map((weight) => Math.round(65536 * weight));
  shares[0] += 65536 - shares.reduce((sum, share) => sum + share);
  const sums = new Int32Array(pictures[0].data.length).fill(32768);
  pictures.forEach(({ data }, n) => {
    const share = shares[n];
    for (let at = 0; at < sums.length; at++) sums[at] += share * data[at];
  });
  const mean = new ImageData(pictures[0].width, pictures[0].height);
  for (let at = 0; at < sums.length; at++) mean.data[at] = sums[at] >> 16;
  return mean;
}

const { names, colours, divisions, nodes, photos } = atlas;
const shownFirst = names.map((_, k) => k).slice(0, 3);
const corners = names.map((_, k) => nodes.findIndex((node) => node[k] === divisions));
const position = new Map(nodes.map((node, n) => [node.join(), n]));

const padModel = new Model({
  sym: names.map(() => 1 / names.length), names, colours, shown: shownFirst,
  thumbnails: [], extrapolate: false, dragging: false,
});
const narrow = window.innerWidth < 700;
const stageModel = new Model({
  photo: null, frame: null, frame_sym: padModel.get("sym"), exact: false, note: "", error: "",
  wipe: narrow, side: 320,
});

let decoded = []; // of the chosen photo, one per node as far as they are there
let chosen; // a photo: { photo, thumbnails, pictures }
let settled; // the S whose exact picture is shown

async function choose(one) {
  chosen = one;
  const pictures = await one.pictures();
  if (chosen !== one) return; // another one was chosen meanwhile
  decoded = pictures;
  settled = null;
  padModel.set("thumbnails", one.thumbnails);
  stageModel.set("photo", one.photo);
  mix();
}

/** Shows the picture of an S, exact or blended. */
function show(sym, frame, exact, note) {
  settled = exact ? sym : null;
  for (const [name, value] of Object.entries({ frame_sym: sym, exact, note, frame })) {
    stageModel.set(name, value);
  }
}

function mix() {
  const sym = padModel.get("sym");
  const { nodes: around, weights } = surrounding(sym, divisions);
  const there = around.map((node) => decoded[position.get(node.join())]);
  if (settled === sym || !there.every(Boolean)) return;
  const exact = there.length === 1;
  show(sym, blend(there, weights), exact, exact ? "exact" : `blend of ${there.length} pictures`);
}

// One picture alone has room to be larger.
stageModel.on("change:wipe", () => {
  if (!narrow) stageModel.set("side", stageModel.get("wipe") ? 480 : 320);
});

// One blend per frame of the screen, however many moves.
let waiting = false;
padModel.on("change:sym", () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    mix();
  });
});

/** A photo among those to choose from. */
function offer(src, name, one) {
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "photo" });
  radio.setAttribute("aria-label", name);
  radio.addEventListener("change", () => choose(one));
  label.append(radio, Object.assign(new Image(), { src, alt: "" }));
  document.getElementById("photos").append(label);
  return radio;
}

function begin() {
  stage.render({ model: stageModel, el: document.getElementById("stage") });
  pad.render({ model: padModel, el: document.getElementById("pad") });
  const stored = photos.map(({ photo, pictures }) => ({
    photo: bytes(photo),
    thumbnails: corners.map((corner) => bytes(pictures[corner])),
    pictures: () => Promise.all(pictures.map(pixels)),
  }));
  const radios = stored.map((one, n) => offer(uri(photos[n].photo), `photo ${n + 1}`, one));
  radios[0].checked = true;
  choose(stored[0]);
}
