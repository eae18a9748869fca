// Operations: models and their variants, rollouts, deployments and routes, as /api shows them. What can be done here is done
// by the same requests that programs make, with who and why.

import {
  ask, bytes, count, element, figure, find, keyWanted, onKey, REFRESH_MS, row, share, TIMEOUT_MS,
} from "/page.js";

const SHOWN = 5;

async function json(path, options = {}) {
  const response = await ask(path, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  keyWanted(response.status === 401 || response.status === 403);
  const body = await response.json();
  if (!response.ok) {
    throw Object.assign(new Error(body.error?.message ?? `status ${response.status}`), { status: response.status });
  }
  return body;
}

// Doing

/** Asks why, does it, and says what came of it. */
async function act(title, method, path, body = {}) {
  const dialog = find("confirm");
  find("confirm-title").textContent = title;
  find("why").value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  if (dialog.returnValue !== "yes") return;
  try {
    const why = find("why").value.trim();
    await json(path, {
      method, headers: { "content-type": "application/json" }, body: JSON.stringify(why ? { ...body, why } : body),
    });
    say(`${title}: done`);
  } catch (error) {
    say(`${title}: ${error.message}`);
  }
  await show();
}

let said = "";
let saidAt = 0;

function say(text) {
  [said, saidAt] = [text, performance.now()];
  find("health").textContent = text;
}

const button = (text, action) => element("button", { type: "button", onclick: action }, text);

// Models

const figureOf = (profile, quantity, batch = 1) =>
  profile?.figures.find((each) => each.quantity === quantity && each.batch === batch);

function newestProfiles(profiles) {
  const newest = new Map();
  for (const profile of profiles) newest.set(`${profile.version}/${profile.variant}`, profile);
  return newest;
}

async function showModels() {
  const { models } = await json("/api/models");
  const select = find("model");
  const names = models.map((model) => model.name);
  const shown = [...select.options].map((option) => option.value);
  if (names.join() !== shown.join()) {
    const chosen = select.value;
    select.replaceChildren(...names.map((name) => new Option(name, name)));
    if (names.includes(chosen)) select.value = chosen;
  }
  find("rollback").disabled = !names.length;
  if (!names.length) return;
  const path = `/api/models/${encodeURIComponent(select.value)}`;
  const [model, { profiles }] = await Promise.all([json(path), json(`${path}/profiles`)]);
  const newest = newestProfiles(profiles);
  const variants = model.versions.flatMap((version) => version.variants
    .filter((variant) => !variant.removed)
    .map((variant) => ({ version: version.version, ...variant, profile: newest.get(`${version.version}/${variant.name}`) })));
  showVariants(model, variants);
  showPareto(variants);
}

function showVariants(model, variants) {
  const body = find("variants");
  body.replaceChildren(...variants.map((variant) => {
    const aliases = model.aliases.filter((each) => each.version === variant.version && each.variant === variant.name);
    const isLive = aliases.some((alias) => alias.alias === "production");
    const value = (quantity) => figure(figureOf(variant.profile, quantity)?.value);
    const name = `${model.name}:${variant.version}/${variant.name}`;
    const target = { version: variant.version, variant: variant.name };
    const joules = figureOf(variant.profile, "generation_joules_per_token");
    return row([
      `${variant.version}/${variant.name}`, aliases.map((alias) => alias.alias).join(", ") || "–", bytes(variant.bytes),
      value("bits_per_byte"), value("generation_tokens_per_second"), value("prompt_tokens_per_second"),
      bytes(figureOf(variant.profile, "weight_bytes")?.value),
      figure(joules?.value) + (joules?.basis === "estimated" ? " (est.)" : ""),
      isLive ? "live" : element("span", {},
        button("Roll out", () => act(`Roll out ${name}`, "POST", "/api/rollouts", { candidate: name })), " ",
        button("Make live", () => act(
          `Point production to ${name}`, "PUT", `/api/models/${encodeURIComponent(model.name)}/aliases/production`, target))),
    ]);
  }));
}

const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

/** Variants whose quality and speed are known; fewer bits and more tokens are better. */
function showPareto(variants) {
  const points = variants.map((variant) => ({
    name: `${variant.version}/${variant.name}`, bytes: variant.bytes,
    x: figureOf(variant.profile, "generation_tokens_per_second")?.value,
    y: figureOf(variant.profile, "bits_per_byte")?.value,
  })).filter((point) => point.x > 0 && point.y > 0).sort((a, b) => b.x - a.x);
  find("pareto").hidden = points.length < 1;
  if (!points.length) return;
  const [width, height, edge] = [640, 260, 48];
  const span = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = Math.max((high - low) * 0.15, high * 0.02);
    return [low - room, high + room];
  };
  const [xs, ys] = [span(points.map((p) => p.x)), span(points.map((p) => p.y))];
  const across = (x) => edge + (width - 2 * edge) * (x - xs[0]) / (xs[1] - xs[0]);
  const down = (y) => height - edge - (height - 1.5 * edge) * (y - ys[0]) / (ys[1] - ys[0]);
  let least = Infinity;
  const front = points.filter((point) => point.y < least && (least = point.y, true));
  const most = Math.max(...points.map((point) => point.bytes));
  const chart = find("pareto").querySelector("svg");
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  chart.replaceChildren(
    drawn("path", { class: "axis", d: `M${edge},${edge / 2}V${height - edge}H${width - edge}` }),
    drawn("polyline", { points: front.map((p) => `${across(p.x)},${down(p.y)}`).join(" ") }),
    ...points.flatMap((p) => [
      drawn("circle", { cx: across(p.x), cy: down(p.y), r: 4 + 8 * Math.sqrt(p.bytes / most) }),
      drawn("text", { x: across(p.x), y: down(p.y) - 16, "text-anchor": "middle" }, p.name),
    ]),
    drawn("text", { x: edge, y: height - edge + 18 }, figure(xs[0])),
    drawn("text", { x: width - edge, y: height - edge + 18, "text-anchor": "end" }, `${figure(xs[1])} tokens/s`),
    drawn("text", { x: edge - 6, y: height - edge, "text-anchor": "end" }, figure(ys[0])),
    drawn("text", { x: edge - 6, y: edge / 2 + 10, "text-anchor": "end" }, figure(ys[1])));
}

