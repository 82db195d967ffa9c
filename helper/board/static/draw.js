// A digit is drawn, and the runs say what they see while it is drawn.

import {answering, createAnswers, summary} from "./answers.js";
import {element} from "./dom.js";
import {createPaper} from "./paper.js";

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

  // A test image may be asked for by the address, or by another view.
  function refresh() {
    const index = context.option("draw.index", null);
    if (Number.isInteger(index) && index !== paper.index()) paper.load(index);
    else asking.ask(paper.request());
  }

  paper.changed = () => asking.ask(paper.request());
  context.onState(refresh);
  return {element: view, show: refresh, hide: () => asking.stop()};
}

// Asks for answers, one request at a time: of what is drawn meanwhile only the last state is sent.
function createAsking(context, found) {
  let next = null, busy = false, before = "";
  async function one(request) {
    const runs = answering(context), body = bodyOf(context, request, runs.names);
    // A run that still trains is asked again when it is further.
    const text = JSON.stringify([body, runs.names.map(name => context.run(name)?.step)]);
    if (text === before && !request.blank) return;
    before = text;
    if (request.blank || !runs.names.length) return found(runs, null, null, 0);
    const begun = performance.now();
    try {
      const answer = await context.api.post("answers", body);
      found(runs, answer, null, performance.now() - begun);
    } catch (error) {
      before = "";
      found(runs, null, error.message, 0);
    }
  }
  async function run() {
    busy = true;
    try {
      for (let request = next; request; request = next) {
        next = null;
        await one(request);
      }
    } finally {
      busy = false;
    }
  }
  return {
    ask(request) {
      next = request;
      if (!busy) run();
    },
    stop() { next = null; },
  };
}

// The server takes a test image from the data of the first run; where no run was tested with the
// data that the image is from, its pixels are sent.
function bodyOf(context, {source, index, ...pixels}, names) {
  const knows = name => context.run(name)?.data?.sha256 === source;
  if (index === undefined || !names.some(knows)) return {...pixels, runs: names, layers: true};
  const runs = [...names.filter(knows), ...names.filter(name => !knows(name))];
  return {index, runs, layers: true};
}
