// Beside the matrix: the choice of images, the images, and one of them large.

import {button, element, switcher} from "./dom.js";
import {createGallery} from "./gallery.js";
import {createLightbox} from "./lightbox.js";
import {siblings} from "./seeds.js";

const WHICH = {only_a_right: "Only A right", only_b_right: "Only B right", both_wrong: "Both wrong"};

// marked(place) is called when the images of a cell, or, with null, others are shown.
export function createImages(context, marked) {
  const choices = element("div", {class: "controls"});
  const lightbox = createLightbox(context, image =>
    context.update({"draw.index": image.index, view: "draw"}));
  const gallery = createGallery(context, (images, place, classes) =>
    lightbox.open(images, place, names.filter(Boolean), classes));
  let found = null, names = [];

  function show(wanted, heading) {
    const [run, other] = names;
    gallery.show({run, other, ...wanted}, found.classes, heading);
  }

  // The buttons above the images; first: what goes before them.
  function draw(first = []) {
    const all = (which, text) => button(`${text}: ${found[which]}`, () => {
      marked(null);
      draw();
      show({true: null, predicted: null, which}, text);
    });
    replace(choices, found.other ? [...first, ...Object.entries(WHICH).map(pair => all(...pair)),
      button("Is it real? → Verdict", () => toVerdict(context, names), {class: "plain"})] : []);
  }

  function cell(i, j, which) {
    const {classes, counts, other} = found, side = which.toUpperCase();
    marked([i, j]);
    draw(other ? [switcher("images of", [["a", `A: ${counts[i][j]}`], ["b", `B: ${other[i][j]}`]], which,
      wanted => cell(i, j, wanted))] : []);
    show({true: i, predicted: j, which},
      `True ${classes[i]}, said ${classes[j]}${other ? ` in ${side}` : ""}`);
  }

  return {
    element: element("div", {class: "gallery-side"}, choices, gallery.element),
    dialog: lightbox.element,
    // confusion: as POST confusion gives it; runs: the names of A and B.
    of(confusion, runs) {
      [found, names] = [confusion, runs];
      gallery.hide();
      draw();
    },
    // Of a cell; which: "a" or "b", or null for the run that has more of them.
    cell: (i, j, which) => cell(i, j, which ?? (found.other[i][j] > found.counts[i][j] ? "b" : "a")),
  };
}

// With the seeds of both groups, unless these runs are ticked already.
function toVerdict(context, names) {
  const ticked = new Set(context.state.ticked);
  if (!names.every(name => ticked.has(name)))
    context.tick(names.flatMap(name => siblings(context, name)).map(run => run.name), true);
  context.update({view: "verdict"});
}

// New children; the focus, where it was inside, goes to the choice that is pressed.
export function replace(parent, children) {
  const inside = parent.contains(document.activeElement);
  parent.replaceChildren(...children);
  if (inside) parent.querySelector("[aria-pressed=true]")?.focus();
}