find("model").addEventListener("change", show);
find("rollback").addEventListener("click", () => {
  const name = find("model").value;
  act(`Roll production of ${name} back`, "POST", `/api/models/${encodeURIComponent(name)}/aliases/production/rollback`);
});

// Rollouts

function events(list, tell) {
  return element("ol", { className: "events" }, ...list.map((event) =>
    element("li", {}, `${event.at.slice(0, 19).replace("T", " ")} ${tell(event)} by ${event.by}${event.why ? `: ${event.why}` : ""}`)));
}

function table(caption, heads, lines) {
  return element("div", { className: "wide", tabIndex: 0 }, element("table", {}, element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...lines.map(row))));
}

function rollout(each) {
  const path = `/api/rollouts/${each.id}`;
  const doing = each.paused ? ["resume", "promote", "abort"] : ["pause", "promote", "abort"];
  const title = `${each.candidate} in place of ${each.stable}`;
  return element("article", {},
    element("h3", {}, title),
    element("p", {}, `${each.running ? (each.paused ? "paused, " : "") + each.phase : each.phase}, `
      + `${share(each.weight)} of conversations, ${count(each.pairs)} pairs of requests`),
    each.running ? element("progress", { max: 1, value: each.weight, title: `${share(each.weight)} of conversations` }) : null,
    table("Evidence: how much worse the candidate is", ["criterion", "pairs", "worse by", "at least", "at most", "tolerated",
      "intolerable", "verdict"], each.criteria.map((criterion) => [
      criterion.metric, count(criterion.pairs), figure(criterion.worsening), figure(criterion.lower), figure(criterion.upper),
      figure(criterion.tolerated), figure(criterion.intolerable), criterion.verdict])),
    each.running ? element("p", { className: "choices" }, ...doing.flatMap((what) => [
      button(what, () => act(`${what}: ${title}`, "POST", `${path}/${what}`)), " "])) : null,
    events(each.events, (event) => `${event.event} at ${share(event.weight)}`));
}

async function showRollouts() {
  const { rollouts } = await json(`/api/rollouts?limit=${SHOWN}`);
  const latest = rollouts.reverse();
  find("rollout-list").replaceChildren(...(latest.length ? latest.map(rollout)
    : [element("p", {}, "None yet. A variant that is not live can be rolled out from the table of variants.")]));
}

// Deployments

function verdicts(event) {
  const list = event.details?.verdicts;
  if (!list?.length) return null;
  const amount = (each, value) => (["memory", "host_memory"].includes(each.requirement) ? bytes : figure)(value);
  return table("Requirements", ["requirement", "limit", "found", "known", "verdict"], list.map((each) => [
    each.requirement,
    each.at_least === undefined ? `≤ ${amount(each, each.at_most)}` : `≥ ${amount(each, each.at_least)}`,
    amount(each, each.value), each.basis ?? "–", each.met ? (each.marginal ? "met, barely" : "met") : "not met"]));
}

