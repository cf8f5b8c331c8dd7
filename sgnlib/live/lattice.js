// The twin of lattice.py: the nodes of Kuhn's triangulation that surround S, and their weights.

const SNAP = 1e-5; // lattice steps within which S counts as lying on a node, an edge or a face

function counts(left, divisions) {
  const steps = [divisions, ...left, 0];
  return left.concat(0).map((_, axis) => steps[axis] - steps[axis + 1]);
}

/** Nodes (arrays of counts that sum to `divisions`) and positive weights with sum 1. */
function surrounding(sym, divisions) {
  const total = sym.reduce((sum, s) => sum + s);
  let done = 0;
  // What is left of the mass after each domain but the last; in these coordinates the lattice is
  // that of the integers.
  const left = sym.slice(0, -1).map((s) => divisions * (1 - (done += s) / total));
  const whole = left.map((value) => Math.trunc(value + SNAP));
  const fractions = left.map((value, axis) => value - whole[axis]).map((f) => (f > SNAP ? f : 0));
  // From the cell's lowest node one step along each axis, largest fraction first; sort is stable.
  const axes = left.map((_, axis) => axis).sort((a, b) => fractions[b] - fractions[a]);
  const falling = [1, ...axes.map((axis) => fractions[axis]), 0];
  const nodes = [];
  const weights = [];
  for (let step = 0; step + 1 < falling.length; step++) {
    if (step) whole[axes[step - 1]] += 1;
    if (falling[step] > falling[step + 1]) {
      nodes.push(counts(whole, divisions));
      weights.push(falling[step] - falling[step + 1]);
    }
  }
  return { nodes, weights };
}
