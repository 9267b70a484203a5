// Time: how it is written, and how a long run is folded so that its idle gaps take no room.
// Pure functions; times are integers, nanoseconds since the scenario began.
const US = 1e3, MS = 1e6, SEC = 1e9, MIN = 60 * SEC, HOUR = 60 * MIN;

const pad = (number, digits, base = 10) => number.toString(base).padStart(digits, "0");

// Three digits that matter, without zeros at the end: 1.14, 26, 993.
const threeDigits = (number) => String(number >= 100 ? Math.round(number) : Number(number.toPrecision(3)));

// "881 µs", "1.14 ms", "26 s", "15 m 55 s", "1 h 39 m".
function duration(ns) {
  if (!Number.isFinite(ns))
    return "never";
  if (ns <= 0)
    return ns < 0 ? `−${duration(-ns)}` : "0";
  if (ns < US)
    return `${Math.round(ns)} ns`;
  for (const [most, unit, name] of [[999.5 * US, US, "µs"], [999.5 * MS, MS, "ms"], [99.95 * SEC, SEC, "s"]])
    if (ns < most)
      return `${threeDigits(ns / unit)} ${name}`;
  const [small, large, words] = ns < HOUR ? [SEC, "m", "s"] : [MIN, "h", "m"], count = Math.round(ns / small);
  return `${Math.floor(count / 60)} ${large} ${pad(count % 60, 2)} ${words}`;
}

// "15:56.512 360": as many groups of three digits as `resolution` (ns) asks for.
function clock(ns, resolution = US) {
  if (!Number.isFinite(ns))
    return "never";
  const time = Math.abs(Math.round(ns)), hours = Math.floor(time / HOUR), minutes = Math.floor(time / MIN) % 60;
  let text = (ns < 0 ? "−" : "") + (hours > 0 ? `${hours}:${pad(minutes, 2)}` : minutes) + `:${pad(Math.floor(time / SEC) % 60, 2)}`;
  for (const [coarser, unit, before] of [[SEC, MS, "."], [MS, US, "\u2009"], [US, 1, "\u2009"]])
    if (resolution < coarser)
      text += before + pad(Math.floor(time / unit) % 1000, 3);
  return text;
}

// A time in full: milliseconds, and finer where they are not zero.
const exact = (ns) => clock(ns, ns % MS === 0 ? MS : ns % US === 0 ? US : 1);

