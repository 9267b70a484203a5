// What the words of a record are called and how they look, in every view; and what happened, in
// sentences.  Pure functions.

// The worst first.
const STATUSES = {
  failed: { sign: "✕", words: "failed", means: "a check does not hold" },
  fixed: { sign: "↑", words: "fixed, still listed as known", means: "registered as known, but it passes" },
  broken: { sign: "!", words: "broken", means: "a script's error, a crash, a fault that never struck" },
  known: { sign: "~", words: "known bug", means: "it fails as registered" },
  skipped: { sign: "–", words: "skipped", means: "it cannot be played here" },
  passed: { sign: "✓", words: "passed", means: "every check holds" },
};
const STATUS_NAMES = Object.keys(STATUSES);

// What a table has under a key from outside, or something else.
const own = (table, name, otherwise) => (Object.hasOwn(table, name) ? table[name] : otherwise);
const statusOf = (status) => own(STATUSES, status, { sign: "?", words: String(status) });

// The status that speaks for several.
const worst = (statuses) => STATUS_NAMES.find((status) => statuses.includes(status)) || "passed";

// How calls end: in groups, each with a sign and an ink (a colour of page.css).
const GROUPS = {
  ok: { sign: "✓", ink: "call", words: "value" },
  remote: { sign: "!", ink: "warn-mark", words: "remote error" },
  local: { sign: "✕", ink: "fail", words: "failed here" },
  never: { sign: "–", ink: "skip-mark", words: "never ended" },
};
const GROUP_OF = { value: "ok", remote_error: "remote", remote_fatal: "remote", never: "never" }; // else local
const ENDING_WORDS = {
  remote_fatal: "FATAL", setup_failed: "set-up failed", connect_timeout: "connect time-out",
  read_timeout: "read time-out", eof: "end of stream", never: "never ended",
};

const plain = (word) => String(word).replace(/_/g, " ");
const endingGroup = ({ ending }) => own(GROUP_OF, ending, "local");
const endingWords = ({ ending }) => own(ENDING_WORDS, ending, plain(ending || "unknown"));

// The states of a connection, by ink.
const STATE_INKS = { connecting: "connecting", header: "setup", sasl: "setup", context: "setup", open: "open",
                     open_idle: "open", open_busy: "open", new: "line", closing: "line" };

// Closed by somebody, but neither for idleness nor on our own order.
const isUnwilling = ({ why }) => isText(why) && !/idle|stop|close[sd]? by (the )?client|normal/i.test(why);

// The end of a stream that nobody waits for any more is no harm.
const isIdleEnd = (msg) => (msg.kind === "fin" || msg.kind === "rst") && !msg.fault;
const isHurt = (msg) => Boolean(msg.fate) && msg.fate !== "delivered" && msg.fate !== "split" && !isIdleEnd(msg);
const isBadMark = (mark) => /purge|refuse|throw|error/.test(mark.kind || "");

const callName = (call) => call.method || "call";
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const joined = (parts, between) => parts.filter((part) => part || part === 0).join(between);
const place = (line) => (line.file ? line.file + (line.line ? `:${line.line}` : "") : "");
const endpoints = ({ line }) => joined([line.local, line.remote], " → ");
const checkTime = (check) => (isObject(check.about) && isNumber(check.about.t) ? check.about.t : check.t);

const errorText = ({ error }) => (isObject(error) ? [error.class, error.message].filter(isText).join(": ") : "");

const stateWords = ({ to, why: reason }) => joined([plain(to), reason], ": ");
const verdict = (check) => (check.ok ? "holds" : "failed");
const onWhat = ({ conn, call }) => joined([isNumber(conn) && `connection ${conn}`, isNumber(call) && `call ${call}`], ", ");

function targetWords({ target }) {
  if (!isObject(target))
    return "";
  return target.text || joined([target.lane, onWhat(target), target.dir], ", ");
}

