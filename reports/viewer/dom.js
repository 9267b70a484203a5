// Elements from data: text goes in as text, never as markup.

const byId = (id) => document.getElementById(id);

// element("a.name", { href: "#/" }, "text", child): nothing here reads markup.  A child that is
// null, undefined or false stands for nothing.
function element(selector, attributes, ...children) {
  const [tag, ...classes] = selector.split("."), made = document.createElement(tag);
  if (classes.length > 0)
    made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on"))
      made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      made.setAttribute(name, value === true ? "" : value);
  }
  append(made, children);
  return made;
}

const box = (selector, ...children) => element(selector, {}, ...children);

function append(parent, children) {
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false)
      parent.append(child instanceof Node ? child : String(child));
}

const button = (words, onclick, attributes = {}) => element("button", { type: "button", ...attributes, onclick }, words);
const empty = (words) => box("p.empty", words);
const note = (...words) => box("p.note.panel", ...words);
const heading = (words, small) => box("h2", words, small && box("small", small));

// A part that takes the keyboard, so that it can be scrolled.
const region = (selector, name, ...children) => element(selector, { tabindex: "0", role: "region", "aria-label": name }, ...children);

// Something drawn that has a name: for who can't see it, and for who points at it.
const picture = (selector, words, ...children) => element(selector, { role: "img", "aria-label": words, title: words }, ...children);

function sign(status, large) {
  const { sign: shown, words } = statusOf(status);
  return box(`span.sign.${status}${large ? ".large" : ""}`, element("span", { "aria-hidden": "true" }, shown),
                 box("span.spoken", words));
}

const chip = (words, kind = "") => box(`span.chip${kind}`, words);

const fill = (ink) => `background:var(--${ink})`;

// What a colour means: a mark of this style, and words.
const key = (style, words) => box("span", element("span.mark", { style }), words);

async function copyText(text, from) {
  const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  if (!copied) // a page opened from a file may have no clipboard: the text is selected
    getSelection().selectAllChildren(from.previousElementSibling);
  from.textContent = copied || document.execCommand("copy") ? "Copied" : "Ctrl+C";
  setTimeout(() => { from.textContent = "Copy"; }, 1500);
}

// A command with a button that copies it, and perhaps a word behind.
function command(text, words) {
  return box("div.command", box("code", text), button("Copy", (event) => copyText(text, event.target)),
                 words && box("span.muted", words));
}

// expected, seen: what every failure shows, after what stands `before` it.
function seenList(check, before = []) {
  return box("dl.seen", before, [["expected", "expected"], ["seen", "actual"]].map(([word, name]) =>
    (check[name] ?? null) !== null && [box("dt", word), box(`dd.${name}`, check[name])]));
}

// Why it failed: a clause a line, so many of them.
function why(check, most = Infinity) {
  const clauses = isText(check.why) ? check.why.split(/(?<=; )/) : [];
  return clauses.length > 0 && box("p.why", clauses.slice(0, most).map((clause) => box("span", clause)),
    clauses.length > most && box("span", "…"));
}
