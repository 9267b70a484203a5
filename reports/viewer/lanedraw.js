// The lanes of the timeline: one function a kind of row.  At most one mark is drawn for a pixel
// column and colour, so a dense run costs no more than a sparse one.

function drawLabel(view, row) {
  const { brush } = view, y = TOP + row.y;
  if (row.kind === "group") {
    brush.line(0, y + 2.5, view.width, y + 2.5, "line");
    brush.text(row.label.toUpperCase(), 16, y + 13, "muted", { ...TINY, weight: 600 });
  } else if (row.label) {
    brush.clipped(0, y - 4, GUTTER - 8, Math.max(row.height, 14) + 8, () =>
      brush.text(row.label, 16, y + Math.max(7, Math.min(row.height / 2, 9)), "text", { size: 11.5 }));
  }
}

// What a fault touches is tinted and hatched for as long as it is armed.
function drawShades(view) {
  for (const { item: fault, x0: from, x1: to } of view.faultBars) {
    const x0 = Math.max(view.onScreen(from), GUTTER - 4), x1 = Math.min(view.onScreen(to), view.width);
    if (x1 < GUTTER || x0 > view.width)
      continue;
    for (const row of view.rows.filter((one) => isTouched(fault, one)))
      view.brush.hatch(x0, TOP + row.y + 1, Math.max(2, x1 - x0), row.height - 2, "fault");
  }
}

function drawFaults(view, row, top) {
  const { brush } = view, look = { size: 10.5, weight: 600 };
  for (const bar of row.bars) {
    const x0 = view.onScreen(bar.x0), x1 = Math.max(x0 + 8, view.onScreen(bar.x1)), y = top + bar.level * row.level + 3;
    const touched = view.rows.filter((other) => isTouched(bar.item, other));
    if (touched.length > 0)
      brush.line(x0 + 0.5, y + 15, x0 + 0.5, TOP + touched.at(-1).y, "fault", 1, [2, 3]);
    if (view.outside(x0, x1))
      continue;
    brush.rectangle(x0, y, x1 - x0, 15, "fault-tint", 4);
    brush.frame(x0 + 0.5, y + 0.5, x1 - x0 - 1, 14, "fault", { line: view.selection.fault === bar.item.id ? 2 : 1, radius: 4 });
    brush.lines(bar.strikes.slice(0, 500).map((t) => view.onScreen(view.axis.position(t))).flatMap((x) => [x, y + 10, x, y + 15]), "fault", 2);
    const words = `⚡ ${bar.item.id || ""} ${bar.item.kind || ""}`, left = Math.max(x0, GUTTER) + 5;
    brush.text(words, left, y + 8, "fault", { ...look, halo: brush.widthOf(words, look) > x1 - left });
  }
}

// draw(item, x0, x1) for each bar that is in view; of several in the same pixels only the first, and
// what `matters`.
function eachInView(view, bars, least, draw, matters = () => false) {
  let last = -Infinity;
  for (const { item, x0: from, x1: to } of bars) {
    const x0 = view.onScreen(from), x1 = Math.max(x0 + 1, view.onScreen(to));
    if (view.outside(x0 - 8, x1 + 8) || (x1 - last < least && !matters(item)))
      continue;
    last = x1;
    view.brush.g.globalAlpha = alphaOf(view.selection, item);
    draw(item, x0, x1);
  }
  view.brush.g.globalAlpha = 1;
}

function drawChecks(view, row, top) {
  const { brush } = view, y = top + row.height / 2;
  eachInView(view, row.bars, 1, (check, x) => {
    brush.g.globalAlpha = 1;
    brush.disc(x, y, 7, check.ok ? "pass-tint" : "fail");
    brush.text(check.ok ? "✓" : "✕", x, y + 0.5, check.ok ? "pass" : "panel", { size: 10, weight: 700, align: "center" });
    if (!check.ok)
      brush.text(`${check.id || ""} failed`, x + 11, y, "fail", { size: 10.5, weight: 600, halo: true });
  }, (check) => !check.ok);
}

