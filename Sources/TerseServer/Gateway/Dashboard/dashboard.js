// The dashboard: a chat, or a text that a model without a chat template goes on with, and the server's figures, read
// from /metrics.

import { ask, count, find, keyWanted, onKey, REFRESH_MS, rows, seconds, share, TIMEOUT_MS } from "/page.js";

const HISTORY = 60;

const models = new Map();
let conversation = [];
let mode = "chat";
let running = null;

// Models

onKey(loadModels);

async function loadModels() {
  const response = await ask("/v1/models");
  keyWanted(response.status === 401);
  if (!response.ok) return;
  const { data } = await response.json();
  // A worker that is busy may be left out for once.
  for (const model of data) models.set(model.id, model);
  const select = find("model");
  const chosen = select.value;
  select.replaceChildren(...[...models.keys()].map((id) => new Option(id, id)));
  if (models.has(chosen)) select.value = chosen;
  showModel();
}

// Chat or text

const MODES = {
  chat: { title: "Chat", hint: "Write a message." },
  text: { title: "Text", hint: "Write a beginning: the model goes on, and on again when nothing is written." },
};

/** A model without a chat template has never seen a conversation: it is given text to go on with. */
function showModel() {
  const model = models.get(find("model").value);
  const wanted = model?.has_chat_template === false ? "text" : "chat";
  if (wanted !== mode) clear();
  mode = wanted;
  find("chat-title").textContent = MODES[mode].title;
  find("prompt").placeholder = `${MODES[mode].hint} Enter sends, Shift+Enter breaks the line.`;
  find("about").textContent = model?.description ?? "";
  find("about").hidden = !model?.description;
}

find("model").addEventListener("change", showModel);

function addMessage(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  find("messages").append(item);
  scrollDown();
  return item;
}

function scrollDown() {
  const list = find("messages");
  list.scrollTop = list.scrollHeight;
}

async function* events(response) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of chunks(response.body)) {
    rest += decoder.decode(bytes, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      for (const line of block.split("\n")) {
        if (line.startsWith("data: ") && line !== "data: [DONE]") yield JSON.parse(line.slice(6));
      }
    }
  }
}

async function* chunks(stream) {
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** The path and the body of the next request. */
function request() {
  const tokens = Number(find("tokens").value);
  const body = {
    model: find("model").value, stream: true, stream_options: { include_usage: true },
    temperature: Number(find("temperature").value),
  };
  if (mode === "chat") {
    return ["/v1/chat/completions", { ...body, messages: conversation, max_completion_tokens: tokens }];
  }
  const text = conversation.map((part) => part.content).join("");
  return ["/v1/completions", { ...body, prompt: text, max_tokens: tokens }];
}

async function answer(signal) {
  const [path, body] = request();
  const asked = conversation;
  const response = await ask(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal,
  });
  if (!response.ok) throw new Error((await response.json()).error?.message ?? `status ${response.status}`);
  const item = addMessage("assistant", "");
  const begin = performance.now();
  let first = null;
  let usage = null;
  try {
    for await (const event of events(response)) {
      if (event.error) throw new Error(event.error.message);
      const text = event.choices[0]?.delta?.content ?? event.choices[0]?.text ?? "";
      if (text) first ??= performance.now();
      item.textContent += text;
      scrollDown();
      usage = event.usage ?? usage;
    }
  } finally {
    if (item.textContent) asked.push({ role: "assistant", content: item.textContent });
    else item.remove();
  }
  if (usage && first !== null) {
    const rate = (usage.completion_tokens - 1) / Math.max((performance.now() - first) / 1000, 0.001);
    find("speed").textContent = `${usage.completion_tokens} tokens, the first after `
      + `${seconds((first - begin) / 1000)}, then ${rate.toFixed(1)} a second; `
      + `${usage.prompt_tokens} in the prompt, ${usage.prompt_tokens_details?.cached_tokens ?? 0} of them cached`;
  }
}

async function send() {
  const written = find("prompt").value;
  // White space is part of a text that goes on, but not of a message.
  const text = mode === "chat" ? written.trim() : written;
  if (running || (!text && (mode === "chat" || !conversation.length))) return;
  if (text) {
    conversation.push({ role: "user", content: text });
    addMessage("user", text);
  }
  find("prompt").value = "";
  find("speed").textContent = "";
  running = new AbortController();
  find("send").hidden = true;
  find("stop").hidden = false;
  try {
    await answer(running.signal);
  } catch (error) {
    if (error.name !== "AbortError") addMessage("error", error.message);
  } finally {
    running = null;
    find("send").hidden = false;
    find("stop").hidden = true;
    find("prompt").focus();
  }
}

