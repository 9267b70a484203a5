// The page: address, head, list at the left, overview, theme and keys.

const page = { run: {}, results: [], matrix: null, view: null };

const isBad = (result) => ["failed", "broken", "fixed"].includes(result.status);
const isNew = (result) => result.change?.kind === "new";
const link = (name, query = "") => `#/s/${encodeURIComponent(name)}${query}`;

// The address is the state: #/ or #/s/NAME?call=7&at=956512000000&tab=calls
function readAddress() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?"), address = { name: null, path, query: new URLSearchParams(query) };
  try {
    address.name = path.startsWith("/s/") ? decodeURIComponent(path.slice(3)) : null;
  } catch {
    // no name of ours
  }
  return address;
}

// --- theme ---
const THEMES = ["auto", "light", "dark"], THEME_KEY = "ripcord-theme";
const darkWanted = matchMedia("(prefers-color-scheme: dark)");

// A page opened from a file may have no storage: nothing is kept, then.
function stored(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

function colour() {
  const dark = page.theme === "dark" || (page.theme === "auto" && darkWanted.matches);
  document.documentElement.dataset.theme = dark && !paper ? "dark" : "light";
}

function setTheme(theme) {
  page.theme = THEMES.includes(theme) ? theme : "auto";
  colour();
  byId("theme").textContent = `◐ ${page.theme[0].toUpperCase()}${page.theme.slice(1)}`;
  page.view?.redraw();
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(page.theme) + 1) % THEMES.length]);
  stored(() => localStorage.setItem(THEME_KEY, page.theme));
}

const PAPER = 700; // A4 without its margins, in CSS pixels

// Paper is light and narrow: the drawings are made for it.
function print(begins) {
  paper = begins ? PAPER : null;
  colour();
  page.view?.draw();
  if (!begins)
    page.view?.redraw();
}

// --- head and list at the left ---
function head({ started, version, host }) {
  const facts = [started && `${started.replace("T", " ").replace("Z", "")} UTC`, version, host].filter(Boolean);
  return box("header.head",
    element("a.brand", { href: "#/" }, element("img", { src: document.querySelector("link[rel=icon]").href, alt: "" }), box("span", box("b", "ripcord"), " report")),
    box("div.facts", facts.map((fact) => box("span", fact))),
    button("Theme", nextTheme, { id: "theme", title: "Theme (T)" }),
    button("?", () => byId("keys").showModal(), { "aria-label": "Keys", title: "Keys (?)" }));
}

// Of several results the one that speaks for them.
function speaker(indices) {
  const results = indices.map((index) => page.results[index]), status = worst(results.map((result) => result.status));
  return results.find((result) => result.status === status);
}

function dot(result, column) {
  const { words } = statusOf(result.status);
  return element("a.dot", { href: link(result.name), "data-name": result.name, title: `${result.name}: ${words}`,
                            "aria-label": `${column || result.name}: ${words}` }, sign(result.status));
}

// People read titles; the technical name is what tells rows of one title apart.
function nameOf({ name, title }, { base, short }) {
  const [, cases] = /\/(.*)$/.exec(short) || [];
  return element("a.name", { href: link(name), title: title ? `${title}\n${base}` : base }, box("span.clamp", title || short),
                 title && cases !== undefined && box("small", cases));
}

const usedStatuses = () => STATUS_NAMES.filter((status) => page.run.counts[status] > 0);

// A status with its count: pressed, it is the filter.
function statusChips(filter) {
  const used = usedStatuses();
  return used.length > 1 && box("div.chips", used.map((status) => button(`${statusOf(status).sign} ${page.run.counts[status]}`, () => {
    filter.value = filter.value === status ? "" : status;
    filterSide(filter.value);
  }, { "data-status": status, "aria-pressed": "false", "aria-label": `Only ${status}: ${page.run.counts[status]}` })));
}

const searchText = ({ name, title, status }) => `${name} ${title || ""} ${status}`.toLowerCase();

function side() {
  const filter = element("input", { type: "search", id: "filter", placeholder: "Filter scenarios   /", "aria-label": "Filter scenarios",
                                    oninput: () => filterSide(filter.value) });
  const list = (title, items) => items.length > 0 && [box("h2", title), box("ul", items)];
  const failed = failedSweeps().slice(0, 100).map(([result]) => {
    const parts = splitName(result.name);
    return element("li", { "data-name": result.name, "data-text": searchText(result) }, sign(result.status), nameOf(result, parts),
                   box("span.column", parts.column));
  });
  const rowItem = (row) => {
    const cells = page.matrix.columns.filter((column) => row.cells.has(column)), all = [...row.cells.values()].flat();
    return element("li", { "data-text": all.map((index) => searchText(page.results[index])).join(" ") }, nameOf(speaker(all), row),
                   cells.map((column) => dot(speaker(row.cells.get(column)), column)));
  };
  return element("nav.side", { "aria-label": "Scenarios" }, filter, statusChips(filter), list("Failed", failed),
                 page.matrix.folders.map(({ folder, rows }) => list(folder || "scenarios", rows.map(rowItem))));
}

