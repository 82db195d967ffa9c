// What a run takes for what, or in what two runs differ, and the test images behind each number.

import {classNames} from "./answers.js";
import {latest} from "./api.js";
import {code, element, switcher} from "./dom.js";
import {pair} from "./difference.js";
import {noRuns} from "./frame.js";
import {createImages, replace} from "./images.js";
import {createMatrix, rights, whoIsBetter} from "./matrix.js";
import {createRunPicker} from "./pickers.js";
import {gain, groupCounts, shownGain, siblings, whichGroupIsBetter} from "./seeds.js";

const able = run => run.has_predictions;
const sameData = (a, b) => a?.data?.sha256 === b?.data?.sha256;

export function create(context) {
  const ask = latest(), asking = latest();
  const choose = side => name => context.update({[`confusion.${side}`]: name});
  const pickers = {first: createRunPicker(context, "A", choose("first")),
                   second: createRunPicker(context, "B", choose("second"), "none: A alone")};
  const matrix = createMatrix((i, j) => images.cell(i, j, ["a", "b"].find(side => side === mode()) ?? null));
  const images = createImages(context, place => matrix.mark(place));
  const sentence = element("p", {class: "headline", "aria-live": "polite"});
  const choices = element("div", {class: "controls"});
  const problem = element("div", {});
  const body = element("div", {class: "confusion-body"},
    element("div", {class: "matrix-side"}, choices, element("div", {class: "scroll"}, matrix.element), legend()),
    images.element);
  const bar = element("div", {class: "controls pickers"}, pickers.first.element, pickers.second.element);
  let found = null, shown = "", drawn = "";

  // Without any choice: the first two ticked runs, or one run alone.
  function chosen() {
    const [first, second] = pair(context, "confusion", able, sameData);
    const wanted = context.option("confusion.second", null);
    const several = context.ticked().filter(able).length > 1 || wanted;
    return [first, wanted === "" || !several ? null : second];
  }

  function mode() {
    const wanted = context.option("confusion.mode", "difference");
    if (wanted === "seeds" && !severalSeeds(groupsOf(chosen())))
      return found?.other ? "difference" : "a";
    return found?.other ? wanted : "a";
  }

  function draw() {
    const [first, second] = chosen(), runs = context.runs.runs.filter(able);
    pickers.first.fill(runs, context.state.ticked, first);
    pickers.second.fill(runs, context.state.ticked, second);
    const request = JSON.stringify([first, second, context.run(first)?.step, context.run(second)?.step]);
    if (request !== shown) load(first, second, request);
    else if (found && signature() !== drawn) drawMatrix();
  }

  async function load(first, second, request) {
    shown = request;
    if (!context.runs.runs.length) return fail(noRuns(context));
    if (!first) return fail(element("p", {}, "No run has predictions yet: a run writes them when it ends."),
      code("python experiments/softmax.py"));
    try {
      const next = await ask(signal => context.api.post("confusion", {run: first, other: second}, signal));
      if (!next) return;
      found = {...next, classes: classNames(context.run(first), next.classes)};
      matrix.mark(null);
      images.of(found, [first, second]);
      problem.replaceChildren();
      bar.hidden = false;
      body.hidden = false;
      drawMatrix();
    } catch (error) {
      shown = "";
      fail(element("p", {class: "problem"}, error.message));
    }
  }

  function fail(...lines) {
    found = null;
    body.hidden = true;
    sentence.textContent = "";
    problem.replaceChildren(...lines);
    bar.hidden = !context.runs.runs.length;
  }

  const groupsOf = names => names.map(name => name ? siblings(context, name) : []);

  // What the matrix shows: where it has not changed, it stays, and with it the place of the focus.
  const signature = () => JSON.stringify([shown, mode(),
    groupsOf(chosen()).map(runs => runs.map(run => [run.name, run.step]))]);

  function drawMatrix() {
    const {classes, counts, other, examples} = found, now = mode(), groups = groupsOf(chosen());
    drawn = signature();
    const modes = [["difference", "B − A"], ["a", "A"], ["b", "B"]];
    if (severalSeeds(groups)) modes.push(["seeds", `B − A, all seeds (${groups[1].length}, ${groups[0].length})`]);
    replace(choices, other ? [switcher("matrix of", modes, now,
      value => context.update({"confusion.mode": value}))] : []);
    body.dataset.mode = now === "seeds" ? "difference" : now;
    if (now === "seeds") return drawSeeds(groups);
    if (now === "difference") matrix.show(classes, counts, other, "How many more B has than A");
    else matrix.show(classes, now === "b" ? other : counts, null, `Test images of ${now === "b" ? "B" : "A"}`);
    const right = rights(counts)[0];
    sentence.textContent = other ? whoIsBetter(classes, counts, other)
      : `${right.toLocaleString("en")} of ${examples.toLocaleString("en")} test images are right. ` +
        "Choose a cell to see the images behind it.";
  }

  async function drawSeeds(groups) {
    const {classes} = found;
    try {
      const both = await asking(() => Promise.all(groups.map(runs => groupCounts(context, runs, classes.length))));
      if (!both || mode() !== "seeds") return;
      const [first, second] = both;
      matrix.show(classes, first.counts, second.counts,
        "How many more B's group has than A's: means over seeds, ± standard error",
        classes.map((_, i) => shownGain(gain(first.right[i], second.right[i]))));
      sentence.textContent = whichGroupIsBetter(groups.map(([run]) => run.label || run.name), classes, first, second);
    } catch (error) {
      drawn = "";
      sentence.textContent = error.message;
    }
  }

  context.onState(draw);
  return {
    element: element("div", {class: "view confusion"}, bar, sentence, problem, body, images.dialog),
    show: draw,
    hide: () => images.dialog.close(),
  };
}

// Whether there are groups to compare, and not the same one twice.
const severalSeeds = ([first, second]) => Math.max(first.length, second.length) > 1 &&
  first.length > 0 && second.length > 0 && first[0].key !== second[0].key;

function legend() {
  const key = (kind, text) => element("span", {}, element("i", {class: `key ${kind}`}), text);
  return element("p", {class: "keys quiet"},
    element("span", {class: "of-one"}, key("wrong", "mistakes; the darker, the more")),
    element("span", {class: "of-two"}, key("better", "B is better here"), key("worse", "B is worse here")));
}
