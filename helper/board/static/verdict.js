// Is one group of seeds, or one run, better than another, and could these runs have shown it?

import {latest} from "./api.js";
import {chosenRuns, grouped} from "./chosen.js";
import {button, choice, element, message, swatch, switcher} from "./dom.js";
import {count, points, probability} from "./format.js";
import {noRuns} from "./frame.js";
import {drawIntervals, drawRanking} from "./intervals.js";

const LEVELS = [["0.9", "90 %"], ["0.95", "95 %"], ["0.99", "99 %"]];
const MOST_SIDES = 30, MOST_OFFERS = 6, PAIRS_AT_ONCE = 12;

export function create(context) {
  const bar = element("div", {class: "toolbar"}), sides = element("div", {class: "sides", role: "group",
    "aria-label": "Sides that are compared"}), result = element("div", {"aria-live": "polite"});
  const place = element("div", {class: "view"}), newest = latest();
  let asked = "", found = null, drawnBar = "";

  async function refresh() {
    if (!context.runs.runs.length) return place.replaceChildren(noRuns(context));
    if (!context.ticked().length) {
      asked = "";
      return place.replaceChildren(offers(context));
    }
    if (place.firstChild !== bar) place.replaceChildren(bar, sides, result);
    const model = sidesOf(context), signature = JSON.stringify([model, confidence(context)]);
    if (signature !== drawnBar) { drawBar(bar, context, model); drawSides(sides, context, model); }
    drawnBar = signature;
    const used = model.sides.filter(side => side.on);
    if (used.length < 2) {
      asked = "";
      return result.replaceChildren(message("One side is no comparison",
        "Tick another group or run in the table, or choose “Each run by itself”."));
    }
    const steps = used.map(side => side.runs.map(name => context.run(name)?.step));
    const question = JSON.stringify([used, steps, confidence(context)]);
    if (question !== asked) {
      asked = question;
      if (!await load(used)) return;
    }
    draw(used);
  }

  async function load(used) {
    result.classList.add("waiting");
    try {
      const answer = await newest(signal => context.api.post("verdict", {confidence: confidence(context),
        sides: used.map(({label, runs}) => ({label, runs}))}, signal));
      if (answer === undefined) return false;
      found = answer;
    } catch (error) {
      asked = "";
      found = {error: error.message};
    }
    result.classList.remove("waiting");
    return true;
  }

  let drawn = null;
  function draw(used) {
    const all = context.option("verdict.all", false) === true, state = JSON.stringify([asked, all]);
    if (state === drawn && result.firstChild) return;
    drawn = state;
    if (found.error) return result.replaceChildren(message("No verdict", found.error));
    result.replaceChildren(...show(context, found, used, all));
  }

  context.onState(refresh);
  return {element: place, show: refresh, hide() {}};
}

const confidence = context => {
  const level = String(context.option("verdict.confidence", "0.95"));
  return LEVELS.some(([known]) => known === level) ? Number(level) : 0.95;
};

// The sides: groups of the ticked runs, or each run. A side that cannot be judged is off, and says why.
function sidesOf(context) {
  const {runs} = chosenRuns(context), groups = grouped(runs);
  const wanted = context.option("verdict.by", null);
  const by = wanted === "runs" || wanted === "groups" ? wanted
    : groups.length === 1 && runs.length > 1 ? "runs" : "groups";
  const off = new Set([].concat(context.option("verdict.off", [])));
  const made = by === "runs" ? runs.map(run => ({key: run.key, label: run.name, all: [run]}))
    : groups.map(({key, label, runs: all}) => ({key, label, all}));
  const ready = made.map(side => ({...side, able: side.all.filter(run => run.has_predictions
    && run.status === "completed")}));
  const several = ready.some(side => side.able.length > 1);
  const sides = ready.map(({key, label, all, able}, place) => {
    const why = !able.length ? "has not completed, or has no predictions"
      : several && able.length < 2 ? "is one run, the others are several seeds"
        : place >= MOST_SIDES ? `is beyond the first ${MOST_SIDES}` : "";
    return {key, label, runs: able.map(run => run.name), left: all.length - able.length, why,
      on: !why && !off.has(label)};
  });
  return {by, sides};
}

function drawBar(bar, context, model) {
  bar.replaceChildren(
    switcher("Sides", [["groups", "Groups of seeds"], ["runs", "Each run by itself"]], model.by,
      value => context.update({"verdict.by": value})),
    choice("confidence", LEVELS, String(confidence(context)),
      value => context.update({"verdict.confidence": value})));
}

function drawSides(parent, context, model) {
  const off = () => model.sides.filter(side => !side.on && !side.why).map(side => side.label);
  const focused = document.activeElement?.dataset?.side;
  parent.replaceChildren(...model.sides.map(side => {
    const made = button("", () => context.update({"verdict.off": side.on ? [...off(), side.label]
      : off().filter(label => label !== side.label)}),
    {class: "chip side", "aria-pressed": String(side.on), disabled: Boolean(side.why), "data-side": side.label,
      title: side.why ? `left out: it ${side.why}` : side.on ? "leave out" : "take in"});
    const n = model.by === "groups" ? ` × ${side.runs.length}` : "";
    made.append(swatch(context.colours, side.key), `${side.label}${n}`,
      side.why ? element("span", {class: "why"}, ` (left out: ${side.why})`) : "",
      !side.why && side.left ? element("span", {class: "why"}, ` (${side.left} not completed)`) : "");
    return made;
  }));
  if (focused) parent.querySelector(`[data-side="${CSS.escape(focused)}"]`)?.focus();
}

