// From values to places on the screen, with round numbers to label.

// at(value): its place, NaN where there is none, as for zero on a logarithmic axis.
export function scale(low, high, log, from, to) {
  const map = log ? Math.log10 : value => value;
  let a = map(low), b = map(high);
  if (!Number.isFinite(a) || !Number.isFinite(b)) [a, b] = [0, 1];
  if (a === b) { const air = Math.abs(a) * 0.05 || 0.5; a -= air; b += air; }
  const at = value => from + (map(value) - a) / (b - a) * (to - from);
  return {at: value => Number.isFinite(map(value)) ? at(value) : NaN, log,
    ticks: log ? logTicks(a, b) : ticks(a, b, Math.abs(to - from) / (from > to ? 45 : 90))};
}

function ticks(low, high, most) {
  const rough = (high - low) / Math.max(most, 2), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found.map(value => Number(value.toPrecision(10)));
}

function logTicks(low, high) {
  const found = [], factors = high - low > 3 ? [1] : high - low > 1 ? [1, 2, 5]
    : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let power = Math.floor(low); power <= high; power++) for (const factor of factors) {
    const value = Number((factor * 10 ** power).toPrecision(4)), place = Math.log10(value);
    if (place >= low - 1e-9 && place <= high + 1e-9) found.push(value);
  }
  const every = Math.ceil(found.length / 9);
  return found.filter((_, place) => place % every === 0);
}

// Lowest and highest of many lists, without what is not finite (or not positive, on a log axis).
export function extent(lists, log) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (const value of list) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [log ? 1 : 0, log ? 10 : 1];
}

// Browsers draw what is very far outside of the picture wrongly.
const near = place => Math.min(Math.max(place, -9999), 9999).toFixed(1);

export function path(xs, ys, x, y) {
  const parts = [];
  let pen = "M";
  for (let i = 0; i < xs.length; i++) {
    const px = x.at(xs[i]), py = y.at(ys[i]);
    if (!Number.isFinite(px) || !Number.isFinite(py)) { pen = "M"; continue; }
    parts.push(`${pen}${near(px)},${near(py)}`);
    pen = "L";
  }
  return parts.join("");
}

export function bandPath(xs, low, high, x, y) {
  const floor = low.map((value, i) => y.log && value <= 0 ? high[i] / 1e3 : value);
  const places = xs.map((_, i) => i).filter(i => Number.isFinite(x.at(xs[i]))
    && Number.isFinite(y.at(floor[i])) && Number.isFinite(y.at(high[i])));
  if (!places.length) return "";
  const up = places.map(i => `${near(x.at(xs[i]))},${near(y.at(high[i]))}`);
  const down = places.reverse().map(i => `${near(x.at(xs[i]))},${near(y.at(floor[i]))}`);
  return `M${up.concat(down).join("L")}Z`;
}
