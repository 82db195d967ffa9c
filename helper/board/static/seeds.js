// Confusion matrices of all seeds of two groups: which classes a setting is better at, and not one
// of its runs.

const MOST = 20;  // runs of a group
const FAR = 3;  // standard errors: with two, one of ten equal classes would often stand out
const kept = new Map();

// The finished runs of a run's group, itself among them.
export function siblings(context, name) {
  const key = context.run(name)?.key;
  return context.runs.runs.filter(run => run.key === key && run.has_predictions).slice(0, MOST);
}

// {counts: means over the runs, [true][said]; right: of each class, a list with each run's}.
// length: the number of classes.
export async function groupCounts(context, runs, length) {
  const each = await Promise.all(runs.map(run => counts(context, run)));
  const places = Array.from({length}, (_, i) => i), at = (one, i, j) => one[i]?.[j] ?? 0;
  return {counts: places.map(i => places.map(j => average(each.map(one => at(one, i, j))))),
    right: places.map(i => each.map(one => at(one, i, i)))};
}

async function counts(context, {name, step}) {
  const key = `${name} ${step}`;
  if (!kept.has(key)) {
    const found = await context.api.post("confusion", {run: name, other: null});
    if (kept.size > 200) kept.clear();
    kept.set(key, found.counts);
  }
  return kept.get(key);
}

const average = values => values.reduce((a, b) => a + b, 0) / values.length;

function variance(values) {
  const mean = average(values);
  return values.length < 2 ? NaN : values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
}

// How many more the second group gets right: [mean, its standard error].
export function gain(first, second) {
  return [average(second) - average(first), Math.sqrt(variance(first) / first.length + variance(second) / second.length)];
}

const total = right => right[0].map((_, run) => right.reduce((sum, each) => sum + each[run], 0));

export const shownGain = ([mean, deviation]) => `${mean > 0 ? "+" : mean < 0 ? "−" : ""}${round(Math.abs(mean))}` +
  (Number.isFinite(deviation) ? ` ± ${round(deviation)}` : "");

const round = value => value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en");

// A sentence about two groups; names: what they are called.
export function whichGroupIsBetter(names, classes, first, second) {
  const all = gain(total(first.right), total(second.right));
  const [better, more] = all[0] < 0 ? [names[0], [-all[0], all[1]]] : [names[1], all];
  const gains = classes.map((name, i) => all[0] < 0 ? [gain(second.right[i], first.right[i]), name]
    : [gain(first.right[i], second.right[i]), name]).sort((x, y) => y[0][0] - x[0][0]);
  const say = list => list.map(([found, name]) => `${name} (${shownGain(found)})`).join(", ");
  const far = gains.filter(([[mean, error]]) => Math.abs(mean) > FAR * error);
  if (!far.length) return `On average, ${better} gets ${shownGain(more).replace("+", "")} more right. ` +
    `No class stands out from the differences between seeds; the largest gains: ${say(gains.slice(0, 3))}.`;
  const ahead = far.filter(([found]) => found[0] > 0), behind = far.filter(([found]) => found[0] < 0).reverse();
  return `On average, ${better} gets ${shownGain(more).replace("+", "")} more right` +
    (ahead.length ? `; it is ahead at ${say(ahead)}` : "") +
    (behind.length ? `; it is behind at ${say(behind)}` : "") + ".";
}
