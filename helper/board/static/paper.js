// The paper with its tools, and the test images that can be put on it.

import {answering} from "./answers.js";
import {button, check, element} from "./dom.js";
import {createInk, followKeys, SIDE} from "./ink.js";

const MOST_SOURCES = 5;  // data sets that are asked for a test image
const TEST_IMAGES = 10000, FEWEST = 500;  // of MNIST; some data sets have fewer

export function createPaper(context) {
  const canvas = element("canvas", {class: "canvas", tabindex: 0, role: "img", "aria-label":
    "Paper to draw a digit on. Arrow keys move the pen, with Shift they draw, Space sets a dot."});
  const mark = element("div", {class: "pen-mark", hidden: true});
  const hint = element("p", {class: "hint", "aria-hidden": "true"}, "draw here");
  const problem = element("p", {class: "problem", role: "alert", hidden: true});
  let index = null, label = null, source = null, coming = null, resting = true;
  const drawn = done => {
    if (coming !== null) return;
    if (index !== null) {
      index = null;
      context.update({"draw.index": null});
    }
    draw(done);
  };
  const draw = done => {
    resting = done;
    hint.hidden = !done || !ink.blank();
    tools.draw(ink);
    paper.changed();
  };
  const ink = createInk(canvas, drawn);
  followKeys(canvas, mark, ink, drawn);
  canvas.addEventListener("keydown", event => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); ink.undo(); }
    if (event.key === "Delete") { event.preventDefault(); tools.clear(); }
  });
  const centre = check("Centre and scale it, as MNIST's digits were", true, () => paper.changed());
  const centred = centre.querySelector("input");
  const tools = createTools(ink, () => { centred.checked = true; });
  const tested = createTestImages(number => paper.load(number), () => label);
  const paper = {
    changed: () => {},
    resting: () => resting,
    index: () => index,
    request() {
      if (ink.blank()) return {blank: true};
      const drawn = {pixels: base64(ink.pixels(centred.checked)), centre: centred.checked};
      return index === null ? drawn : {...drawn, index, source};
    },
    // A test image comes as it is, already centred: its pixels stay as they are until changed.
    // again: the number of another one, where there are not so many.
    async load(number, again = null) {
      if (number === coming) return;
      coming = number;
      problem.hidden = true;
      try {
        const [run, found] = await testImage(context, number);
        if (coming !== number) return;
        ink.load(bytes(found.pixels));
        centred.checked = false;
        [index, label, source, coming] = [number, found.label, run.data.sha256, null];
        tested.show(number, label);
        context.update({"draw.index": number});
        draw(true);
      } catch (error) {
        if (coming !== number) return;
        coming = null;
        if (again !== null) return paper.load(again);
        problem.textContent = error.message;
        problem.hidden = false;
        context.update({"draw.index": null});
      }
    },
  };
  paper.element = element("div", {class: "paper"},
    element("div", {class: "sheet"}, canvas, hint, mark), tools.element, centre, tested.element, problem);
  return paper;
}

function createTools(ink, cleared) {
  const undo = button("Undo", () => ink.undo(), {title: "Ctrl+Z"});
  const clear = () => { cleared(); ink.clear(); };
  const pens = [["Pen", false], ["Rubber", true]].map(([text, erasing]) =>
    button(text, () => choose(erasing), {"aria-pressed": String(!erasing)}));
  const choose = erasing => {
    ink.erasing = erasing;
    pens.forEach((pen, i) => pen.setAttribute("aria-pressed", String(Boolean(i) === erasing)));
  };
  const width = element("input", {type: "range", min: 8, max: 44, value: ink.width,
    oninput: () => { ink.width = Number(width.value); }});
  return {
    clear,
    element: element("div", {class: "pen-tools"},
      element("div", {class: "controls"},
        element("div", {class: "switcher", role: "group", "aria-label": "tool"}, pens), undo,
        button("Clear", clear, {title: "Delete"})),
      element("label", {class: "choice"}, element("span", {}, "width"), width)),
    draw(ink) { undo.disabled = !ink.canUndo(); },
  };
}

function createTestImages(load, label) {
  const number = element("input", {type: "number", min: 0, max: TEST_IMAGES - 1, value: 0,
    "aria-label": "number of a test image"});
  const says = element("span", {class: "quiet"});
  const random = () => load(Math.floor(Math.random() * TEST_IMAGES), Math.floor(Math.random() * FEWEST));
  return {
    element: element("form", {class: "controls test-images", onsubmit: event => {
      event.preventDefault();
      load(Number(number.value));
    }}, element("span", {}, "Test image"), number, element("button", {type: "submit"}, "Load"),
    button("Random", random), says),
    show(index) {
      number.value = String(index);
      says.textContent = `a ${label()}; change it by hand`;
    },
  };
}

// A test image of 28 × 28 pixels, with a run that was tested with it: rather of the runs that answer.
async function testImage(context, index) {
  const {names} = answering(context), sources = new Map();
  const runs = [...names.map(context.run), ...context.runs.runs].filter(run => run.has_predictions);
  for (const run of runs.length ? runs : context.runs.runs)
    if (run.data && !sources.has(run.data.sha256)) sources.set(run.data.sha256, run);
  let problem = new Error("no run says what it was tested with");
  for (const run of [...sources.values()].slice(0, MOST_SOURCES)) {
    try {
      const found = await context.api.post("answers", {runs: [run.name], index});
      if (String(found.shape) === `${SIDE},${SIDE}`) return [run, found];
      problem = new Error(`the test images of ${run.name} are not ${SIDE} × ${SIDE} pixels`);
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

const base64 = pixels => btoa(String.fromCharCode(...pixels));
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
