// What a run recorded, below its row.

import {button, element} from "./dom.js";
import {digits, duration, metric, moment, setting, whole} from "./format.js";

// refresh(run) reads the record again; what a person has opened in it stays open.
export function createRecord(context, first) {
  const place = element("div", {class: "record"}, element("p", {class: "quiet"}, "Reading its record …"));
  const refresh = async run => {
    let nodes;
    try {
      nodes = draw(context, run, await context.api.get("record", {run: run.name}));
    } catch (error) {
      nodes = [element("p", {class: "warning"}, error.message)];
    }
    const open = [...place.querySelectorAll("details")].map(part => part.open);
    place.replaceChildren(...nodes.filter(Boolean));
    place.querySelectorAll("details").forEach((part, i) => { part.open = open[i] || false; });
  };
  refresh(first);
  return {element: place, refresh};
}

function draw(context, run, found) {
  const record = found.record || {};
  const problems = (found.problems || []).map(line => element("p", {class: "warning"}, line));
  const only = view => { context.update({ticked: [run.name], view}); };
  return [
    element("div", {class: "actions"},
      button("Only this run: curves", () => only("curves")),
      run.has_predictions && button("its confusion matrix", () => only("confusion")),
      button("draw a digit for it", () => only("draw"))),
    ...problems,
    element("div", {class: "facts"},
      section("Run", facts(run, record)),
      section("Settings", settings(run)),
      section("Metrics", metrics(run)),
      section("Versions", pairs(record.versions).concat(pairs(record.commit, "commit")))),
    found.flags ? element("details", {}, element("summary", {}, "Flags (flags.txt)"),
      element("pre", {tabindex: "0"}, found.flags)) : "",
    element("details", {}, element("summary", {}, "Whole record (run.json)"),
      element("pre", {tabindex: "0"}, JSON.stringify(record, null, 1))),
  ];
}

function facts(run, record) {
  const data = run.data && `${run.data.name}, SHA-256 ${String(run.data.sha256).slice(0, 12)}…`;
  return [["status", run.status], ["note", run.note], ["started", run.started && moment(run.started)],
    ["step", run.step === null ? null : whole(run.step)],
    ["time", run.seconds === null ? null : duration(run.seconds)],
    ["steps/s", run.steps_per_second === null ? null : digits(run.steps_per_second, 3)],
    ["parameters", run.parameters ? whole(run.parameters) : null], ["data", data],
    ["command", Array.isArray(record.command) ? record.command.join(" ") : record.command],
    ["host", record.host]].filter(pair => pair[1]);
}

const settings = run => Object.entries(run.settings)
  .filter(([, value]) => value !== null && value !== "")
  .map(([name, value]) => [name, setting(value)]);

function metrics(run) {
  return [...new Set([...Object.keys(run.final), ...Object.keys(run.best)])].map(tag => {
    const best = run.best[tag];
    return [tag, metric(run.final[tag])
      + (best ? ` (best ${metric(best.value)} at step ${whole(best.step)})` : "")];
  });
}

function pairs(value, name) {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value !== "object") return [[name, String(value)]];
  return Object.entries(value).filter(([, v]) => v !== null && v !== "")
    .map(([key, v]) => [key, typeof v === "object" ? JSON.stringify(v) : String(v)]);
}

function section(title, rows) {
  return rows.length > 0 && element("section", {}, element("h3", {}, title), element("dl", {},
    rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))));
}
