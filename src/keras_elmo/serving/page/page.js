// The page of `keras-elmo serve`: texts to predictions. Whatever comes in stays text: elements are
// made one by one, and strings are only ever their text.
"use strict";

const $ = (id) => document.getElementById(id);
const NAMES = {
  text: "Text", text_a: "First text", text_b: "Second text", question: "Question", passage: "Passage",
};
const COLUMNS = {  // where a file has no choice made, as `keras-elmo predict` looks for them
  text: ["text", "sentence", "review", "content", "tokens"],
  text_a: ["text_a", "sentence1", "premise", "question1", "text1"],
  text_b: ["text_b", "sentence2", "hypothesis", "question2", "text2"],
  question: ["question"], passage: ["passage", "context"],
};
const AT_ONCE = 64;  // texts of a request of a file

let models = [], model = null, token = "";
let rows = [], records = [], running = null;

// === Server ===

class Refusal extends Error {
  constructor(status, message, seconds) {
    super(message);
    this.status = status;
    this.seconds = seconds;
  }
}

async function call(path, body, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "The server cannot be reached.");
  }
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  const seconds = Number(answer.headers.get("Retry-After")) || 1;
  throw new Refusal(answer.status, sentence(found.error || `The server answered ${answer.status}`), seconds);
}

function predict(items, options, signal) {
  const { field, parts } = model.input;
  const rows = parts.length === 1 ? items.map((item) => item[parts[0]]) : items;
  const path = `models/${encodeURIComponent(model.name)}/predict`;
  return call(path, { [field]: rows, ...options }, signal).then((found) => found.predictions);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

// === Elements ===

function make(name, content = [], properties = {}) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...[content].flat());  // strings become text
  return element;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const asText = (text) => (Array.isArray(text) ? text.join(" ") : text);
const colors = new Map();
function colorOf(type) {
  if (!colors.has(type)) colors.set(type, `c${colors.size % 6}`);
  return colors.get(type);
}

// === Views of a record, as the task names them ===

const VIEWS = {
  classes(record) {
    const chosen = new Set((record.labels || [record.label]).map(String));
    const shares = Object.entries(record.probabilities).sort((a, b) => b[1] - a[1]);
    const lines = shares.map(([label, share]) => {
      const meter = make("meter", percent(share), { value: share, max: 1 });
      meter.setAttribute("aria-label", label);
      const cells = [make("th", label, { scope: "row" }), make("td", meter, { className: "bar" }), make("td", percent(share), { className: "share" })];
      return make("tr", cells, { className: chosen.has(label) ? "chosen" : "" });
    });
    const said = chosen.size ? [...chosen].join(", ") : "none of the labels";
    return [make("p", [make("strong", said)]), make("table", make("tbody", lines))];
  },
  value: (record) => [make("p", String(Number(record.value.toPrecision(6))), { className: "value" })],
  tags: (record) => [tagged(record)],
  columns(record) {
    const found = [];
    for (const [name, part] of Object.entries(record)) {
      if (part && part.label !== undefined && !Array.isArray(part)) found.push(make("p", [`${name}: `, make("strong", String(part.label)), ` ${percent(part.probability)}`]));
      else if (part && part.tags) found.push(make("h3", name), tagged({ ...part, text: record.text, tokens: record.tokens }));
    }
    return found;
  },
  candidates(record) {
    const lines = record.candidates.map((one, rank) => {
      const text = make(rank ? "span" : "strong", one.text || "(nothing)");
      return make("li", [text, make("span", ` log-probability ${one.log_probability.toFixed(2)}${one.complete ? "" : ", cut"}`, { className: "hint" })]);
    });
    return [make("ol", lines)];
  },
  answer(record) {
    const best = record.answer ? record.spans[0] : null;
    const parts = best ? [{ ...best, label: "answer", share: best.probability }] : [];
    const none = percent(record.no_answer_probability);
    const said = best ? [make("strong", record.answer), ` ${percent(best.probability)}`] : [make("strong", "The passage holds no answer"), ` ${none}`];
    const shown = [make("p", said), marked(record.passage, parts)];
    const others = record.spans.slice(best ? 1 : 0).map((span) => make("li", `${span.text} ${percent(span.probability)}`));
    if (others.length) shown.push(make("details", [make("summary", best ? "Other answers" : "What came nearest"), make("ol", others)]));
    return shown;
  },
  fields(record) {
    const lines = Object.entries(record).map(([name, value]) => make("tr", [make("th", name, { scope: "row" }), make("td", typeof value === "object" ? JSON.stringify(value) : String(value))]));
    return [make("table", make("tbody", lines))];
  },
};

