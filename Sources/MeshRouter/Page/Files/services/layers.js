// Where the parts of a drawing stand: what is told of something stands to the right of it.

/** Rounds of putting the nodes of a layer in the order of their neighbours. */
const rounds = 6;

/**
 * Gives each node a layer (from 0, the left one) and a place in it.
 *
 * - `nodes`: ids; `edges`: `{from, to}`. Edges that would close a circle don't count.
 */
export function layers(nodes, edges) {
  const layer = longestPaths(nodes, edges);
  const rows = [];
  for (const node of nodes) (rows[layer.get(node)] ??= []).push(node);
  const placed = new Map();
  const settle = () => rows.forEach((row) => row.forEach((node, index) => placed.set(node, index - (row.length - 1) / 2)));
  settle();
  for (let round = 0; round < rounds; round += 1) {
    for (const row of rows) {
      const wish = new Map(row.map((node) => [node, middle(node, edges, placed)]));
      row.sort((left, right) => wish.get(left) - wish.get(right));
    }
    settle();
  }
  return { rows, layer, placed };
}

/** The mean of the places of a node's neighbours; its own where it has none. */
function middle(node, edges, placed) {
  const near = edges.flatMap(({ from, to }) => (from === node ? [to] : to === node ? [from] : []));
  return near.length === 0 ? placed.get(node) : near.reduce((sum, other) => sum + placed.get(other), 0) / near.length;
}

function longestPaths(nodes, edges) {
  const forward = withoutCircles(nodes, edges);
  const layer = new Map(nodes.map((node) => [node, 0]));
  // A path has as many steps as there are nodes, at most.
  for (let round = 0, moved = true; moved && round < nodes.length; round += 1) {
    moved = false;
    for (const { from, to } of forward) {
      if (layer.get(to) > layer.get(from)) continue;
      layer.set(to, layer.get(from) + 1);
      moved = true;
    }
  }
  return layer;
}

function withoutCircles(nodes, edges) {
  const state = new Map();
  const kept = [];
  const visit = (node) => {
    state.set(node, "entered");
    for (const edge of edges.filter(({ from }) => from === node)) {
      if (state.get(edge.to) === "entered") continue;
      kept.push(edge);
      if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(node, "left");
  };
  for (const node of nodes) if (!state.has(node)) visit(node);
  return kept;
}