const all = (selector) => [...document.querySelectorAll(selector)];

function filterSide(text) {
  const words = wordsIn(text);
  for (const item of all(".side li"))
    item.classList.toggle("hidden", !words.every((word) => item.dataset.text.includes(word)));
  for (const one of all(".chips button"))
    press(one, one.dataset.status === text);
  for (const list of all(".side ul")) {
    const none = !list.querySelector("li:not(.hidden)");
    list.classList.toggle("hidden", none);
    list.previousElementSibling.classList.toggle("hidden", none);
  }
}

function markHere(name) {
  for (const item of all(".side [data-name]")) {
    item.classList.toggle("here", item.dataset.name === name);
    if (item.dataset.name === name && item.matches("a"))
      item.setAttribute("aria-current", "page");
    else
      item.removeAttribute("aria-current");
  }
}

// --- overview ---
function proportions(counts) {
  const used = usedStatuses();
  return picture("div.bar", used.map((status) => `${counts[status]} ${statusOf(status).words}`).join(", "),
    used.map((status) => element(`span.${status}`, { style: `flex:${counts[status]}` })));
}

function counts(run) {
  const { columns, folders } = page.matrix, seeds = Math.max(...page.results.map((result) => result.seeds || 0), seedsRun().length);
  const size = [[folders.flatMap((folder) => folder.rows).length, "scenarios"],
                [columns.length, columns.every((column) => /^\d/.test(column)) ? "releases" : "subjects"], [seeds, "seeds"]];
  const across = (i) => size.slice(0, seeds > 1 ? 3 : 2).map((one) => one[i]).join(" × "), ratio = run.virtual_ns / run.wall_ns;
  return box("dl.counts.panel", [
    ...STATUS_NAMES.filter((status) => run.counts[status] > 0 || status === "passed")
      .map((status) => [status, run.counts[status], statusOf(status).words]),
    ["size", across(0), across(1)],
    ["all", duration(run.virtual_ns), "virtual time"],
    run.wall_ns > 0 && ["all", duration(run.wall_ns), "wall time"],
    run.wall_ns > 0 && ratio > 2 && ["all", `${Math.round(ratio).toLocaleString("en")}×`, "faster than real time"],
  ].filter(Boolean).map(([look, number, words]) => box(`div.${look}`, box("dt", words), box("dd", String(number)))));
}

const seedsRun = () => [...new Set(page.results.map((result) => result.seed))];

// Of many seeds: how many were tried, how many fail, and the first that does.  Told by a result
// that speaks for its seeds, or by the results of the seeds themselves.
function seedsOf(results) {
  const [{ seeds, failed_seeds, first_failing_seed }] = results, bad = results.filter(isBad);
  return seeds > 0 ? { tried: seeds, failed: failed_seeds, first: first_failing_seed } :
    { tried: results.length, failed: bad.length, first: bad[0]?.seed };
}

function seedsWords(results) {
  const { tried, failed, first } = seedsOf(results);
  return tried > 1 && joined([`${tried} seeds`, `${failed} failed`, failed > 0 && `the first is ${first}`], ", ");
}

// What failed, one entry for all seeds of a scenario and a subject: the first bad one speaks.
function failedSweeps() {
  const sweeps = [...grouped(page.results, (result) => result.name.split("#")[0]).values()];
  return sweeps.map((results) => [results.find(isBad), results]).filter(([bad]) => bad);
}

function card([result, results]) {
  const [first] = result.failed || [], tried = seedsWords(results);
  const facts = [result.name, tried || (result.seed !== undefined && `seed ${result.seed}`),
                 result.checks > 0 && `${result.checks_failed} of ${plural(result.checks, "check")} failed`];
  return box("article.card.panel", sign(result.status), box("div",
    box("h3", element("a", { href: link(result.name) }, result.title || result.name), changeChip(result)),
    box("div.sub", joined(facts, " · ")),
    result.reason && box("p.why", result.reason),
    first && seenList(first, [box("dt", "check"), box("dd", `${first.expr || ""}  `, box("span.muted", place(first)))]),
    first && why(first, 2)));
}

function cellText(results) {
  const { tried, failed, first } = seedsOf(results), [result] = results;
  if (tried > 1)
    return `${tried - failed}/${tried}${failed > 0 ? `, seed ${first}` : ""}`;
  if (result.status === "known")
    return result.known || "known";
  return result.status === "skipped" ? "skipped" : duration(result.t);
}

const changeChip = (result) => ["new", "known", "fixed"].includes(since(result)) && chip(since(result), isNew(result) ? ".warn" : "");

