// How long calls took: a logarithmic histogram stacked by ending, and percentiles by method.

const STEPS = 4; // buckets a decade

// The value below which `share` of the sorted numbers lie (nearest rank).
const percentile = (sorted, share) => (sorted.length === 0 ? NaN : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]);

// Buckets [from, to) with the calls of each group; what took no time at all has one of its own.
function latencyBuckets(calls) {
  const indexOf = (call) => (call.end - call.t < 1 ? -1 : Math.floor(STEPS * Math.log10(call.end - call.t)));
  const byIndex = grouped(calls.filter((call) => isNumber(call.end)), indexOf);
  const indices = [...byIndex.keys()].sort((a, b) => a - b), buckets = [];
  const first = indices.find((index) => index >= 0) ?? Infinity;
  for (let index = indices[0] === -1 ? -1 : first; index <= indices.at(-1); index = index < 0 ? first : index + 1) {
    const ones = byIndex.get(index) || [], count = (group) => ones.filter((call) => endingGroup(call) === group).length;
    buckets.push({ from: index < 0 ? 0 : 10 ** (index / STEPS), to: index < 0 ? 0 : 10 ** ((index + 1) / STEPS),
                   ok: count("ok"), remote: count("remote"), local: count("local"), sum: ones.length });
  }
  return buckets;
}

const ENDED = ["ok", "remote", "local"];

function histogram(calls) {
  const buckets = latencyBuckets(calls), most = Math.max(1, ...buckets.map((bucket) => bucket.sum));
  const every = Math.ceil(buckets.length / 12);
  const name = ({ from, to, sum }) => `${to === 0 ? "no time" : `${duration(from)} to ${duration(to)}`}: ${sum}`;
  const words = buckets.filter((bucket) => bucket.sum > 0).map(name).join("; ");
  return picture("div.histogram", `Calls by how long they took. ${words}`, buckets.map((bucket, i) => element("div", { title: name(bucket) },
    box("b", bucket.sum || ""), ENDED.filter((group) => bucket[group] > 0).map((group) =>
      element("i", { style: `height:${180 * bucket[group] / most}px;${fill(GROUPS[group].ink)}` })),
    box("span", i % every === 0 ? duration(bucket.from) : "\u00a0"))));
}

function rowOf(name, calls) {
  const took = calls.filter((call) => isNumber(call.end)).map((call) => call.end - call.t).sort((a, b) => a - b);
  return { name, calls: calls.length, took, groups: grouped(calls, endingGroup) };
}

function latencyTab({ calls }) {
  if (calls.length === 0)
    return empty("No calls were made.");
  const rows = [...grouped(calls, callName)].map(([name, ones]) => rowOf(name, ones));
  if (rows.length > 1)
    rows.unshift(rowOf("all", calls));
  const count = (title, group) => [title, "num", (row) => row.groups.get(group)?.length || 0];
  const time = (title, share) => [title, "took", (row) => percentile(row.took, share)];
  return box("div", histogram(calls),
    box("div.legend", ENDED.map((group) => key(fill(GROUPS[group].ink), GROUPS[group].words))),
    grid({ name: "latency", rows, columns: [["Method", "", "name"], ["Calls", "num", "calls"],
      count("Value", "ok"), count("Remote error", "remote"), count("Failed here", "local"), count("Never ended", "never"),
      time("p50", 0.5), time("p90", 0.9), time("p99", 0.99), time("Longest", 1)] }));
}