function describeMessage(msg) {
  const flight = isNumber(msg.rx) && msg.rx > msg.t ? ` after ${duration(msg.rx - msg.t)}` : "";
  const words = joined([`${msg.kind || "message"} ${msg.dir === "s2c" ? "to client" : "to server"} on connection ${msg.conn}`,
                        isNumber(msg.call) && `call ${msg.call}`, isNumber(msg.len) && sized(msg.len),
                        (msg.fate || "delivered") + flight], ", ");
  return words + (isText(msg.fault) ? ` (${msg.fault})` : "") + (isText(msg.note) ? `: ${msg.note}` : "");
}

// What a hover says: a heading, then facts.
function explain({ kind, item }) {
  const took = (end, never) => (isNumber(end) ? `${exact(item.t)} to ${exact(end)}, ${duration(end - item.t)}` : `from ${exact(item.t)}${never}`);
  const facts = {
    call: () => [`Call ${item.id} ${callName(item)}: ${endingWords(item)}`, took(item.end, ", never ended"), onWhat(item), errorText(item)],
    conn: () => [`Connection ${item.id}`, endpoints(item), plural(item.calls, "call"),
                 ...statesOf(item).slice(-6).map((state) => `${exact(state.t)} ${stateWords(state)}`)],
    fault: () => [joined([item.id, item.kind], " "), took(item.end, " to the end"), targetWords(item),
                  `struck ${plural(Number(item.strikes) || 0, "time")}`],
    check: () => [`${item.id || "check"} ${verdict(item)}`, item.expr, ...(item.ok ? [] : [`expected ${item.expected}`, `seen ${item.actual}`]),
                  exact(checkTime(item))],
    msg: () => [describeMessage(item), took(item.rx, ", never received")],
    span: () => [joined([item.kind, item.label], " "), took(item.end), onWhat(item)],
    mark: () => [item.text || item.kind, exact(item.t), onWhat(item)],
  };
  return facts[kind]().filter(Boolean);
}

// Everything in time order, each with a sentence: the text form of the timeline.
function listEvents(model) {
  const events = [];
  const add = (t, kind, where, text, about = {}, bad = false) =>
    isNumber(t) && events.push({ t, kind, where, text: String(text), about, bad });
  const on = (line) => (onWhat(line) ? `, ${onWhat(line)}` : "");
  for (const call of model.calls) {
    const name = `call ${call.id} ${callName(call)}`, about = { call: call.id };
    add(call.t, "call", "client", `${name} is issued${on({ conn: call.conn })}`, about);
    add(call.end, "end", "client", joined([`${name} ends: ${endingWords(call)}`, isText(call.error?.message) && call.error.message], ", "),
      about, endingGroup(call) === "local");
  }
  for (const state of model.states)
    add(state.t, "state", state.obj, stateWords(state), { conn: Number(state.obj.replace(/\D/g, "")) });
  for (const span of model.spans)
    add(span.t, span.kind || "span", span.lane,
      `${joined([span.kind || "work", span.label], " ")} for ${duration(span.end - span.t)}${on(span)}`, span);
  for (const mark of model.marks)
    add(mark.t, mark.kind || "mark", mark.lane, (mark.text || mark.kind || "") + on(mark), mark);
  for (const msg of model.msgs)
    add(msg.t, "message", msg.dir === "s2c" ? "net/s2c" : "net/c2s", describeMessage(msg), msg, msg.fate === "dropped");
  for (const fault of model.faults) {
    const tell = (t, kind, what) => add(t, kind, fault.id || "fault", `${fault.kind || "fault"} ${what}`, { fault: fault.id });
    tell(fault.t, "fault", "is armed");
    strikesOf(fault).forEach((t) => tell(t, "strike", "strikes"));
    tell(fault.end, "fault", "is lifted");
  }
  for (const check of model.checks)
    add(checkTime(check), "check", check.id || "check", joined([verdict(check), check.expr], ": "),
      check.about || {}, !check.ok);
  for (const log of model.logs)
    add(log.t, "log", log.lane || "log", log.text || "", {}, log.level === "error");
  return events.sort((a, b) => a.t - b.t);
}
