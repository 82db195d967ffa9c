// Elements of the page. Text goes in as text nodes only, so nothing that a run says becomes HTML.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "indeterminate", "disabled", "hidden", "open"]);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on") || PROPERTIES.has(name)) node[name] = value;
    else if (name === "style") for (const [property, set] of Object.entries(value))
      node.style.setProperty(property, set);
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(node, child);
    else if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

// An HTML element. Attributes whose name begins with "on" are listeners; style is an object.
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function button(text, onclick, attributes = {}) {
  return element("button", {type: "button", onclick, ...attributes}, text);
}

// A check box with its words, as one label.
export function check(text, checked, onchange, attributes = {}) {
  const box = element("input", {type: "checkbox", checked, ...attributes,
    onchange: () => onchange(box.checked)});
  return element("label", {class: "check"}, box, element("span", {}, text));
}

// A choice of one: options are [value, text] pairs.
export function choice(text, options, value, onchange) {
  const box = element("select", {onchange: () => onchange(box.value)},
    options.map(([key, shown]) => element("option", {value: key}, shown)));
  box.value = value;
  return element("label", {class: "choice"}, element("span", {}, text), box);
}

// A few choices side by side, of which one is pressed.
export function switcher(label, options, value, onchange) {
  return element("div", {class: "switcher", role: "group", "aria-label": label},
    options.map(([key, shown]) => button(shown, () => onchange(key),
      {"aria-pressed": String(key === value)})));
}

// A button that opens a panel; Escape and a click elsewhere close it.
export function menu(text, open, ...children) {
  const made = element("details", {class: "menu", open}, element("summary", {}, text),
    element("div", {class: "panel"}, ...children));
  made.onkeydown = event => {
    if (event.key !== "Escape") return;
    made.open = false;
    made.firstChild.focus();
  };
  const close = event => {
    if (!made.isConnected) document.removeEventListener("pointerdown", close);
    else if (!made.contains(event.target)) made.open = false;
  };
  document.addEventListener("pointerdown", close);
  return made;
}

// A line of a group's colour and dash.
export function swatch(colours, key) {
  return svg("svg", {class: "swatch", viewBox: "0 0 22 8", "aria-hidden": "true"},
    svg("path", {d: "M1,4H21", style: {stroke: colours.of(key)},
      "stroke-dasharray": colours.dash(key)}));
}

export function message(title, ...lines) {
  return element("div", {class: "message"}, element("h2", {}, title),
    lines.map(line => typeof line === "string" ? element("p", {}, line) : line));
}

export function code(text) {
  return element("code", {class: "command"}, text);
}
