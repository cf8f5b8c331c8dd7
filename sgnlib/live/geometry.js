// The pad's mathematics: S, shares of the domains that are on the pad, and places in the drawing.
// Joined with pad.js, which draws.

const STEP = 0.02; // an arrow key's move, as a share of the way between two corners
const NOTHING = 1e-6; // mass below which the domains outside the pad have taken all
const SIDES = [24, 4, 3, 4, 5, 6]; // corners of a domain's marker; 24 look round

// ------------------------------------------------------------------------------------- geometry

/** The regular figure with a corner per shown domain, in pixels of the drawing, y downwards. */
function figure(corners, extrapolate) {
  const radius = corners === 2 ? (extrapolate ? 80 : 160) : extrapolate ? 84 : 160;
  const centre = corners === 2 ? [200, 36] : [200, extrapolate ? 219 : 244];
  const axes =
    corners === 2 ? [[-1, 0], [1, 0]] : [0, 120, 240].map((angle) => turned(angle));
  const mean = (shares, xy) => shares.reduce((sum, q, i) => sum + q * axes[i][xy], 0);
  const place = (shares) => centre.map((middle, xy) => middle + radius * mean(shares, xy));
  const shares = ([x, y]) =>
    axes.map(([ax, ay]) => {
      const along = ((x - centre[0]) * ax + (y - centre[1]) * ay) / radius;
      return (1 + (corners - 1) * along) / corners;
    });
  return { axes, place, shares, height: corners === 2 ? 132 : 396 };
}

function turned(degrees) {
  const angle = (degrees * Math.PI) / 180;
  return [Math.sin(angle), -Math.cos(angle)];
}

/** The nearest shares that sum to 1 and lie in [low, high]: all shifted alike, then clipped. */
function nearest(shares, low, high) {
  const clipped = (shift) => shares.map((q) => Math.min(Math.max(q - shift, low), high));
  let [under, over] = [Math.min(...shares) - high, Math.max(...shares) - low];
  for (let halving = 0; halving < 60; halving++) {
    const shift = (under + over) / 2;
    if (clipped(shift).reduce((sum, q) => sum + q) > 1) under = shift;
    else over = shift;
  }
  return clipped(over);
}

/** Where shares of tenths are, as a path: lines in the triangle, ticks across the line. */
function lattice({ place }, corners, low, high) {
  const lines = [];
  const tenths = Math.round((high - low) * 10);
  for (let tenth = 1; tenth < tenths; tenth++) {
    const t = low + tenth / 10;
    if (corners === 2) {
      const [x, y] = place([1 - t, t]);
      const half = Math.abs(t - 0.5) < 1e-9 ? 15 : 10;
      lines.push(`M${x} ${y - half}V${y + half}`);
    } else {
      for (let i = 0; i < 3; i++) lines.push(line(place, i, t, low, high));
    }
  }
  return lines.join("");
}

/** The segment of share i = t inside the region of shares in [low, high]. */
function line(place, i, t, low, high) {
  const ends = [Math.max(low, 1 - t - high), Math.min(high, 1 - t - low)].map((other) => {
    const shares = [0, 0, 0];
    [shares[i], shares[(i + 1) % 3], shares[(i + 2) % 3]] = [t, other, 1 - t - other];
    return place(shares).join(" ");
  });
  return `M${ends[0]}L${ends[1]}`;
}

function outline({ place }, corners, low, high) {
  if (corners === 2) return `M${place([high, low]).join(" ")}L${place([low, high]).join(" ")}`;
  return [0, 1, 2].flatMap((i) => [low, high].map((t) => line(place, i, t, low, high))).join("");
}

/** A domain's own shape: told apart without colour. */
function marker(domain, [x, y], radius) {
  const sides = SIDES[domain % SIDES.length];
  const start = domain % SIDES.length === 1 ? 45 : 0;
  const points = Array.from({ length: sides }, (_, n) => turned(start + (360 * n) / sides));
  return `M${points.map(([dx, dy]) => `${x + radius * dx} ${y + radius * dy}`).join("L")}Z`;
}

/** The shares that a key asks for: arrows by STEP, digits to corners; null for other keys. */
function keyed({ key, code, shiftKey }, now) {
  const digit = /^(Digit|Numpad)(\d)$/.exec(code)?.[2];
  if (key === "Home" || digit === "0") return now.map(() => 1 / now.length);
  if (digit) return digit <= now.length ? now.map((_, i) => Number(i === digit - 1)) : null;
  const [right, up] = now.length === 2 ? [[-1, 1], [-1, 1]] : [[0, 1, -1], [1, -0.5, -0.5]];
  const way = { ArrowRight: right, ArrowLeft: right, ArrowUp: up, ArrowDown: up }[key];
  if (!way) return null;
  const sign = key === "ArrowRight" || key === "ArrowUp" ? 1 : -1;
  return now.map((q, i) => q + sign * STEP * (shiftKey ? 5 : 1) * way[i]);
}

// ------------------------------------------------------------------------------------- S in words

/** Whole percents that sum to what S sums to: the largest fractions are rounded up. */
function percents(sym) {
  const exact = sym.map((share) => Math.round(1e6 * share) / 1e4);
  const whole = exact.map(Math.floor);
  const missing = Math.round(exact.reduce((sum, s) => sum + s)) - whole.reduce((sum, n) => sum + n);
  const order = exact.map((_, k) => k).sort((a, b) => exact[b] - whole[b] - exact[a] + whole[a]);
  for (const k of order.slice(0, missing)) whole[k] += 1;
  return whole;
}

const percent = (whole) => `${whole} %`.replace("-", "\u2212");

/** "30 % Van Gogh, 20 % Monet, 50 % photo". */
function words(sym, names) {
  const parts = percents(sym).map((whole, k) => [whole, `${percent(whole)} ${names[k]}`]);
  return parts.filter(([whole]) => whole).map(([, part]) => part).join(", ");
}

// ------------------------------------------------------------------------------------- S and pad

/** What the domains outside the pad leave. */
const mass = (sym, shown) => 1 - sym.reduce((sum, s, k) => sum + (shown.includes(k) ? 0 : s), 0);

function sharesOf(sym, shown) {
  const free = mass(sym, shown);
  return shown.map((k) => (free > NOTHING ? sym[k] / free : 1 / shown.length));
}

/** S with the pad's domains in these shares; if the others leave nothing, they lose all. */
function symOf(shares, sym, shown) {
  const free = mass(sym, shown);
  const next = free > NOTHING ? [...sym] : sym.map(() => 0);
  shown.forEach((k, i) => (next[k] = (free > NOTHING ? free : 1) * shares[i]));
  return next.map((s) => Math.round(s * 1e6) / 1e6);
}