function sized(bytes) {
  if (bytes < 10000)
    return `${String(bytes).replace(/(\d)(\d{3})$/, "$1\u2009$2")} B`;
  const unit = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${threeDigits(bytes / 1024 ** unit)} ${["", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

// Distinct times in rising order.
const distinct = (times) => Float64Array.from(new Set(times)).sort();

// Which gaps between `times` (distinct, rising) are idle.  No absolute threshold: a gap
// folds when it, or a smaller one that does, stands out against all that is smaller still.
// An instant with a width (counts) is so many events with nothing between them.  Returns the
// indices i of the folded gaps times[i] .. times[i + 1], rising.
function foldedGaps(times, counts = new Map()) {
  const gaps = [];
  let rest = 0;
  for (const count of counts.values())
    for (let i = 1; i < count; i++)
      gaps.push({ index: -1, length: 0 });
  for (let i = 0; i + 1 < times.length; i++) {
    gaps.push({ index: i, length: times[i + 1] - times[i] });
    rest += times[i + 1] - times[i];
  }
  gaps.sort((a, b) => b.length - a.length || a.index - b.index);
  let last = -1;
  for (let i = 0; i < gaps.length && 3 * (i + 1) <= gaps.length; i++) {
    const next = i + 1 < gaps.length ? gaps[i + 1].length : 0;
    if (gaps[i].length > 0.08 * rest && gaps[i].length >= 4 * next)
      last = i;
    rest -= gaps[i].length;
  }
  return gaps.slice(0, last + 1).map((gap) => gap.index).sort((a, b) => a - b);
}

function burstsOf(times, folds) {
  const bursts = [];
  let first = 0;
  for (const gap of [...folds, times.length - 1]) {
    bursts.push({ t0: times[first], t1: times[gap], first, n: gap - first + 1 });
    first = gap + 1;
  }
  return bursts;
}

// Mark runs of five or more bursts that look the same and come at the same distance: the
// first and the last are shown, those between shrink.
function findRepeats(bursts, signature) {
  const repeats = [];
  const look = (burst) => `${burst.n}/${threeDigits((burst.t1 - burst.t0) / US)}/${signature(burst)}`;
  for (let i = 0; i < bursts.length;) {
    let j = i + 1;
    const period = j < bursts.length ? bursts[j].t0 - bursts[i].t0 : 0;
    const same = look(bursts[i]);
    while (j < bursts.length && look(bursts[j]) === same &&
           Math.abs(bursts[j].t0 - bursts[j - 1].t0 - period) <= 0.02 * period)
      j++;
    if (j - i >= 5) {
      repeats.push({ from: i + 1, to: j - 2, count: j - i, period });
      for (let k = i + 1; k < j - 1; k++)
        bursts[k].hidden = true;
    }
    i = j;
  }
  return repeats;
}

const EDGE = 6; // room at both sides of a burst

// Lay one burst out from x on: linear in time, with a plateau at each wide instant.
function layBurst(burst, x, wide, axis) {
  const edge = burst.hidden ? 1 : EDGE;
  const room = burst.hidden ? 1 : 10 + 13 * burst.n ** 0.6;
  const width = (count) => (burst.hidden ? 0.1 : 3 + 5 * count ** 0.75);
  const single = burst.t1 === burst.t0, span = single ? 1 : burst.t1 - burst.t0;
  burst.x0 = x;
  x += edge;
  let before = 0; // plateaus so far
  if (!single)
    axis.knots.push([burst.t0, x]);
  for (const [t, count] of wide) {
    const from = x + before + room * (single ? 0.5 : (t - burst.t0) / span);
    before += width(count);
    axis.knots.push([t, from], [t, from + width(count)]);
    axis.plateaus.set(t, [from, from + width(count)]);
  }
  if (!single)
    axis.knots.push([burst.t1, x + before + room]);
  else if (before === 0)
    axis.knots.push([burst.t0, x + room / 2]);
  burst.x1 = x + before + room + edge;
  return burst.x1;
}

function layBursts(bursts, wide) {
  const shown = bursts.filter((burst) => !burst.hidden);
  const room = shown.reduce((sum, burst) => sum + 22 + 13 * burst.n ** 0.6, 0);
  const foldWidth = shown.length <= 12 ? Math.max(30, 0.022 * room) : Math.max(5, Math.min(30, 900 / shown.length));
  const axis = { bursts, knots: [], folds: [], plateaus: new Map() };
  let x = 0, i = 0;
  for (const burst of bursts) {
    if (burst !== bursts[0]) {
      const before = bursts[i++];
      const width = burst.hidden || before.hidden ? 3 : foldWidth;
      axis.folds.push({ t0: before.t1, t1: burst.t0, x0: x, x1: x + width });
      x += width;
    }
    x = layBurst(burst, x, wide.filter(([t]) => t >= burst.t0 && t <= burst.t1), axis);
  }
  axis.width = x;
  return axis;
}

// Where `value` lies between the knots, by column `from` to column `to`.
function through(knots, value, from, to) {
  const next = firstFrom(knots, value, (knot) => knot[from]);
  if (next === 0 || next === knots.length)
    return knots.length > 0 ? knots[next === 0 ? 0 : next - 1][to] : 0;
  const a = knots[next - 1], b = knots[next];
  return a[to] + (b[to] - a[to]) * (value - a[from]) / (b[from] - a[from]);
}

// Complete an axis: position(t, share of its instant), time(x).
const finish = (axis) => Object.assign(axis, {
  position(t, share = 0.5) {
    const [x0, x1] = axis.plateaus.get(t) || [];
    return x0 !== undefined ? x0 + share * (x1 - x0) : through(axis.knots, t, 0, 1);
  },
  time: (x) => through(axis.knots, x, 1, 0),
});

// The folded axis over `times`.  `signature(burst)` tells bursts apart that are equally
// long; `counts` are the instants that get a width (order.js).  An axis has bursts, folds,
// repeats, plateaus, width (in positions), position(t, share of its instant), time(x).
function foldedAxis(times, signature = () => "", counts = new Map()) {
  const moments = distinct(times);
  if (moments.length === 0)
    return linearAxis(0, 1);
  const bursts = burstsOf(moments, foldedGaps(moments, counts));
  const repeats = findRepeats(bursts, signature);
  return finish({ repeats, ...layBursts(bursts, [...counts].sort((a, b) => a[0] - b[0])) });
}

function linearAxis(t0, t1) {
  if (t1 <= t0)
    t1 = t0 + 1;
  const width = 1000;
  const knots = [[t0, EDGE], [t1, width - EDGE]];
  return finish({ bursts: [{ t0, t1, x0: 0, x1: width, n: 2 }], folds: [], repeats: [],
                  plateaus: new Map(), knots, width });
}

// A round step that gives about `count` ticks over `span`.
function tickStep(span, count) {
  const raw = Math.max(1, span / Math.max(1, count)), power = 10 ** Math.floor(Math.log10(raw));
  const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400].map((s) => s * SEC);
  return [...(raw >= SEC ? seconds : []), ...[1, 2, 5, 10].map((factor) => factor * power)].find((step) => step >= raw) || raw;
}
