// The paper one draws on: white ink on black, as MNIST's digits are. The canvas is ten times as
// fine as the image that the networks see, so that a stroke has soft edges.

export const SIDE = 28;
const FINE = 10;
const SIZE = SIDE * FINE;
const BOX = 20; // MNIST's digits fill a box of 20 × 20 pixels
const FAINT = 40; // darker than this does not count as ink when the drawing is cropped
const MOST_UNDONE = 50;

// changed(done) is called while a stroke is drawn, and with true when it ends.
export function createInk(canvas, changed) {
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  pen.lineCap = pen.lineJoin = "round";
  const past = [];
  const ink = { width: 22, erasing: false };

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
  ink.load = (pixels) => {
    remember();
    for (let i = 0; i < pixels.length; i++) {
      pen.fillStyle = `rgb(${pixels[i]},${pixels[i]},${pixels[i]})`;
      pen.fillRect((i % SIDE) * FINE, Math.floor(i / SIDE) * FINE, FINE, FINE);
    }
    changed(true);
  };
  ink.blank = () => !grey(pen).some((value) => value > FAINT);
  ink.pixels = (fitted) => (fitted ? fit(grey(pen)) : shrink(grey(pen), 0, 0, SIDE, SIDE, FINE));

  fill();
  followPointer(canvas, ink, changed);
  return ink;
}

function followPointer(canvas, ink, changed) {
  let last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * SIZE,
      ((event.clientY - box.top) / box.height) * SIZE,
    ];
  };
  // The second mouse button and the other end of a pen rub out.
  const erasing = (event) => ink.erasing || (event.buttons & 34) !== 0;
  canvas.addEventListener("pointerdown", (event) => {
    if (last || event.button > 2) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
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
  canvas.addEventListener("pointermove", (event) => {
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
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
}

// Arrow keys move a mark over the paper, with Shift they draw; Space sets a dot. `mark` is an
// element laid over the canvas.
export function followKeys(canvas, mark, ink, changed) {
  let at = [SIZE / 2, SIZE / 2];
  const show = () => {
    mark.style.left = `${(at[0] / SIZE) * 100}%`;
    mark.style.top = `${(at[1] / SIZE) * 100}%`;
  };
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const within = (value) => Math.min(Math.max(value, FINE / 2), SIZE - FINE / 2);
  canvas.addEventListener("keydown", (event) => {
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

// Means over the squares of `size` fine pixels, from (left, top): width × height of them, in the
// middle of 28 × 28.
function shrink(fine, left, top, width, height, size) {
  const found = new Uint8Array(SIDE * SIDE);
  const [right, down] = [width, height].map((side) => Math.floor((SIDE - side) / 2));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [x0, x1] = [left + x * size, left + (x + 1) * size].map(Math.round);
      const [y0, y1] = [top + y * size, top + (y + 1) * size].map(Math.round);
      let sum = 0;
      for (let j = y0; j < y1; j++)
        for (let i = x0; i < x1; i++) if (i < SIZE && j < SIZE) sum += fine[j * SIZE + i];
      const area = Math.max(1, (x1 - x0) * (y1 - y0));
      found[(y + down) * SIDE + x + right] = Math.round(sum / area);
    }
  }
  return found;
}

// The ink alone, so large that it fills MNIST's box; the server then moves its centre of mass to
// the middle. Cropped here, where the drawing is fine, a small digit stays sharp.
function fit(fine) {
  let [left, top, right, bottom] = [SIZE, SIZE, -1, -1];
  for (let i = 0; i < fine.length; i++) {
    if (fine[i] <= FAINT) continue;
    const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  if (right < 0) return new Uint8Array(SIDE * SIDE);
  const [width, height] = [right - left + 1, bottom - top + 1];
  const size = Math.max(1, width / BOX, height / BOX);
  const count = (side) => Math.max(1, Math.min(BOX, Math.round(side / size)));
  return shrink(fine, left, top, count(width), count(height), size);
}
