// Time: how it is written, and how a long run is folded so that its idle gaps take no room.
// Pure functions; times are integers, nanoseconds since the scenario began.
"use strict";

const ripcord = globalThis.ripcord = globalThis.ripcord || {};

(() => {
    const US = 1e3, MS = 1e6, SEC = 1e9, MIN = 60 * SEC, HOUR = 60 * MIN;

    const pad = (number, digits) => String(number).padStart(digits, "0");

    // Three digits that matter, without zeros at the end: 1.14, 26, 993.
    function threeDigits(number) {
        if (number >= 100)
            return String(Math.round(number));
        return String(Number(number.toPrecision(3)));
    }

    // "881 µs", "1.14 ms", "26 s", "15 m 55 s", "1 h 39 m".
    function formatDuration(ns) {
        if (!Number.isFinite(ns))
            return "never";
        if (ns < 0)
            return "−" + formatDuration(-ns);
        if (ns === 0)
            return "0";
        if (ns < US)
            return Math.round(ns) + " ns";
        if (ns < 999.5 * US)
            return threeDigits(ns / US) + " µs";
        if (ns < 999.5 * MS)
            return threeDigits(ns / MS) + " ms";
        if (ns < 99.95 * SEC)
            return threeDigits(ns / SEC) + " s";
        if (ns < HOUR) {
            const seconds = Math.round(ns / SEC);
            return Math.floor(seconds / 60) + " m " + pad(seconds % 60, 2) + " s";
        }
        const minutes = Math.round(ns / MIN);
        return Math.floor(minutes / 60) + " h " + pad(minutes % 60, 2) + " m";
    }

    // "15:56.512 360": as many groups of three digits as `resolution` (ns) asks for.
    function formatTime(ns, resolution = US) {
        if (!Number.isFinite(ns))
            return "never";
        const sign = ns < 0 ? "−" : "";
        ns = Math.abs(Math.round(ns));
        const hours = Math.floor(ns / HOUR), minutes = Math.floor(ns / MIN) % 60;
        let text = sign + (hours > 0 ? hours + ":" + pad(minutes, 2) : minutes);
        text += ":" + pad(Math.floor(ns / SEC) % 60, 2);
        if (resolution < SEC)
            text += "." + pad(Math.floor(ns / MS) % 1000, 3);
        if (resolution < MS)
            text += "\u2009" + pad(Math.floor(ns / US) % 1000, 3);
        if (resolution < US)
            text += "\u2009" + pad(ns % 1000, 3);
        return text;
    }

    // A time in full: milliseconds, and finer where they are not zero.
    function formatExact(ns) {
        return formatTime(ns, ns % MS === 0 ? MS : ns % US === 0 ? US : 1);
    }

    function formatBytes(bytes) {
        if (bytes < 10000)
            return String(bytes).replace(/(\d)(\d{3})$/, "$1\u2009$2") + " B";
        const units = ["KiB", "MiB", "GiB", "TiB"];
        let unit = -1;
        do {
            bytes /= 1024;
            unit++;
        } while (bytes >= 1024 && unit < units.length - 1);
        return threeDigits(bytes) + " " + units[unit];
    }

    // Distinct times in rising order.
    function distinct(times) {
        const sorted = Float64Array.from(times).sort();
        let kept = 0;
        for (let i = 0; i < sorted.length; i++)
            if (kept === 0 || sorted[i] !== sorted[kept - 1])
                sorted[kept++] = sorted[i];
        return sorted.subarray(0, kept);
    }

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
        const look = (burst) => burst.n + "/" + threeDigits((burst.t1 - burst.t0) / US) + "/" +
            signature(burst);
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
            if (t < burst.t0 || t > burst.t1)
                continue;
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

    function place(bursts, wide) {
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
            const own = wide.filter(([t]) => t >= burst.t0 && t <= burst.t1);
            x = layBurst(burst, x, own, axis);
        }
        axis.width = x;
        return axis;
    }

    // Where t lies between the knots, by column `from` to column `to`.
    function through(knots, value, from, to) {
        let low = 0, high = knots.length - 1;
        if (high < 0)
            return 0;
        if (value <= knots[0][from])
            return knots[0][to];
        if (value >= knots[high][from])
            return knots[high][to];
        while (high - low > 1) {
            const middle = (low + high) >> 1;
            if (knots[middle][from] <= value)
                low = middle;
            else
                high = middle;
        }
        const a = knots[low], b = knots[high];
        return a[to] + (b[to] - a[to]) * (value - a[from]) / (b[from] - a[from]);
    }

    function finish(axis) {
        axis.position = (t, share = 0.5) => {
            const plateau = axis.plateaus.get(t);
            return plateau ? plateau[0] + share * (plateau[1] - plateau[0]) : through(axis.knots, t, 0, 1);
        };
        axis.time = (x) => through(axis.knots, x, 1, 0);
        return axis;
    }

    // The folded axis over `times`.  `signature(burst)` tells bursts apart that are equally
    // long; `counts` are the instants that get a width (order.js).  An axis has bursts, folds,
    // repeats, plateaus, width (in positions), position(t, share of its instant), time(x).
    function foldedAxis(times, signature = () => "", counts = new Map()) {
        const moments = distinct(times);
        if (moments.length === 0)
            return linearAxis(0, 1);
        const bursts = burstsOf(moments, foldedGaps(moments, counts));
        const repeats = findRepeats(bursts, signature);
        return finish({ repeats, ...place(bursts, [...counts].sort((a, b) => a[0] - b[0])) });
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
        const raw = Math.max(1, span / Math.max(1, count));
        const steps = raw >= SEC ? [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
                                    21600, 43200, 86400].map((s) => s * SEC) : [];
        for (const step of steps)
            if (step >= raw)
                return step;
        const power = 10 ** Math.floor(Math.log10(raw));
        for (const factor of [1, 2, 5, 10])
            if (factor * power >= raw)
                return Math.max(1, factor * power);
        return raw;
    }

    Object.assign(ripcord, { formatDuration, formatTime, formatExact, formatBytes, distinct,
                             foldedGaps, foldedAxis, linearAxis, tickStep });
})();
