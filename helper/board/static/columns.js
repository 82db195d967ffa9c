// The columns that the table of runs can have: how each shows a run and a group, and sorts them.

import {byText, deviation, digits, duration, isNumber, metric, moment, numeric, setting, whole} from "./format.js";

const FIRST_METRICS = 2;

// A row is {id, key, label, runs, run}: run is null for a group.
const one = row => row.run;

// Mean and sample standard deviation (n - 1) of completed runs, as the tables of the terminal; NaN
// if one of them is.
export function mean(values) {
  const found = values.filter(value => value !== null && value !== undefined).map(numeric);
  const n = found.length, middle = found.reduce((sum, v) => sum + v, 0) / n;
  const squares = found.reduce((sum, v) => sum + (v - middle) ** 2, 0);
  return {n, mean: n ? middle : null, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : null};
}

const completed = row => row.runs.filter(run => run.status === "completed");

// The value that a row is sorted by; a metric's is that of the run, or the mean of the group.
function metricColumn(key, title, tag, read, lower) {
  const value = row => one(row) ? read(one(row)) : mean(completed(row).map(read)).mean;
  const cell = row => {
    if (one(row)) return metric(read(one(row)));
    const found = mean(completed(row).map(read));
    const spread = deviation(found.deviation);
    return metric(found.mean) + (spread ? ` ± ${spread}` : "");
  };
  return {key, title, tag, numeric: true, lower, value, cell, hint: `${title} of the run; of a `
    + "group, the mean ± standard deviation of its completed runs"};
}

function fieldColumn(key, title, show, hint = "") {
  const value = row => one(row) ? one(row)[key] : mean(completed(row).map(run => run[key])).mean;
  return {key, title, hint, numeric: true, value, cell: row => show(value(row))};
}

function settingColumn(name) {
  const value = row => name === "experiment" ? row.runs[0].experiment : row.runs[0].settings[name];
  const own = name === "seed" ? row => one(row) ? value(row) : null : value;
  return {key: `setting:${name}`, title: name, value: own, words: false,
    cell: row => name === "seed" && !one(row) ? seeds(row) : setting(own(row)), setting: true};
}

// The seeds 1, 2, 3 and 7 as "1–3, 7".
function seeds(row) {
  const found = [...new Set(row.runs.map(run => run.seed))].filter(isNumber).sort((a, b) => a - b);
  const parts = [];
  for (const seed of found) {
    const last = parts[parts.length - 1];
    if (last && seed === last[1] + 1) last[1] = seed;
    else parts.push([seed, seed]);
  }
  return parts.map(([a, b]) => a === b ? String(a) : b === a + 1 ? `${a}, ${b}` : `${a}–${b}`).join(", ") || "–";
}

export function statuses(row) {
  const counts = new Map();
  for (const run of row.runs) counts.set(run.status, (counts.get(run.status) || 0) + 1);
  return [...counts].map(([status, n]) => ({status, text: one(row) ? status : `${n} ${status}`}));
}

const progress = row => {
  const run = one(row);
  if (!run) return whole(mean(row.runs.map(r => r.step)).mean);
  return isNumber(run.steps) && run.step < run.steps ? `${whole(run.step)} / ${whole(run.steps)}`
    : whole(run.step);
};

// All columns for these runs, in the order of the table.
export function allColumns(payload) {
  const settings = new Set(payload.settings);
  const every = new Set(payload.runs.flatMap(run => Object.keys(run.settings)));
  every.delete("note");
  const lower = payload.lower_is_better;
  const metrics = payload.metrics.flatMap(tag => [
    metricColumn(`final:${tag}`, tag, tag, run => run.final[tag], lower[tag]),
    ...(payload.runs.some(run => run.best[tag]) ? [metricColumn(`best:${tag}`, `best ${tag}`, tag,
      run => run.best[tag]?.value, lower[tag])] : []),
  ]);
  return [
    ...[...settings].map(settingColumn),
    {key: "n", title: "n", numeric: true, hint: "completed runs of the group",
      value: row => completed(row).length, cell: row => one(row) ? "" : String(completed(row).length)},
    ...metrics,
    {key: "step", title: "step", numeric: true, cell: progress,
      value: row => one(row) ? one(row).step : mean(row.runs.map(run => run.step)).mean},
    fieldColumn("steps_per_second", "steps/s", value => digits(value, 3)),
    fieldColumn("seconds", "time", duration, "time of training"),
    {key: "started", title: "started", value: row => row.runs[0].started,
      cell: row => moment(row.runs[0].started)},
    {key: "status", title: "status", value: row => statuses(row).map(s => s.text).join(), statuses},
    {key: "data", title: "data", value: row => row.runs[0].data?.name,
      cell: row => row.runs[0].data?.name ?? "–"},
    {key: "note", title: "note", words: true, value: row => one(row)?.note,
      cell: row => one(row)?.note || ""},
    ...[...every].filter(name => !settings.has(name)).sort(byText).map(settingColumn),
  ];
}

// What is shown until a person chooses columns: of the settings, those in which runs of one
// experiment differ.
export function firstColumns(payload, grouped) {
  const metrics = payload.metrics.slice(0, FIRST_METRICS), seen = new Map(), differ = new Set();
  for (const run of payload.runs) for (const name of payload.settings) {
    const place = `${run.experiment} ${name}`, value = JSON.stringify(run.settings[name] ?? null);
    if (!seen.has(place)) seen.set(place, value);
    else if (seen.get(place) !== value) differ.add(name);
  }
  return [
    ...[...differ].map(name => `setting:${name}`), ...(grouped ? ["n"] : []),
    ...metrics.map(tag => `final:${tag}`), ...metrics.slice(0, 1).map(tag => `best:${tag}`),
    "step", "steps_per_second", "status",
    ...(payload.runs.some(run => run.note) ? ["note"] : []),
  ];
}

// Sorted by a column; what has no value comes last in either direction.
export function sorted(rows, column, down) {
  const value = row => { const v = column.value(row); return v === "NaN" ? null : v; };
  const missing = v => v === null || v === undefined || v === "" || Number.isNaN(v);
  const order = (a, b) => isNumber(a) && isNumber(b) ? a - b
    : isNumber(a) !== isNumber(b) ? isNumber(b) - isNumber(a) : byText(setting(a), setting(b));
  return rows.map(row => [value(row), row]).sort(([a], [b]) =>
    missing(a) - missing(b) || (missing(a) ? 0 : (down ? -1 : 1) * order(a, b))).map(pair => pair[1]);
}

// The first click on a metric puts the best row first.
export const startsDown = column => column.lower === false;