// With nothing ticked: pairs of groups that could be compared, one click each.
function offers(context) {
  const groups = grouped(context.runs.runs.filter(run => run.status === "completed" && run.has_predictions))
    .filter(group => group.runs.length > 1);
  const pairs = groups.flatMap((first, i) => groups.slice(i + 1).filter(second =>
    second.runs[0].experiment === first.runs[0].experiment
    && second.runs[0].data?.sha256 === first.runs[0].data?.sha256).map(second => [first, second]));
  const tick = pair => context.update({ticked: pair.flatMap(group => group.runs.map(run => run.name))});
  return message("What shall be compared?",
    "Tick two or more groups or runs in the table, and come back"
      + (pairs.length ? ", or take one of these:" : "."),
    ...pairs.slice(0, MOST_OFFERS).map(pair => element("p", {}, button(
      `${pair[0].label} against ${pair[1].label}`, () => tick(pair), {class: "offer"}))));
}

function show(context, found, used, all) {
  const keys = new Map(used.map(side => [side.label, side.key])), two = found.pairs.length === 1;
  const best = found.ranking[0].label;
  const pairs = all || two ? found.pairs : found.pairs.filter(pair => pair.second === best || pair.first === best);
  const shown = pairs.slice(0, all ? undefined : PAIRS_AT_ONCE);
  return [
    element("p", {class: "headline"}, found.sentence.replace(/^best:/, "Best:")),
    two && element("p", {}, couldShow(found.pairs[0])),
    ...(found.notes || []).map(line => element("p", {class: "quiet"}, line)),
    decide(context, found, used.some(side => side.runs.length > 1)),
    element("section", {class: "card"}, element("h3", {}, "Test accuracy of each side"),
      drawRanking(context, found.ranking, keys)),
    element("section", {class: "card"}, element("h3", {}, two ? "The difference, with its interval"
      : all ? "The difference of every pair" : `How far ${best} is ahead`),
    drawIntervals(context, shown, pair => keys.get(two || all ? pair.second : pair.first),
      pair => two || all ? `${pair.second} − ${pair.first}` : `of ${pair.first === best ? pair.second : pair.first}`),
    element("p", {class: "quiet"}, "Dot: the difference in points of test accuracy. Line: its "
      + `${Math.round(100 * found.confidence)} % interval, for the pair alone. Shaded: a true difference in there `
      + "would be missed more often than once in five times. A faint line is a tie."),
    two ? "" : button(all ? "Only pairs with the best" : `All ${count(found.pairs.length, "pair")}`,
      () => context.update({"verdict.all": !all}))),
    element("section", {class: "card"}, element("h3", {}, "The tests"), table(shown, two)),
  ].filter(Boolean);
}

// What these runs could have shown at all.
function couldShow(pair) {
  if (pair.tied) return pair.could_show ? `What these runs could have shown: ${pair.could_show}.` : "";
  return typeof pair.visible === "number" ? "What these runs can show: differences from "
    + `${(100 * pair.visible).toFixed(2)} points on, with 80 % power.` : "";
}

// To the images on which the best side and the next one differ: B is the best, A the other.
function decide(context, found, several) {
  const [best, next] = found.ranking.map(side => side.runs || []), seed = context.run(best[0])?.seed;
  const other = next.find(name => context.run(name)?.seed === seed) || next[0];
  if (!best[0] || !other) return "";
  return element("p", {}, button("Which digits decide it?", () => context.update({view: "confusion",
    "confusion.first": other, "confusion.second": best[0], "confusion.mode": several ? "seeds" : "difference"}),
  {class: "primary", title: `where ${best[0]} and ${other} differ`}));
}

const MOST_SEEDS = 10_000;  // as helper/comparing/power.py counts

// Only a tie is left to settle.
function seedsToSettle(pair) {
  if (!pair.tied || typeof pair.seeds_needed !== "number") return "–";
  return pair.seeds_needed > MOST_SEEDS ? `over ${MOST_SEEDS.toLocaleString("en")}`
    : `about ${pair.seeds_needed.toLocaleString("en")}`;
}

function table(pairs, two) {
  const heads = ["pair", "points", "interval", "p", ...(two ? [] : ["p (Holm)"]), "verdict", "could show", "seeds to settle", "test"];
  const interval = pair => typeof pair.low === "number" ? `${points(pair.low)} to ${points(pair.high)}` : "–";
  const visible = pair => typeof pair.visible === "number" && pair.visible <= 1 ? (100 * pair.visible).toFixed(2) : "nothing";
  return element("div", {class: "table", tabindex: "0", role: "region", "aria-label": "The tests"},
    element("table", {class: "verdict-table"}, element("thead", {}, element("tr", {}, heads.map((head, i) =>
      element("th", {scope: "col", class: i && i < heads.length - 1 ? "number" : ""}, head)))),
    element("tbody", {}, pairs.map(pair => element("tr", {},
      element("td", {}, `${pair.second} against ${pair.first}`),
      [points(pair.difference), interval(pair), probability(pair.p), ...(two ? [] : [probability(pair.p_corrected)])]
        .map(text => element("td", {class: "number"}, text)),
      element("td", {class: `number ${pair.tied ? "tied-mark" : "better-mark"}`}, pair.tied ? "tied" : pair.verdict),
      [visible(pair), seedsToSettle(pair)]
        .map(text => element("td", {class: "number"}, text)),
      element("td", {class: "words"}, `${pair.test}, ${pair.n}`))))));
}