function matrix() {
  const { columns, folders } = page.matrix;
  const cell = (indices) => {
    if (!indices)
      return element("td.muted", { "aria-label": "not run" });
    const result = speaker(indices), results = indices.map((index) => page.results[index]);
    return box("td", element("a", { href: link(result.name), title: seedsWords(results) || null }, sign(result.status), cellText(results),
                             changeChip(result)));
  };
  const rowOf_ = (row) => box("tr", element("th", { scope: "row" }, row.title || row.short, row.title && box("span", row.base)),
    columns.map((column) => cell(row.cells.get(column))));
  return box("div.matrix.panel", box("table",
    box("thead", box("tr", element("th", { scope: "col" }, "Scenario"), columns.map((column) =>
      element("th", { scope: "col" }, /^\d/.test(column) ? `Hadoop ${column}` : column || "result")))),
    folders.map(({ folder, rows }) => box("tbody", box("tr.folder",
      element("th", { colspan: columns.length + 1, scope: "rowgroup" }, folder || "scenarios")), rows.map(rowOf_)))),
    box("div.legend", usedStatuses().map((status) => box("span", sign(status), `${status}: ${statusOf(status).means}`))));
}

const SHOWN_CARDS = 50;

function overview() {
  const { run, results } = page, seeds = seedsRun();
  const failed = failedSweeps().sort(([a], [b]) => isNew(b) - isNew(a)), bad = failed.map(([result]) => result.status);
  const status = run.counts.passed > 0 ? "passed" : worst(["skipped", ...results.map((result) => result.status)]);
  return [
    box("div.title", sign(bad.length > 0 ? worst(bad) : status, true), box("h1", run.verdict,
      run.baseline && box("small", changeWords(results)))),
    results.length > 0 && [proportions(run.counts), counts(run)],
    run.command && command(run.command, seeds.length === 1 && isNumber(seeds[0]) && `seed ${seeds[0]}`),
    run.baseline && changeCards(run, results),
    failed.length > 0 && heading("Failures"),
    failed.slice(0, SHOWN_CARDS).map(card),
    failed.length > SHOWN_CARDS && box("p.muted", `${failed.length - SHOWN_CARDS} more in the matrix`),
    results.length > 0 && [heading("Matrix", "scenario × release; the figure is virtual time"), matrix()],
  ];
}

// --- from the address to the page ---
function showParts(title, parts) {
  document.title = `${title} – ripcord`;
  byId("main").replaceChildren();
  append(byId("main"), parts);
  scrollTo(0, 0);
}

async function showScenario(result, query) {
  if (page.view?.result === result) {
    page.view.follow(query);
    return;
  }
  const text = await recordText(result.index).catch(() => null), { name, query: asked } = readAddress();
  if (name !== result.name || page.view?.result === result)
    return; // the reader has moved on meanwhile, or was faster
  page.view?.close();
  page.view = scenarioView(result, text);
  showParts(`${statusOf(result.status).sign} ${result.name}`, page.view.parts);
  page.view.opened(asked);
}

function show() {
  const { name, path, query } = readAddress(), result = page.results.find((one) => one.name === name);
  markHere(name);
  if (result) {
    showScenario(result, query);
    return;
  }
  page.view?.close();
  page.view = null;
  showParts(page.run.verdict, [name !== null && note(`There is no result called ${name} in this report.`),
                          path === "/cmp" ? comparePage(page.run, page.results) : overview()]);
}

// --- keys ---
const KEYS = [["← →", "previous, next event"], ["Shift ← →, A D", "pan"], ["+ −, W S", "zoom"],
              ["0", "the whole run"], ["F", "next fault"], ["X", "next failed check"], ["G", "folded or linear time"],
              ["Enter, Esc", "select, clear"], ["N P", "next, previous failed scenario"], ["/", "filter"],
              ["T", "theme"], ["?", "this list"]];

const keyList = () => element("dialog", { id: "keys", "aria-label": "Keys" }, box("h2", "Keys"),
  box("dl", KEYS.map(([keys, what]) => [box("dt", keys), box("dd", what)])), button("Close", () => byId("keys").close()));

function stepFailed(step) {
  const names = failedSweeps().map(([result]) => result.name), at = names.indexOf(readAddress().name);
  const next = at < 0 && step < 0 ? names.length - 1 : (at + step + names.length) % names.length;
  if (names.length > 0)
    location.hash = link(names[next]);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea, dialog, [role=tablist]"))
    return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const acts = { "/": () => byId("filter").focus(), "?": () => byId("keys").showModal(), t: nextTheme, n: () => stepFailed(1), p: () => stepFailed(-1) };
  if (Object.hasOwn(acts, name))
    acts[name]();
  else if (!page.view?.key?.(name, event))
    return;
  event.preventDefault();
}

function start() {
  const { run, results } = JSON.parse(byId("ripcord-index").textContent);
  results.forEach((result, index) => { result.index = index; });
  Object.assign(page, { run, results, matrix: buildMatrix(results) });
  document.body.className = "script";
  document.body.prepend(head(run), side());
  document.body.append(keyList(), element("div.spoken", { id: "live", "aria-live": "polite" }));
  byId("main").tabIndex = -1;
  setTheme(stored(() => localStorage.getItem(THEME_KEY)));
  darkWanted.addEventListener("change", () => setTheme(page.theme));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  addEventListener("hashchange", show);
  addEventListener("keydown", onKey);
  show();
}

globalThis.ripcord = { page, isBad, link }; // what one may ask of it from the browser's console
start();
