// A digit is drawn, and the runs say what they see while it is drawn.

import {answering, createAnswers, summary} from "./answers.js";
import {button, check, element} from "./dom.js";
import {createInk, followKeys, SIDE} from "./ink.js";

const TEST_IMAGES = 10000, FEWEST = 500;  // of MNIST; some data sets have fewer

export function create(context) {
  const paper = createPaper(context), answers = createAnswers(context);
  const sees = element("img", {class: "seen", alt: "what the networks see", width: 84, height: 84});
  const words = element("p", {class: "headline"}), speed = element("p", {class: "quiet"});
  const note = element("p", {class: "quiet"});
  const seen = element("figure", {class: "seen-by"}, sees,
    element("figcaption", {}, "What the networks see: 28 × 28 pixels"));
  const view = element("div", {class: "view draw"},
    element("section", {class: "draw-side", "aria-label": "Paper"}, paper.element, seen),
    element("section", {class: "draw-answers", "aria-label": "Answers"},
      element("div", {class: "summary-line"}, words, speed), note, answers.element));
  const asking = createAsking(context, found);

  function found({names, note: line}, answer, error, took) {
    note.textContent = line;
    seen.hidden = !answer;
    if (!answer) {
      words.textContent = error ?? (names.length ? "Draw a digit: every ticked run says what it sees." : "");
      speed.textContent = "";
      answers.clear();
      return;
    }
    sees.src = answer.image;
    answers.show(answer.answers);
    words.textContent = summary(context, answer.answers);
    if (paper.resting()) context.announce(words.textContent);
    speed.textContent = `answered in ${Math.round(took)} ms`;
  }

  paper.changed = () => asking.ask(paper.request());
  context.onState(state => {
    const index = state["draw.index"];
    if (Number.isInteger(index) && index !== paper.index()) paper.load(index);
    else asking.ask(paper.request());
  });
  return {
    element: view,
    show() {
      const index = context.option("draw.index", null);
      if (Number.isInteger(index) && index !== paper.index()) paper.load(index);
      else asking.ask(paper.request());
    },
    hide: () => asking.stop(),
  };
}

// Asks for answers, one request at a time: of what is drawn meanwhile only the last state is sent.
function createAsking(context, found) {
  let next = null, busy = false, before = "";
  async function run() {
    busy = true;
    while (next) {
      const request = next, runs = answering(context);
      next = null;
      const body = {...request, runs: runs.names, layers: true}, text = JSON.stringify(body);
      if (text === before && request.blank !== true) continue;
      before = text;
      if (request.blank || !runs.names.length) {
        found(runs, null, null, 0);
        continue;
      }
      const begun = performance.now();
      try {
        const answer = await context.api.post("answers", body);
        found(runs, answer, null, performance.now() - begun);
      } catch (error) {
        before = "";
        found(runs, null, error.message, 0);
      }
    }
    busy = false;
  }
  return {
    ask(request) {
      next = request;
      if (!busy) run();
    },
    stop() { next = null; },
  };
}

function createPaper(context) {
  const canvas = element("canvas", {class: "canvas", tabindex: 0, role: "img", "aria-label":
    "Paper to draw a digit on. Arrow keys move the pen, with Shift they draw, Space sets a dot."});
  const mark = element("div", {class: "pen-mark", hidden: true});
  const hint = element("p", {class: "hint", "aria-hidden": "true"}, "draw here");
  const problem = element("p", {class: "problem", role: "alert", hidden: true});
  let index = null, label = null, resting = true;
  const drawn = done => {
    if (index !== null) {
      index = null;
      context.update({"draw.index": null});
    }
    draw(done);
  };
  const draw = done => {
    resting = done;
    hint.hidden = !ink.blank() || !done;
    if (!done) hint.hidden = true;
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
      if (index !== null) return {index};
      if (ink.blank()) return {blank: true};
      return {pixels: base64(ink.pixels(centred.checked)), centre: centred.checked};
    },
    // A test image comes as it is, already centred: its pixels stay as they are until changed.
    async load(number, again = null) {
      problem.hidden = true;
      try {
        const found = await context.api.post("answers", {runs: reading(context), index: number});
        ink.load(bytes(found.pixels));
        centred.checked = false;
        [index, label] = [number, found.label];
        tested.show(number, label);
        context.update({"draw.index": number});
        draw(true);
      } catch (error) {
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

// A run is named to say whose test images are meant.
function reading(context) {
  const {names} = answering(context);
  return names.length ? names : context.runs.runs.slice(0, 1).map(run => run.name);
}

const base64 = pixels => btoa(String.fromCharCode(...pixels));

function bytes(text) {
  const found = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  if (found.length !== SIDE * SIDE) throw new Error("this test image has another shape");
  return found;
}
