// The paper one draws on: white ink on black, as MNIST's digits are. The canvas is ten times as
// fine as the image that the networks see, so that a stroke has soft edges.

export const SIDE = 28;
const FINE = 10;
const SIZE = SIDE * FINE;
const FAINT = 40;  // darker than this is a blank paper
const MOST_UNDONE = 50;

// changed(done) is called while a stroke is drawn, and with true when it ends.
export function createInk(canvas, changed) {
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d", {willReadFrequently: true, alpha: false});
  pen.lineCap = pen.lineJoin = "round";
  const past = [];
  const ink = {width: 22, erasing: false};

  const remember = () => {
    past.push(pen.getImageData(0, 0, SIZE, SIZE));
    if (past.length > MOST_UNDONE) past.shift();
  };
  const fill = () => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, SIZE, SIZE);
  };
  ink.line = (from, to, erasing = ink.erasing) => {
    pen.strokeStyle = erasing ? "#000" : "#fff";
    pen.lineWidth = ink.width;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  };
  ink.begin = remember;
  ink.clear = () => {
    if (!ink.blank()) remember();
    fill();
    changed(true);
  };
  ink.undo = () => {
    if (!past.length) return;
    pen.putImageData(past.pop(), 0, 0);
    changed(true);
  };
  ink.canUndo = () => past.length > 0;
  ink.load = pixels => {
    remember();
    for (let i = 0; i < pixels.length; i++) {
      pen.fillStyle = `rgb(${pixels[i]},${pixels[i]},${pixels[i]})`;
      pen.fillRect((i % SIDE) * FINE, Math.floor(i / SIDE) * FINE, FINE, FINE);
    }
    changed(true);
  };
  ink.blank = () => !grey(pen).some(value => value > FAINT);
  // uint8 [28 × 28], or with `fine` [140 × 140]: enough for the server to scale it well.
  ink.pixels = fine => shrink(grey(pen), fine ? FINE / 5 : FINE);

  fill();
  followPointer(canvas, ink, changed);
  return ink;
}

function followPointer(canvas, ink, changed) {
  let last = null;
  const place = event => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * SIZE,
      ((event.clientY - box.top) / box.height) * SIZE,
    ];
  };
  // The second mouse button and the other end of a pen rub out.
  const erasing = event => ink.erasing || (event.buttons & 34) !== 0;
  canvas.addEventListener("pointerdown", event => {
    if (last || event.button > 2) return;
    event.preventDefault();
    canvas.focus({preventScroll: true});
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {
      // a pointer that has gone already
    }
    ink.begin();
    last = place(event);
    ink.line(last, last, erasing(event));
    changed(false);
  });
  canvas.addEventListener("pointermove", event => {
    if (!last) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length ? passed : [event]) {
      const next = place(one);
      ink.line(last, next, erasing(event));
      last = next;
    }
    changed(false);
  });
  const end = () => {
    if (!last) return;
    last = null;
    changed(true);
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("lostpointercapture", end);
  canvas.addEventListener("contextmenu", event => event.preventDefault());
}

// Arrow keys move a mark over the paper, with Shift they draw; Space sets a dot. `mark` is an
// element laid over the canvas.
export function followKeys(canvas, mark, ink, changed) {
  let at = [SIZE / 2, SIZE / 2];
  const show = () => {
    mark.style.left = `${(at[0] / SIZE) * 100}%`;
    mark.style.top = `${(at[1] / SIZE) * 100}%`;
  };
  const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const within = value => Math.min(Math.max(value, FINE / 2), SIZE - FINE / 2);
  canvas.addEventListener("keydown", event => {
    const move = moves[event.key];
    if (!move && event.key !== " ") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    mark.hidden = false;
    const next = move ? at.map((value, axis) => within(value + FINE * move[axis])) : at;
    if (!move || event.shiftKey) {
      ink.begin();
      ink.line(at, next);
      changed(true);
    }
    at = next;
    show();
  });
  canvas.addEventListener("blur", () => (mark.hidden = true));
  canvas.addEventListener("pointerdown", () => (mark.hidden = true));
}

function grey(pen) {
  const rgba = pen.getImageData(0, 0, SIZE, SIZE).data;
  const found = new Uint8Array(SIZE * SIZE);
  for (let i = 0; i < found.length; i++) found[i] = rgba[4 * i];
  return found;
}

// Means over squares of `size` × `size` fine pixels.
function shrink(fine, size) {
  const side = SIZE / size, found = new Uint8Array(side * side);
  for (let place = 0; place < found.length; place++) {
    const from = Math.floor(place / side) * size * SIZE + (place % side) * size;
    let sum = 0;
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++) sum += fine[from + j * SIZE + i];
    found[place] = Math.round(sum / (size * size));
  }
  return found;
}
