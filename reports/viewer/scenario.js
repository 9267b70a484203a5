// One scenario: verdict, facts, replay command, failed checks beside their Lua lines, timeline,
// tables.  There is one selection for all of them: { call, conn, fault, msg, at }.

const BAD_SHOWN = 20;

// The record of result `index` as text: plain, or gzip in base64; null when it is not here.
async function recordText(index) {
  const holder = document.querySelector(`script[data-record="${index}"]`);
  if (holder?.dataset.encoding !== "gzip")
    return holder ? holder.textContent : null;
  const packed = Uint8Array.from(atob(holder.textContent.trim()), (c) => c.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

const textsIn = (list) => (Array.isArray(list) ? list.filter(isText) : []);

function factsLine(result, { scenario, calls, faults, checks }) {
  const fact = (strong, after = "", before = "") => box("span", before, box("b", String(strong)), ` ${after}`);
  const refs = new Set([scenario.known, ...textsIn(scenario.refs)].filter(isText));
  return box("div.facts-line",
    box("span.mono", result.name),
    scenario.release && fact(`Hadoop ${scenario.release}`),
    scenario.subject && scenario.subject !== "self" && fact(scenario.subject, "subject"),
    fact(scenario.seed ?? result.seed ?? "–", "", "seed "),
    fact(duration(result.t), scenario.world === "live" ? "" : "virtual"),
    result.wall_ns > 0 && fact(duration(result.wall_ns), "wall"),
    seedsWords([result]) && fact(seedsWords([result])),
    fact(calls.length, calls.length === 1 ? "call" : "calls"),
    fact(faults.length, faults.length === 1 ? "fault" : "faults"),
    checks.length > 0 && fact(`${checks.filter((check) => check.ok).length} / ${checks.length}`, "checks hold"),
    place(result) && box("span.mono", place(result)),
    [...refs].map((ref) => chip(ref)),
    textsIn(scenario.tags).map((tag) => box("span", `#${tag}`)));
}

// What servers and clients were given, and what the release takes where nothing is set.
function settings({ scenario, logs }) {
  const given = logs.filter((log) => log.level === "config").map((log) => String(log.text));
  const usual = isObject(scenario.config) ? Object.entries(scenario.config) : [];
  return given.length + usual.length > 0 && box("details.settings",
    box("summary", given.length > 0 ? `${given.slice(0, 2).join("; ")}${given.length > 2 ? " …" : ""}` : "Settings"),
    given.slice(2).map((words) => box("p", words)), box("dl", usual.map(([name, value]) => [box("dt", name), box("dd", String(value))])));
}

function sourceLines(check) {
  const lines = (Array.isArray(check.source) ? check.source : []).filter(Array.isArray).map(([number, text]) => [number, String(text)]);
  const margin = Math.min(...lines.filter(([, text]) => text.trim() !== "").map(([, text]) => text.search(/\S/)));
  const where = box("div.place", place(check) || "no source line");
  return lines.length === 0 ? box("div.source", where) : region("div.source", "Source", where, box("ol", lines.map(([number, text]) =>
    box(number === check.line ? "li.here" : "li", box("span", String(number)), text.slice(margin)))));
}

function failure(check, view) {
  const { call, conn, fault } = isObject(check.about) ? check.about : {}, at = checkTime(check);
  const jump = (words, selection) => Object.values(selection)[0] !== undefined && button(words, () => view.select(selection, true));
  return element("article.failure.panel", { id: `check-${check.id}` }, box("div.what",
    box("h2", `✕ ${check.id || ""} `, box("code", check.expr || check.kind || "check")), seenList(check), why(check),
    box("div.jumps", jump(`Show at ${exact(at)}`, { at }), jump(`Call ${call}`, { call }), jump(`Conn ${conn}`, { conn }),
      jump(`Fault ${fault}`, { fault }))), sourceLines(check));
}

// Only what this timeline shows.
function legend({ model, axis }) {
  const states = (ink) => model.states.some((state) => STATE_INKS[state.to] === ink), dash = (kind) => `border-top:1.5px ${kind} var(--fault);height:5px`;
  const fates = (...names) => model.msgs.some((msg) => names.includes(msg.fate) && isHurt(msg)), groups = new Set(model.calls.map(endingGroup));
  return element("div.legend", { "aria-hidden": "true" }, [
    [groups.has("ok"), fill("call"), "call: value"],
    [groups.has("remote"), fill("warn-mark"), "remote error"],
    [groups.has("local"), fill("fail"), "✕ failed here"],
    [groups.has("never"), "border:1.5px dashed var(--muted)", "never ended"],
    ...[["open", "connection open"], ["connecting", "connecting"], ["setup", "set-up"]].map(([ink, words]) => [states(ink), fill(ink), words]),
    [model.msgs.length > 0, "background:linear-gradient(to top right,transparent 44%,var(--call) 44% 56%,transparent 56%)", "message on its way"],
    [fates("dropped"), dash("solid"), "✕ dropped"],
    [fates("held", "delayed"), dash("dotted"), "held, delayed"],
    [model.faults.length > 0, "background:repeating-linear-gradient(135deg,var(--fault) 0 1px,var(--fault-tint) 1px 5px)", "fault active"],
    [axis.folds.length > 0, fill("skip-tint"), "idle gap, not to scale"],
    [axis.plateaus.size > 0, `${fill("strong")};height:4px`, "one instant, drawn in order"],
  ].filter(([shown]) => shown).map(([, style, words]) => key(style, words)));
}

const press = (one, on) => one.setAttribute("aria-pressed", String(on));

function timelinePanel(timeline) {
  const setFolded = (on) => {
    press(folded, on);
    press(linear, !on);
    timeline.setFolded(on);
  };
  const [folded, linear] = [true, false].map((on) => button(on ? "Idle gaps folded" : "Linear", () => setFolded(on), { title: "G", "aria-pressed": String(on) }));
  const toggle = (words, what) => button(words, ({ target }) => {
    timeline.setShown(what, !timeline.show[what]);
    press(target, timeline.show[what]);
  }, { "aria-pressed": "false" });
  const tool = (words, label, act) => button(words, act, { "aria-label": label, title: label });
  const panel = element("section.timeline.panel", { "aria-labelledby": "timeline-title" }, box("header",
    element("h2", { id: "timeline-title" }, "Timeline"), timeline.range,
    hasManyConnections(timeline.model) && toggle("By client", "byClient"), hasSideLanes(timeline.model) && toggle("All lanes", "all"),
    box("span.join", folded, linear),
    box("span.join", tool("−", "Zoom out", () => timeline.zoom(1 / 1.5)), tool("+", "Zoom in", () => timeline.zoom(1.5)),
      tool("Fit", "Fit the whole run", () => timeline.all()))), timeline.canvas, legend(timeline));
  return { panel, setFolded };
}

function makeTabs(tabs) {
  const panel = element("div", { role: "tabpanel", id: "tab-panel", tabindex: "-1" });
  let open = null, shown = null;
  const buttons = tabs.map(({ id, title, count }) => button([title, count !== undefined && box("small", count)], () => show(id),
    { role: "tab", id: `tab-${id}`, "aria-controls": "tab-panel" }));
  const show = (id) => {
    open = tabs.find((tab) => tab.id === id) || tabs[0];
    tabs.forEach((tab, i) => {
      buttons[i].setAttribute("aria-selected", String(tab === open));
      buttons[i].tabIndex = tab === open ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `tab-${open.id}`);
    shown = open.make();
    panel.replaceChildren(shown);
  };
  const list = element("div", { role: "tablist", "aria-label": "Tables", onkeydown: (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step)
      return;
    const next = (tabs.indexOf(open) + step + tabs.length) % tabs.length;
    show(tabs[next].id);
    buttons[next].focus();
  } }, buttons);
  return { element: box("section.tabs.panel", list, panel), show, current: () => open?.id, again: () => open && show(open.id),
           draw: () => shown?.draw?.(), selected: () => (shown?.redraw || (() => open && show(open.id)))() };
}

const known = (selection) => Object.fromEntries(Object.entries(selection).filter(([, value]) => (value ?? null) !== null));

// The page of one result.  `text` is its record, or null: it is not in this report.
function scenarioView(result, text) {
  const model = parseRecord(text || ""), events = listEvents(model), { failed } = model;
  const view = { result, selection: {}, timeline: null };
  if (events.length > 0)
    fillView(view, model, events);
  const shown = failed.length > 0 ? failed : result.failed || [], { words } = statusOf(result.status);
  view.parts = [
    box("div.title", sign(result.status, true), box("h1", result.title || result.name)),
    factsLine(result, model),
    box("div.under-title", result.replay && command(result.replay), settings(model)),
    (result.reason || result.status === "fixed") && note(box("b", words), result.reason ? `: ${result.reason}` : ""),
    model.truncated && note("The record ends in the middle of a line: what follows is missing."),
    text === null && note("This report does not hold the record of this result; the command above plays it again."),
    shown.slice(0, BAD_SHOWN).map((check) => failure(check, view)),
    shown.length > BAD_SHOWN && box("p.muted", `${shown.length - BAD_SHOWN} more failed checks below`),
    view.panel, view.tabs?.element,
    model.skipped + model.unknown > 0 && box("p.muted",
      `${plural(model.skipped, "line")} of the record did not parse, ${model.unknown} of an unknown type.`),
  ];
  view.select = (selection, scroll) => {
    view.selection = known(selection);
    view.timeline?.select(view.selection);
    view.tabs?.selected();
    const query = new URLSearchParams(view.selection);
    if (view.tabs && view.tabs.current() !== "space")
      query.set("tab", view.tabs.current());
    history.replaceState(null, "", link(result.name, query.size > 0 ? `?${query}` : ""));
    if (scroll)
      view.panel?.scrollIntoView({ block: "start", behavior: "instant" });
  };
  view.openMessage = ({ id: msg, conn, call, t: at }) => {
    view.selection = known({ msg, conn, call });
    view.tabs.show("frames");
    view.select({ msg, conn, call, at });
  };
  view.showCheck = (check) => {
    view.select({ at: checkTime(check) });
    byId(`check-${check.id}`)?.scrollIntoView({ block: "center", behavior: "instant" });
  };
  view.follow = (query) => {
    const numbers = ["call", "conn", "at", "msg"].filter((name) => isNumber(Number(query.get(name) ?? NaN)));
    view.selection = known({ ...Object.fromEntries(numbers.map((name) => [name, Number(query.get(name))])), fault: query.get("fault") });
    view.timeline?.select(view.selection);
    view.tabs?.show(query.get("tab"));
  };
  // A failure opens with the way of the call that it is about.
  view.opened = (query) => {
    const call = failed[0]?.about?.call;
    if (isNumber(call) && !["call", "conn", "at", "fault"].some((name) => query.has(name)))
      query = new URLSearchParams([...query, ["call", call]]);
    view.follow(query);
  };
  view.redraw = () => {
    view.timeline?.redraw();
    view.tabs?.again();
  };
  view.draw = () => {
    view.timeline?.draw();
    view.tabs?.draw();
  };
  view.close = () => view.timeline?.close();
  return view;
}

// Timeline, tabs and keys of a run in which something has happened.
function fillView(view, model, events) {
  const timeline = view.timeline = new Timeline(model, (selection) => view.select(selection));
  const { panel, setFolded } = timelinePanel(timeline);
  view.panel = panel;
  view.tabs = makeTabs([
    { id: "space", title: "Space-time", make: () => spaceTime(model, view) },
    { id: "calls", title: "Calls", count: model.calls.length, make: () => callsTable(model, view) },
    { id: "conns", title: "Connections", count: model.connections.length, make: () => connectionsTable(model, view) },
    { id: "frames", title: "Frames", count: model.msgs.length, make: () => messagesTable(model, view) },
    { id: "latency", title: "Latency", make: () => latencyTab(model) },
    { id: "faults", title: "Faults & checks", count: model.faults.length + model.checks.length, make: () => faultsAndChecks(model, view) },
    { id: "events", title: "Events", count: events.length, make: () => eventsTable(events, view) },
  ]);
  // Event by event: those of one instant have one after the other.
  let spoken = -1;
  const step = (by) => {
    const { at } = view.selection, last = events[spoken]?.t;
    const next = last !== undefined && (at ?? last) === last ? spoken + by : by > 0 ? firstFrom(events, (at ?? -1) + 1, ({ t }) => t) : firstFrom(events, at ?? Infinity, ({ t }) => t) - 1;
    if (!events[next])
      return;
    spoken = next;
    const { t, where, text } = events[next];
    view.select({ at: t });
    byId("live").textContent = `${exact(t)}, ${where}, ${text}`;
  };
  const nextOf = (times) => {
    const sorted = [...times].sort((a, b) => a - b), at = sorted.find((t) => t > (view.selection.at ?? -1)) ?? sorted[0];
    if (at !== undefined)
      view.select({ at });
  };
  const enter = () => {
    const here = [events[spoken], ...events].find((event) => event?.t === view.selection.at && event.about.call !== undefined);
    if (here)
      view.select({ call: here.about.call });
  };
  const keys = {
    ArrowRight: ({ shiftKey }) => (shiftKey ? timeline.pan(0.2) : step(1)),
    ArrowLeft: ({ shiftKey }) => (shiftKey ? timeline.pan(-0.2) : step(-1)),
    a: () => timeline.pan(-0.2), d: () => timeline.pan(0.2), w: () => timeline.zoom(1.5), s: () => timeline.zoom(1 / 1.5),
    "+": () => keys.w(), "=": () => keys.w(), "-": () => keys.s(), 0: () => timeline.all(),
    g: () => setFolded(!timeline.folded), Escape: () => view.select({}), Enter: enter,
    f: () => nextOf(model.faults.map((fault) => fault.t)), x: () => nextOf(model.failed.map(checkTime)),
  };
  // What a key does here; false: nothing.
  view.key = (name, event) => {
    const inTable = event.target.closest?.(".grid, .source, .hex, .spacetime"), onTimeline = document.activeElement === timeline.canvas;
    if (!Object.hasOwn(keys, name) || (inTable && name.startsWith("Arrow")) || (name === "Enter" && !onTimeline))
      return false;
    keys[name](event);
    return true;
  };
}