function drawCall(view, bar, x0, x1, y, height) {
  const { brush } = view, call = bar.item, local = bar.group === "local", inside = x1 > x0 + 14;
  const left = Math.max(x0, GUTTER) + 4, room = Math.min(x1, view.width) - left;
  if (bar.group === "never")
    brush.frame(x0 + 0.5, y + 0.5, x1 - x0 - 1, height - 1, "muted", { line: 1.2, dash: [4, 3] });
  else
    brush.rectangle(x0, y, x1 - x0, height, GROUPS[bar.group].ink, 2);
  if (height >= 11 && room > 24)
    brush.fitted(`#${call.id} ${callName(call)}`, left, y + height / 2 + 0.5, room - (local ? 16 : 4),
                 bar.group === "never" ? "text" : bar.group === "remote" ? "#14181c" : "panel");
  if (local && height >= 8)
    brush.cross(inside ? x1 - 4 : x1 + 10, y + height / 2, inside ? "panel" : "fail", 9.5, { align: "right" });
  if (call.id === view.selection.call)
    brush.frame(x0, y, x1 - x0, height, "text", { line: 1.5 });
}

function drawCalls(view, row, top) {
  const last = [];
  for (const bar of row.bars) {
    const x0 = view.onScreen(bar.x0), x1 = Math.max(x0 + 2, view.onScreen(bar.x1)), { id, conn } = bar.item;
    if (view.outside(x0, x1) || (x1 <= last[bar.level] + 0.5 && id !== view.selection.call))
      continue;
    last[bar.level] = x1;
    view.brush.g.globalAlpha = alphaOf(view.selection, { call: id, conn });
    drawCall(view, bar, x0, x1, top + bar.level * row.level + 2, Math.max(2, row.level - 3));
  }
}

function drawConnection(view, row, top) {
  const { brush, selection } = view, thin = row.height < 12, height = thin ? Math.max(2, row.height - 1) : 11, y = top + (thin ? 0 : 3);
  const own = selection.call !== undefined && row.ids.includes(view.selectedConnection);
  brush.g.globalAlpha = own ? 1 : Math.max(...row.ids.map((conn) => alphaOf(selection, { conn })));
  let last = -Infinity, opened = null, end = 0;
  for (const { state, x0: from, x1: to } of row.bars) {
    const x0 = view.onScreen(from), x1 = view.onScreen(to), width = Math.max(1, x1 - x0);
    if (state.to === "closed") {
      if (!thin && isUnwilling(state))
        brush.cross(x0 + 5, y + 6, "fail");
      continue;
    }
    end = x1;
    opened ??= /^open/.test(state.to) ? x0 : null;
    if (view.outside(x0, x1) || x1 - last < 0.5)
      continue;
    last = x1;
    brush.rectangle(x0, y, width, height, STATE_INKS[state.to] || "line");
    if (state.to === "open_busy")
      brush.rectangle(x0, y + height - 2, width, 2, "response");
  }
  const left = Math.max(opened, GUTTER);
  if (!thin && opened !== null && end - left > 34)
    brush.text("open", left + 4, y + height / 2, "text", TINY);
}