function tagged(record) {
  if (!record.entities) {
    const words = record.tokens.map((token, i) => make("ruby", [token, make("rt", String(record.tags[i]))]));
    return make("p", words, { className: "text" });
  }
  const isString = typeof record.text === "string";
  const text = isString ? record.text : record.tokens.join(" ");
  const starts = [];
  let place = 0;
  for (const token of record.tokens) {
    starts.push(place);
    place += [...token].length + 1;
  }
  const parts = record.entities.map((one) => ({
    start: isString ? one.start_char : starts[one.start],
    end: isString ? one.end_char : starts[one.end - 1] + [...record.tokens[one.end - 1]].length,
    label: one.type,
    share: one.confidence,
  }));
  return marked(text, parts);
}

// A text with its parts marked. Places count characters as Python does, not UTF-16 as strings here.
function marked(text, parts) {
  const characters = [...text], shown = [];
  let done = 0;
  for (const part of parts) {
    shown.push(characters.slice(done, part.start).join(""));
    const label = make("small", `${part.label} ${percent(part.share)}`);
    shown.push(make("mark", [characters.slice(part.start, part.end).join(""), label], { className: colorOf(part.label) }));
    done = part.end;
  }
  shown.push(characters.slice(done).join(""));
  return make("p", shown, { className: "text" });
}

// === One text ===

function showModel() {
  const { parts, example } = model.input;
  $("title").textContent = model.name;
  $("about").textContent = `Predicts ${model.predicts}${labels()}. Runs on ${model.runs_on}.${measures()}`;
  const examples = parts.length === 1 ? [example] : example;
  const fields = parts.flatMap((part, i) => {
    const isLine = part === "question";
    const field = make(isLine ? "input" : "textarea", [], { id: `in-${part}`, value: examples[i], required: true, maxLength: model.limits.characters });
    return [make("label", NAMES[part], { htmlFor: field.id }), field];
  });
  $("inputs").replaceChildren(...fields);
  $("search").hidden = !model.options.includes("beam");
  $("answer").replaceChildren();
  forget();
}

function labels() {
  if (!Array.isArray(model.labels)) return `: ${Object.keys(model.labels).join(", ")}`;
  return model.labels.length ? ` (${model.labels.length} labels)` : "";
}

function measures() {
  const said = Object.entries(model.measures).map(([name, value]) => `${name.replaceAll("_", " ")} ${Number(value.toPrecision(3))}`);
  return said.length ? ` Measured after training: ${said.slice(0, 4).join(", ")}.` : "";
}

function options() {
  return Object.fromEntries(model.options.map((name) => [name, Number($(name).value)]));
}

async function ask(event) {
  event.preventDefault();
  const item = Object.fromEntries(model.input.parts.map((part) => [part, $(`in-${part}`).value]));
  $("predict").disabled = true;
  await told(async () => {
    const [record] = await predict([item], options());
    if (record.error) throw new Refusal(200, sentence(record.error));
    $("answer").replaceChildren(make("h2", "Prediction"), ...(VIEWS[model.view] || VIEWS.fields)(record));
  });
  $("predict").disabled = false;
}

// Errors are told as sentences; one about the token asks for it.
async function told(work) {
  $("error").textContent = "";
  try {
    await work();
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status === 401) return lock();
    $("answer").replaceChildren();
    $("error").textContent = error.message;
  }
}

// === A file ===

function forget() {
  if (running) running.abort();
  [rows, records] = [[], []];
  for (const id of ["columns", "file-actions", "downloads", "progress", "stop"]) $(id).hidden = true;
  $("state").textContent = "";
  $("file").value = "";
}

async function takeFile(file) {
  forget();
  await told(async () => {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    rows = readRows(file.name.toLowerCase(), text);
    if (!rows.length) throw new Refusal(0, "The file holds no text.");
    chooseColumns(Object.keys(rows[0]));
    $("file-actions").hidden = false;
    $("state").textContent = `${rows.length} rows of ${file.name}.`;
  });
}

function readRows(name, text) {
  const lines = text.split(/\r?\n/);
  if (/\.(jsonl|ndjson)$/.test(name)) return lines.map(readObject).filter(Boolean);
  if (/\.(csv|tsv)$/.test(name)) {
    const [header = [], ...cells] = readTable(text, separator(name, lines[0]));
    cells.forEach((row, i) => {
      if (row.length !== header.length) throw new Refusal(0, `Row ${i + 2} of the table has ${row.length} cells, its header ${header.length}.`);
    });
    return cells.map((row) => Object.fromEntries(header.map((column, i) => [column, row[i]])));
  }
  const parts = model.input.parts;
  return lines.filter((line) => line.trim()).map((line, i) => {
    const texts = parts.length === 1 ? [line] : line.split("\t");
    if (texts.length !== parts.length) throw new Refusal(0, `Text ${i + 1} must be ${parts.length} texts with a tab between them.`);
    return Object.fromEntries(parts.map((part, n) => [part, texts[n]]));
  });
}

function readObject(line, i) {
  if (!line.trim()) return null;
  let row = null;
  try { row = JSON.parse(line); } catch { /* told below */ }
  if (typeof row !== "object" || row === null) throw new Refusal(0, `Line ${i + 1} must be a JSON object.`);
  return row;
}

