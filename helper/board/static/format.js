// Numbers and times as a reader wants them. NaN and infinities arrive as text.

export const isNumber = value => typeof value === "number" && Number.isFinite(value);

// Also from text: "NaN" as NaN, "Infinity" as Infinity.
export const numeric = value => typeof value === "number" ? value
  : {NaN: NaN, Infinity, "-Infinity": -Infinity}[value] ?? NaN;

// Four decimals for a metric, or four digits where that says more; as the tables of the terminal.
export function metric(value) {
  if (value === null || value === undefined) return "–";
  if (!isNumber(value)) return String(value);
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6 ? value.toFixed(4) : digits(value, 4);
}

export function digits(value, count) {
  if (value === null || value === undefined) return "–";
  if (!isNumber(value)) return String(value);
  return String(Number(value.toPrecision(count)));
}

export function deviation(value) {
  return isNumber(value) ? digits(value, 2) : "";
}

export function setting(value) {
  if (value === null || value === undefined || value === "") return "–";
  return Array.isArray(value) ? value.join(",") : String(value);
}

export const whole = value => isNumber(value) ? Math.round(value).toLocaleString("en") : "–";

export function duration(seconds) {
  if (!isNumber(seconds)) return "–";
  if (seconds < 60) return `${digits(seconds, 2)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
}

export function moment(iso) {
  const date = new Date(iso);
  return iso && !Number.isNaN(date.getTime())
    ? date.toLocaleString("sv-SE", {dateStyle: "short", timeStyle: "short"}) : "–";
}

// A difference of shares in points, with its sign.
export function points(share) {
  if (!isNumber(share)) return "–";
  const text = (100 * share).toFixed(2);
  return share > 0 ? `+${text}` : text.replace("-", "−");
}

export function probability(p) {
  if (!isNumber(p)) return "–";
  return p < 0.001 ? p.toExponential(1).replace("e-", "·10^−") : digits(p, 2);
}

export const count = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

export const byText = (a, b) => String(a).localeCompare(String(b), "en", {numeric: true});
