// What surrounds the views: their tabs, the bar of ticked runs, and what goes wrong.

import {button, code, element, message, swatch} from "./dom.js";
import {count} from "./format.js";
import {follow, timeSeries} from "./host.js";

const MOST_CHIPS = 12;

export function createFrame(context, views) {
  const tabs = createTabs(context, views);
  const ticked = element("section", {class: "ticked", "aria-label": "Ticked runs"});
  const alert = element("p", {class: "alert", role: "alert", hidden: true});
  const place = element("span", {class: "place"});
  const said = element("div", {class: "unseen", "aria-live": "polite"});
  const main = element("main", {id: "view", tabindex: "-1", role: "tabpanel"},
    element("p", {class: "loading"}, "Reading runs …"));
  context.announce = text => { said.textContent = text; };
  let signature = "";
  return {
    element: element("div", {class: "frame"},
      element("header", {class: "top"}, tabs.element, place), ticked, alert, main, said),
    put(view) {
      main.replaceChildren(view);
      main.setAttribute("aria-label", views[context.state.view]?.title || "Runs");
      main.scrollTop = 0;
    },
    draw() {
      tabs.draw();
      alert.hidden = !context.error;
      alert.textContent = context.error ? `${context.error} (trying again every 10 s)` : "";
      if (context.error && !context.runs) main.replaceChildren();
      if (!context.runs) return;
      drawPlace(place, context.runs);
      const now = JSON.stringify([context.state.ticked, context.runs.runs.length]);
      if (now !== signature) drawTicked(ticked, context);
      if (signature && now !== signature) context.announce(`${context.state.ticked.length} ticked`);
      signature = now;
    },
  };
}

function createTabs(context, views) {
  const names = Object.keys(views), current = () => names.includes(context.state.view)
    ? context.state.view : names[0];
  const tabs = names.map(name => button(views[name].title, () => context.select(name),
    {role: "tab", id: `tab-${name}`, "aria-controls": "view"}));
  const move = event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    const place = event.key === "Home" ? 0 : event.key === "End" ? names.length - 1
      : step ? (names.indexOf(current()) + step + names.length) % names.length : -1;
    if (place < 0) return;
    event.preventDefault();
    context.select(names[place]);
    tabs[place].focus();
  };
  return {
    element: element("div", {class: "tabs", role: "tablist", "aria-label": "Graph Lab",
      onkeydown: move}, tabs),
    draw() {
      tabs.forEach((tab, i) => {
        tab.setAttribute("aria-selected", String(names[i] === current()));
        tab.tabIndex = names[i] === current() ? 0 : -1;
      });
    },
  };
}

function drawPlace(place, found) {
  const training = found.runs.filter(run => run.status === "running").length;
  place.replaceChildren(
    element("bdi", {title: found.logdir}, found.logdir || "no log directory"),
    ` · ${count(found.runs.length, "run")}`,
    training ? element("span", {class: "training"}, ` · ${training} training`) : "");
}

// A chip for each group of which runs are ticked.
function drawTicked(parent, context) {
  const runs = context.ticked(), groups = new Map();
  for (const run of runs) {
    if (!groups.has(run.key)) groups.set(run.key, []);
    groups.get(run.key).push(run);
  }
  parent.hidden = !context.runs.runs.length;
  if (!runs.length) {
    parent.replaceChildren(element("span", {class: "quiet"},
      "Tick runs or groups in the table: every view is about the ticked ones."));
    return;
  }
  const chips = [...groups].slice(0, MOST_CHIPS).map(([key, members]) => chip(context, key, members));
  const more = groups.size - chips.length;
  parent.replaceChildren(
    element("strong", {}, `${runs.length} ticked`), ...chips,
    more > 0 ? element("span", {class: "quiet"}, `and ${count(more, "group")} more`) : "",
    element("span", {class: "actions"}, seriesLink(context, runs),
      button("Clear", () => context.update({ticked: []}), {class: "plain"})));
}

function chip(context, key, members) {
  const words = members.length > 1 ? `${members[0].label} × ${members.length}` : members[0].name;
  return element("span", {class: "chip"}, swatch(context.colours, key), element("span", {}, words),
    button("×", () => context.tick(members.map(run => run.name), false),
      {"aria-label": `Untick ${words}`}));
}

function seriesLink(context, runs) {
  const tags = [...new Set(runs.flatMap(run => run.tags.map(tag => tag.split("/").slice(1).join("/"))))]
    .filter(tag => tag === "accuracy" || tag === "loss");
  const address = timeSeries(runs.map(run => run.name), tags);
  return address && element("a", {class: "link", href: address, target: "_parent",
    onclick: event => follow(event, timeSeries(runs.map(run => run.name), tags) || address,
      context.runs.runs.reduce((sum, run) => sum + run.entries.length, 0))},
    "Open in Time Series");
}

// What is shown where there is nothing to show.
export function noRuns(context) {
  const {logdir, problems} = context.runs;
  return message("No run yet",
    logdir ? `There is no run below ${logdir}.` : "TensorBoard was started without --logdir.",
    element("p", {}, "Train one, in a terminal; it appears here while it trains: "),
    code("python experiments/softmax.py"),
    element("p", {}, "Several seeds of two learning rates, which this tab can compare: "),
    code("python scripts/sweep.py experiments/softmax.py --learning_rate=0.1,0.5 --seed=1..5"),
    ...(problems || []).map(line => element("p", {class: "warning"}, line)));
}