// Messages that arrive as they should are many: one path a colour.
function drawMessages(view, row, top) {
  const down = row.dir !== "s2c", [y0, y1] = down ? [top + 3, top + row.height - 3] : [top + row.height - 3, top + 3];
  const batches = new Map(), hurt = [], { g } = view.brush;
  for (const bar of row.bars) {
    const x0 = view.onScreen(bar.x0), x1 = view.onScreen(bar.x1);
    if (isIdleEnd(bar.item) && !bar.arrived)
      continue;
    if (isHurt(bar.item) || !bar.arrived) {
      hurt.push(bar);
      continue;
    }
    if (view.outside(Math.min(x0, x1), Math.max(x0, x1)))
      continue;
    const ink = MESSAGE_INKS[bar.item.kind] || "warn-mark", alpha = alphaOf(view.selection, bar.item), name = `${ink} ${alpha}`;
    if (!batches.has(name))
      batches.set(name, { ink, alpha, ends: [], last: -Infinity });
    const batch = batches.get(name);
    if (x0 - batch.last < (alpha < 1 ? 1.5 : 1))
      continue;
    batch.last = x0;
    batch.ends.push(x0, y0, x1, y1);
  }
  for (const { ink, alpha, ends } of batches.values()) {
    g.globalAlpha = alpha;
    view.brush.lines(ends, ink, 1.2);
  }
  for (const bar of hurt) {
    const { arrived, item: msg } = bar, middle = (y0 + y1) / 2, x0 = view.onScreen(bar.x0);
    const x1 = view.onScreen(arrived ? bar.x1 : view.heldUntil(msg));
    g.globalAlpha = alphaOf(view.selection, msg);
    if (!view.outside(x0, x1))
      drawHurt(view.brush, msg, { from: [x0, y0], middle: [x0 + 4, middle], held: [x1, middle], to: arrived && [x1, y1] }, (words, x, y) =>
        view.brush.text(words, Math.max(x, GUTTER) + 6, y - 5, "fault", { size: 9.5, weight: 600, halo: true }));
  }
}

function drawGauge(view, row, top) {
  const { brush } = view, bottom = top + row.height - 2;
  eachInView(view, row.gauges.filter(({ item }) => item.v > 0), 0.5, ({ v }, x0, x1) => {
    const height = (row.height - 5) * v / row.highest;
    brush.g.globalAlpha = 0.55;
    brush.rectangle(x0, bottom - height, x1 - x0, height, "skip-mark");
  });
  brush.line(GUTTER, bottom + 0.5, view.width, bottom + 0.5, "line");
  brush.text(`max ${row.highest}`, view.width - 6, top + row.height / 2, "muted", { ...TINY, align: "right", halo: true });
}

function drawLane(view, row, top) {
  const { brush, selection } = view, middle = top + row.height / 2;
  if (row.gauges.length > 0)
    drawGauge(view, row, top);
  eachInView(view, row.bars, 0.5, (span, x0, x1) => {
    const left = Math.max(x0, GUTTER) + 4, width = Math.max(2, x1 - x0);
    brush.rectangle(x0, top + 3, width, row.height - 6, span.kind === "purge" ? "fail" : "work", 2);
    if (width > 36)
      brush.fitted(span.label || span.kind || "", left, middle + 0.5, Math.min(x1, view.width) - left - 4, "panel");
  }, (span) => selection.call !== undefined && span.call === selection.call);
  eachInView(view, row.marks, 2, (mark, x) => brush.diamond(x, middle, isBadMark(mark) ? "fail" : "skip-mark", 4.5), isBadMark);
}

const DRAW = { faults: drawFaults, checks: drawChecks, calls: drawCalls, conn: drawConnection, net: drawMessages, lane: drawLane };

function drawRows(view) {
  for (const row of view.rows) {
    DRAW[row.kind]?.(view, row, TOP + row.y);
    view.brush.g.globalAlpha = 1;
  }
}

// What lies over all rows: the lines of failed checks, the cursor, a call's journey.
function drawOver(view, height) {
  const { brush, selection } = view;
  for (const { x0 } of view.failedBars)
    brush.line(view.onScreen(x0), TOP, view.onScreen(x0), height, "fail", 1, [3, 3]);
  if (isNumber(selection.at)) {
    const x = view.onScreen(view.axis.position(selection.at));
    brush.line(x, TOP - 54, x, height, "accent", 1.5);
  }
  const steps = journey(view.rows, selection.call).map((step) => [view.onScreen(step.x), TOP + step.y]);
  brush.lines(steps.slice(1).flatMap((step, i) => [...steps[i], ...step]), "text", 1.2);
  for (const [x, y] of steps)
    brush.disc(x, y, 2.2, "text");
}