find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
find("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
find("stop").addEventListener("click", () => running?.abort());
find("clear").addEventListener("click", () => {
  clear();
  find("prompt").focus();
});

function clear() {
  running?.abort();
  conversation = [];
  find("messages").replaceChildren();
  find("speed").textContent = "";
}

// Figures

/** Metrics by name; models added up, histograms as a sorted list of [upper end, count up to there]. */
function parse(page) {
  const sums = {};
  const buckets = {};
  for (const line of page.split("\n")) {
    const match = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const [, name, labels = "", number] = match;
    const end = /(?:^|,)le="([^"]+)"/.exec(labels);
    if (end) {
      const ends = (buckets[name.replace(/_bucket$/, "")] ??= new Map());
      const bound = end[1] === "+Inf" ? Infinity : Number(end[1]);
      ends.set(bound, (ends.get(bound) ?? 0) + Number(number));
    } else {
      sums[name] = (sums[name] ?? 0) + Number(number);
    }
  }
  return { sums, buckets };
}

/** The value that a share of all does not exceed, linear within its range. */
function quantile(ends, part) {
  if (!ends) return null;
  const sorted = [...ends].sort((a, b) => a[0] - b[0]);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (!total) return null;
  let [low, below] = [0, 0];
  for (const [bound, upTo] of sorted) {
    if (upTo >= part * total) {
      if (bound === Infinity) return low;
      return low + (bound - low) * (part * total - below) / Math.max(upTo - below, 1);
    }
    [low, below] = [bound, upTo];
  }
  return low;
}

const histories = {};
let before = null;

function tile(name, value, spell) {
  const figure = find(`tile-${name}`);
  figure.querySelector("output").textContent = value === null ? "–" : spell(value);
  const history = (histories[name] ??= []);
  history.push(value ?? 0);
  if (history.length > HISTORY) history.shift();
  const most = Math.max(...history, 1e-9);
  const points = history.map((each, index) => `${index},${30 - 28 * each / most}`).join(" ");
  const chart = figure.querySelector("svg");
  chart.setAttribute("viewBox", `0 0 ${HISTORY - 1} 32`);
  chart.setAttribute("preserveAspectRatio", "none");
  chart.innerHTML = `<polyline points="${points}"/>`;
}

function show({ sums, buckets }) {
  const now = performance.now();
  const since = before ? (now - before.time) / 1000 : 0;
  const grown = (name) => Math.max(0, (sums[name] ?? 0) - (before?.sums[name] ?? 0));
  const rate = (name) => (before ? grown(name) / since : null);
  tile("generated", rate("vllm:generation_tokens_total"), (value) => value.toFixed(1));
  tile("prompt", rate("vllm:prompt_tokens_total"), (value) => value.toFixed(1));
  tile("running", sums["vllm:num_requests_running"] ?? 0, count);
  tile("waiting", sums["vllm:num_requests_waiting"] ?? 0, count);
  tile("kv", (sums["vllm:kv_cache_usage_perc"] ?? 0) / Math.max(1, models.size), share);
  const asked = sums["vllm:prefix_cache_queries_total"] ?? 0;
  tile("prefix", asked ? sums["vllm:prefix_cache_hits_total"] / asked : null, share);
  before = { sums, time: now };
  rows("latency", [
    ["First token", "vllm:time_to_first_token_seconds"], ["Token to token", "vllm:inter_token_latency_seconds"],
    ["Queue", "vllm:request_queue_time_seconds"], ["Prompt", "vllm:request_prefill_time_seconds"],
    ["Whole request", "vllm:e2e_request_latency_seconds"],
  ].map(([title, name]) => [title, ...[0.5, 0.95, 0.99].map((part) => seconds(quantile(buckets[name], part)))]));
  rows("totals", [
    ["Prompt tokens", count(asked)], ["Generated tokens", count(sums["vllm:generation_tokens_total"] ?? 0)],
    ["Requests ended", count(sums["vllm:request_success_total"] ?? 0)],
    ["Answers from the cache", count(sums["terse_answer_cache_hits_total"] ?? 0)],
    ["Refused, the queue being full", count(sums["terse_refused_total"] ?? 0)],
    ["Workers started", count(sums["terse_worker_starts_total"] ?? 0)],
  ]);
}

async function refresh() {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const health = await (await ask("/health", { signal })).json();
    const ready = health.models.filter((model) => model.ready).length;
    find("health").textContent = `${health.status}: ${ready} of ${health.models.length} models ready`;
    if (models.size < ready) await loadModels();
    const page = await ask("/metrics", { signal });
    if (page.ok) show(parse(await page.text()));
  } catch {
    find("health").textContent = "the server does not answer";
  }
  setTimeout(refresh, document.hidden ? 5 * REFRESH_MS : REFRESH_MS);
}

loadModels().catch(() => {});
refresh();
