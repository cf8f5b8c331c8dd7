// The reader's own photo, in a page that holds the network: a worker translates it at the lattice's
// nodes, nearest to S first, and at S itself where the pointer rests. Joined with atlas.js.

const SIDES = [256, 192, 128]; // pixels of a photo's longer side; the first one that is quick
const MEASURED = 64; // pixels of the side whose time the worker tells
const PATIENCE = 1; // seconds for a picture
const REST = 150; // milliseconds in the middle of a drag, after which the pointer rests
const SMALLEST = 32; // pixels of a photo's shorter side

const PRIVATE = "It is translated in this page, and does not leave your computer.";
const WORKING = "The network translates your photo …";

const progress = document.getElementById("progress");

function say(words) {
  if (progress.textContent !== words) progress.textContent = words; // else it is read out again
}
say(PRIVATE);

/** The worker as a function of one question at a time, and the side of photos it is quick at. */
async function started() {
  say("The network is loading …");
  const held = JSON.parse(document.getElementById("network").textContent);
  const script = URL.createObjectURL(new Blob([held.worker], { type: "text/javascript" }));
  const worker = new Worker(script);
  URL.revokeObjectURL(script);
  const ask = (question) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(Error(data.error)) : resolve(data));
      worker.onerror = ({ message }) => reject(Error(message || "a worker cannot start"));
      worker.postMessage(question);
    });
  const { seconds } = await ask({ held: { ...held, domains: names.length } });
  const quick = (side) => seconds * (side / MEASURED) ** 2 <= PATIENCE;
  return { ask, side: SIDES.find(quick) ?? SIDES.at(-1) };
}

let network; // a promise of the worker, from the first photo on
function running() {
  return (network ??= started().catch((error) => {
    network = undefined;
    throw Error(`The network does not run in this browser: ${error.message}.`);
  }));
}

/** The photo, its longer side at most `side`, both divisible by 4, on white. */
function fitted(bitmap, side) {
  const scale = Math.min(side / Math.max(bitmap.width, bitmap.height), 1);
  const inFours = (n) => Math.max(4 * Math.round((n * scale) / 4), SMALLEST);
  const [width, height] = [inFours(bitmap.width), inFours(bitmap.height)];
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** An image as a URL that says it all. */
function written(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.toDataURL();
}

// ------------------------------------------------------------------------- what is computed, when

let prepared; // the photo that the worker has
let failed; // the photo that it could not translate
let moved = 0;
let busy = false;

const here = (sym) => surrounding(sym, divisions).nodes.map((node) => position.get(node.join()));
const lacks = ({ made }, sym) => here(sym).some((n) => !made[n]);
const placeOf = (n) => nodes[n].map((count) => count / divisions);

/** The S whose picture is wanted most; undefined if there is nothing to do. */
function wanted(one) {
  const sym = padModel.get("sym");
  const rests = !padModel.get("dragging") || performance.now() - moved > REST;
  if (settled !== sym && (rests || lacks(one, sym))) return sym;
  const apart = (place) => place.reduce((sum, s, k) => sum + (s - sym[k]) ** 2, 0);
  const absent = nodes.map((_, n) => n).filter((n) => !one.made[n]).map(placeOf);
  return absent.sort((a, b) => apart(a) - apart(b))[0];
}

async function translate(one, sym) {
  const { ask } = await running();
  if (prepared !== one) await ask({ photo: one.photo });
  prepared = one;
  const { image, seconds } = await ask({ sym });
  const [node, ...others] = here(sym);
  if (!others.length) one.made[node] = image;
  if (chosen !== one) return;
  // Where S has moved on and no blend is possible there, this is the nearest thing to it.
  const latest = padModel.get("sym");
  const best = sym === latest || lacks(one, latest);
  if (best) show(sym, image, true, `exact, ${Math.round(1000 * seconds)} ms`);
  else mix();
  if (!one.thumbnails.length && corners.every((n) => one.made[n])) {
    one.thumbnails = corners.map((n) => bytes(written(one.made[n]).split(",")[1]));
    padModel.set("thumbnails", one.thumbnails);
  }
}

/** Computes as long as there is something to compute. */
async function work() {
  if (busy) return;
  busy = true;
  try {
    for (let sym; chosen.made && chosen !== failed && (sym = wanted(chosen)); ) {
      say(WORKING);
      await translate(chosen, sym);
    }
  } catch (error) {
    failed = chosen;
    network = prepared = undefined; // a new worker may do better
    complain(`This photo cannot be translated: ${error.message}`);
  }
  if (progress.textContent === WORKING) say(PRIVATE);
  busy = false;
}

padModel.on("change:sym", () => {
  moved = performance.now();
  setTimeout(work, REST + 1);
  work();
});
padModel.on("change:dragging", work);
stageModel.on("change:photo", () => {
  failed = null;
  if (chosen.made?.length === 0) show(padModel.get("sym"), chosen.photo, false, "translating …");
  work();
});

// ------------------------------------------------------------------------------ how a photo comes

const complain = (words) => stageModel.set("error", words);

async function take(name, file) {
  complain("");
  try {
    const bitmap = await createImageBitmap(file).catch(() => {
      throw Error(`${name} is not an image that this browser can read.`);
    });
    const { width, height } = bitmap;
    if (Math.min(width, height) < SMALLEST)
      throw Error(`${name} has ${width} x ${height} pixels; each side needs ${SMALLEST}.`);
    const { side } = await running();
    const one = { photo: fitted(bitmap, side), made: [], thumbnails: [] };
    one.pictures = () => one.made;
    offer(written(one.photo), name, one).checked = true;
    await choose(one);
  } catch (error) {
    say(PRIVATE);
    complain(error.message);
  }
}

stageModel.send = ({ kind, name }, _, buffers) => {
  if (kind === "upload") take(name, new Blob(buffers));
};
// A photo dropped beside the stage must not take the place of the page.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => event.preventDefault());
}

const chooser = document.getElementById("chooser");
chooser.addEventListener("change", () => {
  const [file] = chooser.files;
  if (!file) return;
  const words = stage.refusal(file);
  if (words) complain(words);
  else take(file.name, file);
  chooser.value = ""; // the same file may be chosen again
});
