// Which runs a view is about.

const MOST = 60;

// The ticked runs; where none is ticked, all that there are, if they are not too many. note: what
// to tell the reader about it; runs is empty where there is nothing to show.
export function chosenRuns(context) {
  const ticked = context.ticked();
  if (ticked.length) return {runs: ticked, note: ""};
  const all = context.runs.runs;
  if (all.length <= MOST) return {runs: all, note: "No run is ticked, so this shows all of them."};
  return {runs: [], note: `No run is ticked, and ${all.length} are too many to show: tick some in the table.`};
}

// {key, label, runs} for each group, in the order in which they appear.
export function grouped(runs) {
  const groups = new Map();
  for (const run of runs) {
    if (!groups.has(run.key)) groups.set(run.key, {key: run.key, label: run.label, runs: []});
    groups.get(run.key).runs.push(run);
  }
  return [...groups.values()];
}