function deployment(each) {
  const judged = each.events.find((event) => ["accepted", "refused"].includes(event.event));
  const failed = each.events.find((event) => event.event === "failed");
  return element("article", {},
    element("h3", {}, `${each.id}: ${each.candidate}`),
    element("p", {}, each.running ? "under way" : each.events.at(-1).event, failed ? `: ${failed.details.error}` : ""),
    judged ? verdicts(judged) : null,
    each.running ? element("p", { className: "choices" }, button("withdraw", () =>
      act(`Withdraw deployment ${each.id}`, "POST", `/api/deployments/${each.id}/withdraw`))) : null,
    events(each.events, (event) => event.event));
}

async function showDeployments() {
  const { deployments } = await json(`/api/deployments?limit=${SHOWN}`);
  const latest = deployments.reverse();
  find("deployment-list").replaceChildren(...(latest.length ? latest.map(deployment) : [element("p", {}, "None yet.")]));
}

find("deploy").addEventListener("submit", (event) => {
  event.preventDefault();
  act("Deploy by this spec", "POST", "/api/deployments", { spec: find("spec").value });
});

// Routing

function route(each) {
  const reasons = Object.entries(each.by_reason).filter(([, reason]) => reason.decisions);
  return element("article", {},
    element("h3", {}, each.name),
    element("p", {}, `${count(each.decisions)} decisions; weights: quality ${figure(each.policy.weights.quality)}, time `
      + `${figure(each.policy.weights.time)}, energy ${figure(each.policy.weights.energy)}, cost ${figure(each.policy.weights.cost)}`),
    table("Variants", ["variant", "registered", "share", "running", "waiting", "first token ×", "token ×"],
      each.variants.map((variant) => [
        variant.name, variant.registered, share(variant.share), count(variant.situation.running),
        count(variant.situation.waiting), figure(variant.correction.time_to_first_token_factor),
        figure(variant.correction.time_per_output_token_factor)])),
    reasons.length ? table("Reasons", ["reason", "decisions", "share"], reasons.map(([name, reason]) => [
      name, count(reason.decisions), share(reason.share)])) : null,
    each.alarms.length ? element("ul", {}, ...each.alarms.map((alarm) => element("li", {}, alarm.text))) : null,
    table("Latest decisions", ["number", "variant", "reason", "prompt tokens", "predicted s", "predicted loss"],
      each.recent.map(({ decision, features }) => {
        const chosen = decision.predictions.find((prediction) => prediction.variant === decision.variant);
        return [String(decision.number), decision.variant ?? "none", decision.reason, count(features.prompt_tokens ?? 0),
          figure(chosen?.seconds), figure(chosen?.loss_bits_per_byte)];
      })));
}

function budget(power) {
  return element("p", {}, `Power: ${power.watts === null ? "not known" : `${figure(power.watts)} W (${power.basis})`}`
    + ` of a budget of ${figure(power.budget_watts)} W`);
}

async function showRouting() {
  const { routes, power } = await json("/api/routing?count=10");
  find("route-list").replaceChildren(...(power ? [budget(power)] : []), ...(routes.length ? routes.map(route)
    : [element("p", {}, "This server has no route; terse serve --route NAME=MODEL,MODEL makes one.")]));
}

// All of it

async function show() {
  try {
    // While a model is not ready its status is not 200, and its body the same.
    const health = await (await ask("/health", { signal: AbortSignal.timeout(TIMEOUT_MS) })).json();
    const ready = health.models.filter((model) => model.ready).length;
    if (performance.now() - saidAt > 10000) said = "";
    if (!said) find("health").textContent = `${health.status}: ${ready} of ${health.models.length} models ready`;
    for (const part of [showModels, showRollouts, showDeployments, showRouting]) await part();
  } catch (error) {
    find("health").textContent = error.status ? error.message : "the server does not answer";
  }
}

async function refresh() {
  // What is being read, or chosen, is not taken away.
  const isBusy = find("confirm").open || find("key-form").contains(document.activeElement)
    || document.activeElement?.closest?.("article, tbody, select");
  if (!isBusy) await show();
  setTimeout(refresh, document.hidden ? 5 * REFRESH_MS : REFRESH_MS);
}

onKey(show);
refresh();
