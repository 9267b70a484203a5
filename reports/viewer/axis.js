// Above the lanes: the whole run at true scale, and the axis with its folds, bursts and ticks.

const GUTTER = 128, STRIP = 30, AXIS = 56, RIGHT = 10;
const TOP = STRIP + AXIS;

// How many events begin or end in each of `columns` equal parts of the run.
function densityOf(model, columns) {
  const density = new Uint16Array(columns), tEnd = Math.max(1, model.tEnd);
  for (const t of eventTimes(model))
    density[Math.max(0, Math.min(columns - 1, Math.floor(columns * t / tEnd)))]++;
  return density;
}

// The strip: density, faults, failed checks, and the window that is shown below.
function drawStrip(view) {
  const { brush, model, plot } = view, columns = Math.ceil(plot), tEnd = Math.max(1, model.tEnd);
  const at = (t) => GUTTER + plot * t / tEnd;
  brush.text("true scale", 16, STRIP / 2, "muted");
  if (view.density?.length !== columns)
    view.density = densityOf(model, columns);
  view.density.forEach((count, i) => {
    const height = Math.min(14, 4 + 3 * Math.log2(count));
    if (count > 0)
      brush.rectangle(GUTTER + i, 16 - height, 1, height, "call");
  });
  for (const fault of model.faults)
    brush.line(at(fault.t), 17.5, Math.max(at(fault.t) + 2, at(endOf(model, fault))), 17.5, "fault", 2);
  for (const check of model.failed.slice(0, 200))
    brush.diamond(at(checkTime(check)), 6, "fail", 4);
  for (let t = 0; t < tEnd && at(t) < view.width - 60; t += tickStep(tEnd, plot / 120))
    brush.text(duration(t), at(t) + 3, 24, "muted", TINY);
  const from = at(view.timeAt(GUTTER)), to = at(view.timeAt(GUTTER + plot));
  brush.frame(from, 1.5, Math.max(3, to - from), STRIP - 3, "accent", { line: 1.5 });
  brush.line(0, STRIP + 0.5, view.width, STRIP + 0.5, "line");
}

// Torn edges and tint on every fold, its length written in it.
function drawFolds(view, height) {
  const { brush } = view, top = TOP - 38;
  for (const fold of view.axis.folds) {
    const x0 = view.onScreen(fold.x0), x1 = view.onScreen(fold.x1), width = x1 - x0, middle = (x0 + x1) / 2;
    if (view.outside(x0, x1))
      continue;
    brush.rectangle(x0, top, Math.max(1, width), height, "skip-tint");
    if (width < 6)
      continue;
    brush.torn(x0, top, height);
    brush.torn(x1, top, height);
    const words = duration(fold.t1 - fold.t0);
    if (width >= 60) {
      brush.text(words, middle, TOP - 14, "muted", TINY_CENTRED);
    } else if (width > 12) {
      brush.g.save();
      brush.g.translate(middle, TOP - 4);
      brush.g.rotate(-Math.PI / 2);
      brush.text(words, 0, 0, "muted", TINY);
      brush.g.restore();
    }
  }
}

function drawTicks(view, start, span, x0, x1) {
  const { brush } = view, whole = view.axis.folds.length === 0, right = Math.min(x1, view.width), grid_ = [];
  const step = tickStep(span, (right - Math.max(x0, GUTTER)) / 90);
  let free = -Infinity;
  for (let t = (whole ? Math.ceil(start / step) : 1) * step, i = 0; i < 200; t += step, i++) {
    const at = whole ? t : start + t;
    if (at > start + span)
      break;
    const x = view.onScreen(view.axis.position(at));
    grid_.push(x + 0.5, TOP - 5, x + 0.5, TOP + view.rowsHeight);
    if (x >= right - 44 || x < free)
      continue;
    free = x + 50;
    brush.text(whole && at >= 1e9 ? exact(at) : (whole ? "" : "+") + duration(t), x + 3, TOP - 12, "muted", TINY);
  }
  brush.lines(grid_, "line");
}

// Each burst prints its absolute start, its own ticks, its length.
function drawBursts(view) {
  const { brush } = view, look = { size: 10.5, mono: true };
  let free = -Infinity;
  for (const burst of view.axis.bursts) {
    const x0 = view.onScreen(burst.x0), x1 = view.onScreen(burst.x1), left = Math.max(x0, GUTTER);
    if (burst.hidden || view.outside(x0, x1))
      continue;
    const start = Math.max(burst.t0, view.timeAt(GUTTER)), span = Math.min(burst.t1, view.timeAt(view.width)) - start;
    const words = clock(start, span > 1e10 ? 1e9 : span > 1e7 || start % 1e6 === 0 ? 1e6 : 1e3);
    brush.line(left + 0.5, STRIP + 4, left + 0.5, TOP, "strong");
    if (left + 3 > free) {
      brush.text(words, left + 3, STRIP + 10, "text", look);
      free = left + 11 + brush.widthOf(words, look);
    }
    if (span > 0 && x1 - x0 > 90)
      drawTicks(view, start, span, x0, x1);
    else if (span > 0 && x1 - x0 > 56)
      brush.text(`⟷ ${duration(burst.t1 - burst.t0)}`, (x0 + x1) / 2, TOP - 12, "muted", TINY_CENTRED);
  }
}

// Instants with a width, and runs of equal bursts.
function drawPlateaus(view) {
  const { brush, axis } = view, alone = new Set(axis.bursts.filter((burst) => burst.t0 === burst.t1).map((burst) => burst.t0));
  for (const [t, [from, to]] of axis.plateaus) {
    const x0 = Math.max(view.onScreen(from), GUTTER), x1 = Math.min(view.onScreen(to), view.width);
    if (x1 - x0 < 3)
      continue;
    brush.rectangle(x0, TOP - 4, x1 - x0, 4, "strong");
    if (x1 - x0 > 110 && alone.has(t))
      brush.text("one instant, in order", (x0 + x1) / 2, TOP - 12, "muted", TINY_CENTRED);
  }
  for (const repeat of axis.repeats) {
    const x0 = view.onScreen(axis.bursts[repeat.from].x0), x1 = view.onScreen(axis.bursts[repeat.to].x1);
    brush.lines([x0, TOP - 10, x1, TOP - 10, x0, TOP - 10, x0, TOP - 5, x1, TOP - 10, x1, TOP - 5], "muted");
    brush.text(`${repeat.count} × every ${duration(repeat.period)}`, (x0 + x1) / 2, TOP - 20, "text", { ...TINY_CENTRED, halo: true });
  }
  brush.line(GUTTER, TOP + 0.5, view.width, TOP + 0.5, "line");
}

function drawAxis(view, height) {
  drawStrip(view);
  view.brush.clipped(GUTTER, STRIP, view.plot + RIGHT, height - STRIP, () => {
    drawFolds(view, height);
    drawBursts(view);
    drawPlateaus(view);
  });
}
