// Two runs side by side: what fails now and did not, what is fixed, whose calls end otherwise,
// and where two records of one case first differ, with both timelines at that time.

const SECTIONS = [
  ["new", "Newly failing", "it did not fail before"], ["known", "Known", "it failed before, too"],
  ["fixed", "Fixed", "it failed before"],
  ["endings", "Changed endings", "the same verdict, but calls end in another way"],
  ["order", "Changed order", "the same verdict and endings, but another course"],
  ["added", "New results", "not in the earlier run, and nothing is wrong with them"],
];

// How a result stands since the earlier run; what still fails is known, whatever else has changed.
const since = (result) => (result.change && isBad(result) && result.change.kind !== "new" ? "known" : result.change?.kind);

// The sections with something in them: [title, what it means, results].
const sections = (results) => SECTIONS.map(([kind, title, what]) => [title, what, results.filter((result) => since(result) === kind)])
  .filter(([, , list]) => list.length > 0);

// "2 newly failing, 1 fixed".
const changeWords = (results) => sections(results).map(([title, , list]) => `${list.length} ${title.toLowerCase()}`).join(", ") ||
  "nothing has changed";

function changeOf(result) {
  const { change } = result, differs = (word, text) => text !== undefined && [box("dt", word), box("dd", text)];
  const endings = (change.endings || []).slice(0, 5).map(([call, then, now]) => `call ${call}: ${then}, now ${now}`).join("; ");
  const before = change.with ? `compared with ${change.with}` : change.then ? `${statusOf(change.then).words} before` : "not there before";
  return box("article.change.panel", sign(result.status), box("div",
    box("h3", element("a", { href: link(result.name) }, result.title || result.name)),
    box("div.sub", joined([result.name, before, endings], " · ")),
    change.line !== undefined && box("details", box("summary", `Line ${change.line} of the record is the first that differs`),
      box("dl.seen", differs("before", change.before), differs("now", change.now)),
      document.querySelector(`script[data-record="b${result.index}"]`) &&
        button("Both timelines", ({ target }) => showBoth(result, target)))));
}

// The earlier course above, the present one below, both at the first difference.
async function showBoth({ index, change }, from) {
  const holder = box("div.both");
  from.replaceWith(holder);
  for (const [title, record, at] of [["Before", `b${index}`, change.t_before], ["Now", index, change.t_now]]) {
    const text = await recordText(record);
    if (text === null)
      continue;
    const timeline = new Timeline(parseRecord(text), (selection) => timeline.select(selection));
    append(holder, [box("h4", title), timeline.canvas]);
    timeline.select(isNumber(at) ? { at } : {});
  }
}

// Above the failures of the overview.
function changeCards({ baseline }, results) {
  const when = baseline.started ? baseline.started.replace("T", " ").replace("Z", " UTC") : "the earlier run";
  const cards = sections(results).map(([title, , list]) => element("a.panel", { href: "#/cmp" }, box("b", list.length), ` ${title.toLowerCase()}`,
    box("div.muted", list.slice(0, 4).map((result) => result.name).join(", ") + (list.length > 4 ? " …" : ""))));
  return [heading(["Since ", element("a", { href: "#/cmp" }, when)], baseline.verdict),
    box("div.changes", cards.length > 0 ? cards : box("div.panel", "Nothing has changed."))];
}

function comparePage({ baseline }, results) {
  if (!baseline)
    return [box("h1", "Nothing to compare with"), box("p.muted", "This report was made without an earlier run.")];
  const words = changeWords(results), gone = baseline.gone || [];
  return [
    box("h1", words[0].toUpperCase() + words.slice(1)),
    box("p.muted", `Against ${joined([baseline.started, baseline.version, baseline.verdict], " · ")}`),
    sections(results).map(([title, what, list]) => [heading(`${title} (${list.length})`, what), list.slice(0, 100).map(changeOf),
      list.length > 100 && box("p.muted", `${list.length - 100} more`)]),
    gone.length > 0 && [heading(`Gone (${gone.length})`, "only in the earlier run"), box("p.mono", gone.slice(0, 200).join(", "))],
  ];
}