function separator(name, line) {
  if (name.endsWith(".tsv")) return "\t";
  return [",", ";", "\t"].sort((a, b) => line.split(b).length - line.split(a).length)[0];
}

// RFC 4180: quotes may hold separators and line ends; "" is a quote.
function readTable(text, separator) {
  const found = [];
  let row = [], cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[i + 1] === '"') { cell += sign; i++; }
      else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === separator) { row.push(cell); cell = ""; }
    else if (sign === "\n") { found.push([...row, cell]); row = []; cell = ""; }
    else if (sign !== "\r" || text[i + 1] !== "\n") cell += sign;
  }
  if (quoted) throw new Refusal(0, "A quote of the table has no end.");
  if (cell || row.length) found.push([...row, cell]);
  return found.filter((cells) => cells.length > 1 || cells[0].trim());
}

function chooseColumns(names) {
  const choices = model.input.parts.map((part, i) => {
    const select = make("select", names.map((name) => make("option", name, { value: name })), { id: `column-${part}` });
    select.value = names.find((name) => COLUMNS[part].includes(name.toLowerCase())) ?? names[Math.min(i, names.length - 1)];
    return make("label", [`${NAMES[part]} `, select]);
  });
  $("columns").replaceChildren(...choices);
  $("columns").hidden = names.length <= model.input.parts.length && model.input.parts.every((part) => names.includes(part));
}

async function predictAll() {
  const columns = model.input.parts.map((part) => [part, $(`column-${part}`).value]);
  const items = rows.map((row) => Object.fromEntries(columns.map(([part, name]) => [part, row[name]])));
  running = new AbortController();
  records = [];
  busy(true);
  await told(async () => {
    while (records.length < items.length) {
      records.push(...await patiently(nextOf(items, records.length)));
      $("progress").value = records.length / items.length;
      $("state").textContent = `${records.length} of ${items.length} are done.`;
    }
  });
  busy(false);
  const wrong = records.filter((record) => record.error).length;
  $("state").textContent = `${records.length} of ${items.length} are done${wrong ? `; ${wrong} could not be read` : ""}.`;
  $("downloads").hidden = !records.length;
}

// As many items as a request may hold.
function nextOf(items, begin) {
  const most = begin + Math.min(AT_ONCE, model.limits.texts);
  let end = begin, size = 0;
  while (end < items.length && end < most) {
    size += 3 * JSON.stringify(items[end]).length;  // bytes of a character here, at most
    if (end > begin && size > model.limits.body / 2) break;
    end++;
  }
  return items.slice(begin, end);
}

// A full server is asked again when it said to.
async function patiently(items) {
  for (;;) {
    try {
      return await predict(items, options(), running.signal);
    } catch (error) {
      if (error.status !== 429) throw error;
      $("state").textContent = `The server is busy; it goes on in ${error.seconds} s.`;
      await new Promise((resolve) => setTimeout(resolve, 1000 * error.seconds));
    }
  }
}

function busy(is) {
  $("run").disabled = is;
  $("stop").hidden = $("progress").hidden = !is;
  $("progress").value = 0;
}

function download(name, type, text) {
  const link = make("a", [], { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const asJsonLines = () => records.map((record) => `${JSON.stringify(record)}\n`).join("");

function asCsv() {
  const names = [...new Set(records.flatMap(Object.keys))];
  const cell = (value = "") => `"${(typeof value === "object" ? JSON.stringify(value) : String(value)).replaceAll('"', '""')}"`;
  return [names, ...records.map((record) => names.map((name) => record[name]))].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

// === Begin ===

function lock() {
  $("locked").hidden = false;
  $("ask").hidden = $("files").hidden = true;
  $("about").textContent = token ? "The server does not know this token." : "";
  $("token").focus();
}

async function begin() {
  await told(async () => {
    models = (await call("models")).models;
    $("locked").hidden = true;
    $("ask").hidden = $("files").hidden = false;
    $("model").replaceChildren(...models.map((one) => make("option", one.name, { value: one.name })));
    $("choice").hidden = models.length < 2;
    model = models[0];
    showModel();
  });
}

$("ask").addEventListener("submit", ask);
$("ask").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("ask").requestSubmit();
});
$("model").addEventListener("change", () => {
  model = models.find((one) => one.name === $("model").value);
  showModel();
});
$("locked").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  begin();
});
$("file").addEventListener("change", () => $("file").files.length && takeFile($("file").files[0]));
for (const name of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(name, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) takeFile(event.dataTransfer.files[0]);
  });
}
$("run").addEventListener("click", predictAll);
$("stop").addEventListener("click", () => running.abort());
$("jsonl").addEventListener("click", () => download("predictions.jsonl", "application/x-ndjson", asJsonLines()));
$("csv").addEventListener("click", () => download("predictions.csv", "text/csv", asCsv()));
begin();
