// Tests of the viewer's pure functions: time, folding, reading a record, laying out rows.  Runs
// in a page or under node (viewer_test.sh chooses) and prints "N passed, N failed".
"use strict";

(() => {
  const r = {
    duration, clock, exact, sized, tickStep, distinct, foldedGaps, foldedAxis, linearAxis, parseRecord,
    eventTimes, checkTime, listEvents, describeMessage, endingGroup, splitName, buildMatrix, worst, packLevels, placesOn, layRows,
    isTouched, journey, orderInstants,
  };
  const SEC = 1e9, MIN = 60 * SEC;
  const complaints = [];
  let passed = 0;

  function same(what, seen, expected) {
    const a = JSON.stringify(seen), b = JSON.stringify(expected);
    if (a === b)
      passed++;
    else
      complaints.push(`${what}: expected ${b}, seen ${a}`);
  }
  const holds = (what, claim) => same(what, claim, true);

  // --- formats --------------------------------------------------------------------------------
  same("955 s", r.duration(955 * SEC), "15 m 55 s");
  same("whole minute", r.duration(960 * SEC), "16 m 00 s");
  same("hours", r.duration(99 * MIN), "1 h 39 m");
  same("three digits", r.duration(1140000), "1.14 ms");
  same("micro", r.duration(881000), "881 µs");
  same("nano", r.duration(7), "7 ns");
  same("no 1000 µs", r.duration(999600), "1 ms");
  same("no 1000 ms", r.duration(999.6e6), "1 s");
  same("no 60 seconds in a minute", r.duration(119.7 * SEC), "2 m 00 s");
  same("zero", r.duration(0), "0");
  same("never", r.duration(Infinity), "never");
  same("time", r.clock(956512360000), "15:56.512\u2009360");
  same("time in ms", r.clock(956512360000, 1e6), "15:56.512");
  same("time in ns", r.clock(1, 1), "0:00.000\u2009000\u2009001");
  same("time with hours", r.clock(3723 * SEC, SEC), "1:02:03");
  same("exact drops what says nothing", r.exact(957 * SEC), "15:57.000");
  same("exact keeps what says something", r.exact(957 * SEC + 1), "15:57.000\u2009000\u2009001");
  same("bytes", [r.sized(7), r.sized(4194391), r.sized(9999)], ["7 B", "4 MiB", "9\u2009999 B"]);
  same("ticks", [r.tickStep(1000, 5), r.tickStep(960 * SEC, 8), r.tickStep(3, 10)], [200, 120 * SEC, 1]);

  // --- folding --------------------------------------------------------------------------------
  const folds = (times) => r.foldedGaps(r.distinct(times)).length;
  const range = (n, of) => Array.from({ length: n }, (_, i) => of(i));
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  let sum = 0;
  const poisson = range(2000, () => (sum += -Math.log(1 - random()) * 1e6));
  same("no event", folds([]), 0);
  same("one event", folds([5]), 0);
  same("two events", folds([0, 900 * SEC]), 0);
  same("uniform ticks fold nothing", folds(range(100, (i) => i * SEC)), 0);
  same("Poisson traffic folds nothing", folds(poisson), 0);
  same("exponential back-off folds nothing", folds(range(20, (i) => 2 ** i * 1e6)), 0);
  const beats = range(20, (i) => [i * MIN, i * MIN + 9e4, i * MIN + 2e5]).flat();
  same("heartbeats of three fold between", folds(beats), 19);
  same("two bursts", r.foldedGaps(r.distinct([0, 1e5, 2e5, 900 * SEC, 900 * SEC + 1e5, 900 * SEC + 2e5])), [2]);
  const nested = [0, 10 * MIN].flatMap((a) => [0, 2 * SEC].flatMap((b) => range(6, (i) => a + b + i * 1e4)));
  same("nested scales fold at both", folds(nested), 3);
  same("the same rule for a thousandth", r.foldedGaps(r.distinct(nested.map((t) => t / 1000))), r.foldedGaps(r.distinct(nested)));

  const axis = r.foldedAxis(beats);
  let monotone = true, back = true, clear = true;
  for (let i = 1; i < beats.length; i++)
    monotone = monotone && axis.position(beats[i]) > axis.position(beats[i - 1]);
  for (const t of beats) {
    back = back && Math.abs(axis.time(axis.position(t)) - t) < 1;
    clear = clear && axis.folds.every((fold) => t <= fold.t0 || t >= fold.t1);
  }
  holds("the axis is monotone", monotone);
  holds("a position leads back to its time", back);
  holds("a fold never contains an event", clear);
  same("equal bursts in a row are bracketed", axis.repeats.map((one) => [one.count, one.period]), [[20, MIN]]);
  same("unequal ones are not", r.foldedAxis(beats, (burst) => String(burst.t0)).repeats, []);
  holds("an axis of one event works", Number.isFinite(r.foldedAxis([5]).position(5)));
  holds("an axis of no event works", Number.isFinite(r.foldedAxis([]).position(0)));
  const linear = r.linearAxis(0, 1000);
  same("linear leads back", Math.round(linear.time(linear.position(250))), 250);

  // --- reading --------------------------------------------------------------------------------
  const lines = (...objects) => objects.map((one) => JSON.stringify(one)).join("\n") + "\n";
  const first = { type: "scenario", schema: "ripcord.run/1", name: "a.b" };
  const call = { type: "call", id: 1, conn: 2, t: 5, end: 9, ending: "eof", error: { message: "gone" } };
  const model = r.parseRecord(lines(first, call, { type: "state", t: 7, obj: "conn/2", to: "open" },
    { type: "state", t: 3, obj: "conn/2", to: "new" }, { type: "state", t: 4, obj: "sconn/2", to: "header" },
    { type: "msg", conn: 2, dir: "c2s", t: 6, rx: null, kind: "request", call: 1, fate: "dropped" },
    { type: "check", id: "A1", t: 30, ok: false, about: { t: 8 } }, { type: "end", status: "failed", t: 20 }));
  same("states are sorted and closed off", model.connections[0].client.map((s) => [s.to, s.t, s.end]), [["new", 3, 7], ["open", 7, 20]]);
  same("calls of a connection", model.connections[0].calls, 1);
  same("the end", model.tEnd, 20);
  same("a check stands where it speaks of", r.checkTime(model.checks[0]), 8);
  const events = r.listEvents(model);
  same("events in order", events.map((event) => event.t), [3, 4, 5, 6, 7, 8, 9]);
  holds("an end says its ending", events[6].text.includes("end of stream, gone"));
  same("a message in words", r.describeMessage(model.msgs[0]), "request to server on connection 2, call 1, dropped");

  const strange = r.parseRecord('{"type":"scenario"\n[1]\nnull\n{"type":"gauge","lane":"a","t":"x","v":1}\n' +
    '{"type":"from 2031"}\n{"type":"toString"}\n{"type":"span","lane":"a","t":1,"end":2}\n{"type":"msg","conn":1');
  same("what does not parse is counted", [strange.skipped, strange.unknown, strange.truncated, strange.spans.length], [4, 2, true, 1]);
  same("an empty record", r.listEvents(r.parseRecord("")).length, 0);
  const evil = r.parseRecord(lines({ type: "call", id: 1, t: 0, method: {}, error: "x", ending: "constructor" },
    { type: "fault", t: 1, target: null, params: null, at: "x" }, { type: "check", t: 1, about: 7, source: {} }));
  holds("fields of a wrong kind do no harm", r.listEvents(evil).length === 3 && r.endingGroup(evil.calls[0]) === "local");

  // --- names and matrix ------------------------------------------------------------------------
  same("a name in parts", r.splitName("purge.slow_reader/handlers=10@2.6#7"),
       { base: "purge.slow_reader/handlers=10", column: "2.6", seed: "7", folder: "purge", short: "slow_reader/handlers=10" });
  const matrix = r.buildMatrix([{ name: "b.x@3.4" }, { name: "a.y@2.6" }, { name: "b.x@hdfs-cli" }, { name: "b.x@2.6" }]);
  same("releases before subjects", matrix.columns, ["2.6", "3.4", "hdfs-cli"]);
  same("folders in order", matrix.folders.map((one) => one.folder), ["a", "b"]);
  same("one row a scenario", matrix.folders[1].rows.length, 1);
  same("the worst speaks", [r.worst(["passed", "known", "failed"]), r.worst(["passed", "skipped"])], ["failed", "skipped"]);

  // --- rows -------------------------------------------------------------------------------------
  const bars = [{ x0: 0, x1: 10 }, { x0: 5, x1: 8 }, { x0: 11, x1: 12 }];
  same("bars take the first free level", [r.packLevels(bars, 0, 10), bars.map((bar) => bar.level)], [2, [0, 1, 0]]);
  const modelAxis = r.foldedAxis(r.eventTimes(model));
  const modelPlaces = r.placesOn(modelAxis, new Map());
  const laid = r.layRows(model, modelAxis, modelPlaces);
  same("rows follow the way of a call", laid.rows.map((row) => row.label || row.kind),
       ["Checks", "Client", "Calls", "conn 2", "Network", "client → server", "server → client"]);
  holds("a fault touches what it aims at", r.isTouched({ kind: "client.read.stop", target: { conn: 2 } }, laid.rows[3]) &&
    !r.isTouched({ kind: "client.read.stop", target: { conn: 1 } }, laid.rows[3]));
  same("a journey runs from issue to end", r.journey(laid.rows, 1).map((step) => Math.round(modelAxis.time(step.x))),
       [5, 6, 9]);

  const storm = r.parseRecord(lines(first, ...Array.from({ length: 12 }, (_, i) => [
    { type: "conn", id: i + 1, client: i % 3 + 1 }, { type: "state", t: i, obj: `conn/${i + 1}`, to: "connecting" },
    { type: "state", t: i + 5, obj: `conn/${i + 1}`, to: "closed" }]).flat()));
  const stormAxis = r.foldedAxis(r.eventTimes(storm)), rowsOf = (show) => r.layRows(storm, stormAxis,
    r.placesOn(stormAxis, new Map()), show).rows.filter((row) => row.kind === "conn");
  same("many connections are thin rows under one label", [rowsOf().length, rowsOf()[0].label, rowsOf()[1].label, rowsOf()[0].height < 12],
       [12, "12 connections", "", true]);
  same("by client each has one row with its own", rowsOf({ byClient: true }).map((row) => [row.label, row.ids]),
       [["client 1", [1, 4, 7, 10]], ["client 2", [2, 5, 8, 11]], ["client 3", [3, 6, 9, 12]]]);
  holds("whose bars are in order of time", rowsOf({ byClient: true }).every((row) =>
    row.bars.every((bar, i) => i === 0 || bar.x0 >= row.bars[i - 1].x0)));
  holds("a fault that touches one of them touches the row", r.isTouched({ kind: "client.read.stop", target: { conn: 8 } },
    rowsOf({ byClient: true })[1]));

  // --- one instant --------------------------------------------------------------------------------
  const calm = r.parseRecord(lines(first, { type: "state", t: 0, obj: "conn/1", to: "new" },
    { type: "msg", conn: 1, dir: "c2s", t: 0, rx: 0, kind: "request", call: 1 },
    { type: "span", lane: "server1/handler/0", t: 0, end: 0, kind: "handle", call: 1 },
    { type: "msg", conn: 1, dir: "s2c", t: 0, rx: 0, kind: "response", call: 1 },
    { type: "call", id: 1, conn: 1, t: 0, end: 0, ending: "value" },
    { type: "mark", lane: "server1/responder", t: 900 * SEC, kind: "purge" }));
  const { shares, counts } = r.orderInstants(calm);
  same("an instant with many events is wide", [...counts], [[0, 9]]);
  const calmAxis = r.foldedAxis(r.eventTimes(calm), undefined, counts);
  const places = r.placesOn(calmAxis, shares);
  const way = [places.start(calm.calls[0]), places.start(calm.connections[0].client[0]), places.start(calm.msgs[0]), places.end(calm.msgs[0], 0),
               places.start(calm.spans[0]), places.end(calm.spans[0], 0), places.start(calm.msgs[1]), places.end(calm.msgs[1], 0),
               places.end(calm.calls[0], 0)];
  holds("its events stand in the order of the record, a call before all that is its own", way.every((x, i) => i === 0 || x > way[i - 1]));
  same("every place in it is that instant", way.map((x) => calmAxis.time(x)), way.map(() => 0));
  holds("what comes later stands after it", calmAxis.position(900 * SEC) > way[8]);
  const instants = new Map([[0, 20], [2, 20], [7, 20], [10, 20]]);
  same("idle time between wide instants folds", r.foldedGaps(r.distinct([0, 2, 7, 10]), instants), [0, 1, 2]);
  same("sparse instants have no width", r.orderInstants(model).counts.size, 0);

  const verdict = [...complaints, `${passed} passed, ${complaints.length} failed`];
  if (globalThis.document) {
    document.body.textContent = "";
    for (const line of verdict)
      document.body.append(line, document.createElement("br"));
  } else {
    console.log(verdict.join("\n"));
    process.exitCode = complaints.length > 0 ? 1 : 0;
  }
})();
