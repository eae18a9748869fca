// What both pages have: the key, requests, and how figures are spelled.

export const REFRESH_MS = 2000;
export const TIMEOUT_MS = 10000;

export const find = (id) => document.getElementById(id);

// Access

const key = () => sessionStorage.getItem("terse-key") ?? "";

export function ask(path, options = {}) {
  const headers = { ...(options.headers ?? {}) };
  if (key()) headers.authorization = `Bearer ${key()}`;
  return fetch(path, { ...options, headers });
}

/** Asks for a key, or no longer. */
export function keyWanted(isWanted) {
  find("key-form").hidden = !isWanted;
}

/** Calls when the user gave a key. */
export function onKey(action) {
  find("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("terse-key", find("key").value);
    keyWanted(false);
    action();
  });
}

// Elements

/** An element with text or other elements in it. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A row of a table: a head, and cells of text or elements. */
export function row([title, ...cells]) {
  const head = element("th", { scope: "row" }, title);
  return element("tr", {}, head, ...cells.map((cell) => element("td", {}, cell)));
}

export function rows(body, lines) {
  find(body).replaceChildren(...lines.map(row));
}

// Figures

export const seconds = (value) => {
  if (value === null) return "–";
  if (value < 0.001) return `${(value * 1e6).toFixed(0)} µs`;
  return value < 1 ? `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms` : `${value.toFixed(2)} s`;
};
export const count = (value) => Math.round(value).toLocaleString("en");
export const share = (value) => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
/** Four significant figures; – for what is not known. */
export const figure = (value) => (value === null || value === undefined || !Number.isFinite(value) ? "–"
  : Math.abs(value) >= 1000 ? count(value) : String(Number(value.toPrecision(4))));
export const bytes = (value) => {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit ? value.toPrecision(3) : value} ${units[unit]}`;
};
