// Computes the network in a worker, so that the page stays quick: one question at a time, { held }
// for the network itself, { photo } for what does not depend on S, { sym } for a picture. Every
// answer has `seconds`; one that cannot be given is { error }.

const SMALL = 64; // pixels; the side of the picture whose time is measured

let ort, enter, mix, features;

async function unpacked(base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Loads runtime and network; the answer's seconds are those of a picture of 64 x 64 pixels. */
async function load(held) {
  const url = URL.createObjectURL(new Blob([held.script], { type: "text/javascript" }));
  ort = await import(url);
  URL.revokeObjectURL(url);
  // More threads would need headers that neither a file nor every server sends.
  Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: await unpacked(held.wasm) });
  enter = await ort.InferenceSession.create(await unpacked(held.enter));
  mix = await ort.InferenceSession.create(await unpacked(held.mix));
  await prepare(new ImageData(SMALL, SMALL));
  const sym = Array(held.domains).fill(1 / held.domains);
  const times = []; // the first ones take longer than those that follow
  for (let n = 0; n < 4; n++) times.push(await timed(() => translate(sym)));
  return { seconds: Math.min(...times) };
}

async function prepare({ data, width, height }) {
  const size = width * height;
  const photo = new Float32Array(3 * size);
  for (let at = 0; at < size; at++) {
    for (let c = 0; c < 3; c++) photo[c * size + at] = data[4 * at + c] / 127.5 - 1;
  }
  features?.dispose();
  const input = new ort.Tensor("float32", photo, [1, 3, height, width]);
  features = (await enter.run({ photo: input })).features;
}

async function translate(sym) {
  const input = new ort.Tensor("float32", Float32Array.from(sym), [1, sym.length]);
  const { picture } = await mix.run({ features, sym: input });
  const [height, width] = picture.dims.slice(2);
  const image = new ImageData(width, height);
  const size = width * height;
  image.data.fill(255);
  for (let at = 0; at < size; at++) {
    // Storing rounds and clamps.
    for (let c = 0; c < 3; c++) image.data[4 * at + c] = 127.5 * (picture.data[c * size + at] + 1);
  }
  return image;
}

async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function answer({ held, photo, sym }) {
  if (held) return load(held);
  let image;
  const seconds = await timed(async () => {
    if (photo) await prepare(photo);
    else image = await translate(sym);
  });
  return { image, seconds };
}

onmessage = async ({ data }) => {
  try {
    postMessage(await answer(data));
  } catch (error) {
    postMessage({ error: error.message ?? String(error) });
  }
};
