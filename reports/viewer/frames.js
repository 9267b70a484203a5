// The messages on the wire, and the bytes of one beside its decoded fields.  The fields come
// decoded from the record, so nothing here knows protobuf.

const BYTES_SHOWN = 1024; // more would be a page of its own

const toBytes = (hex) => (hex.slice(0, 2 * BYTES_SHOWN).match(/../gs) || []).map((two) => parseInt(two, 16) || 0);

const visible = (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·");

// Sixteen bytes a line, in hex and as text; each is one element, so that pointing at it can
// tell which field it belongs to.
function hexDump(bytes, tintOf) {
  const pre = element("pre", { "aria-label": "Bytes" }), cells = bytes.map(() => []);
  const cell = (i, words) => {
    const made = element(`span${tintOf(i)}`, { "data-byte": i }, words);
    cells[i].push(made);
    return made;
  };
  for (let row = 0; row < bytes.length; row += 16) {
    const line = bytes.slice(row, row + 16), rest = 16 - line.length;
    append(pre, [box("span.muted", pad(row, 4, 16)), "  ",
      line.map((byte, i) => [cell(row + i, pad(byte, 2, 16)), i === 7 ? "  " : " "]), "   ".repeat(rest) + (rest > 8 ? "  " : " "),
      line.map((byte, i) => cell(row + i, visible(byte))), "\n"]);
  }
  return { pre, cells };
}

const depthOf = (field) => Number(field[2]) || 0;

// The innermost field that byte `i` lies in, or -1.
function fieldAt(fields, i) {
  let found = -1;
  fields.forEach((field, k) => {
    const [offset, length] = field;
    if (offset <= i && i < offset + length && (found < 0 || depthOf(field) >= depthOf(fields[found])))
      found = k;
  });
  return found;
}

function frameView(frame, msg) {
  const head = box("b", describeMessage(msg));
  if (!frame)
    return box("div.hex", head, box("p.muted", "The record holds no bytes of this message."));
  const bytes = toBytes(frame.hex), fields = (Array.isArray(frame.fields) ? frame.fields : []).filter(Array.isArray);
  const owner = bytes.map((_, i) => fieldAt(fields, i));
  const { pre, cells } = hexDump(bytes, (i) => (owner[i] < 0 ? "" : `.tint${owner[i] % 4}`));
  let marked = [];
  const mark = (k) => {
    const [offset = 0, length = 0] = fields[k] || [];
    marked.forEach((one) => one.classList.remove("on"));
    marked = [cells.slice(offset, offset + length), rows[k] || []].flat(2);
    marked.forEach((one) => one.classList.add("on"));
  };
  const rows = fields.map((field, k) => {
    const [offset, length, , name, value, problem] = field, marks = () => mark(k);
    return element("tr", { tabindex: "0", onmouseenter: marks, onfocus: marks }, box("td.muted", `${offset}+${length}`),
      element("td", { style: `padding-left:${8 + 12 * depthOf(field)}px` }, box(`i.swatch.tint${k % 4}`), String(name)),
      box("td", String(value ?? ""), problem && box("div.problem", `✕ ${problem}`)));
  });
  pre.addEventListener("mouseover", ({ target }) => {
    const k = owner[target.dataset.byte];
    if (k === undefined)
      return;
    mark(k);
    rows[k]?.scrollIntoView({ block: "nearest" });
  });
  const more = frame.len > bytes.length ? `, the first ${bytes.length} shown` : "";
  return region("div.hex", "Frame", head, box("div.muted", `frame ${frame.id}, ${sized(frame.len || bytes.length)}${more}`), pre,
    rows.length > 0 && box("table", box("tbody", rows)));
}

function messagesTable(model, view) {
  const { msgs } = model, { selection } = view, holder = box("div"), hasFrames = model.frames.length > 0;
  if (msgs.length === 0)
    return empty("No message was recorded.");
  let open = msgs.find((msg) => msg.id !== undefined && msg.id === selection.msg) ||
    msgs.find((msg) => msg.frame !== undefined && msg.call !== undefined && msg.call === selection.call) ||
    msgs.find((msg) => msg.frame !== undefined) || msgs[0];
  const show = (msg) => {
    open = msg;
    holder.replaceChildren(frameView(model.frameById.get(msg.frame), msg));
    table.redraw();
  };
  const table = grid({ name: "messages", rows: msgs, bad: isHurt, columns: [
    ["Sent", "time", "t"],
    ["Way", "", (msg) => (msg.dir === "s2c" ? "to client" : "to server"), { cell: (msg) => (msg.dir === "s2c" ?
      picture("span", "to client", "←") : picture("span", "to server", "→")) }],
    ["Conn", "num", "conn"],
    ["Call", "num", "call"],
    ["Kind", "", "kind"],
    ["Bytes", "num", "len"],
    ["Flight", "took", (msg) => tookOf(msg.t, msg.rx), { cell: (msg) => duration(tookOf(msg.t, msg.rx)) }],
    ["Fate", "tint", (msg) => joined([msg.fate, msg.fault, msg.note], " · ")],
  ], onOpen: hasFrames ? show : (msg) => view.select({ call: msg.call, conn: msg.conn, at: msg.t }),
     isSelected: (msg) => hasFrames && msg === open });
  if (!hasFrames)
    return table;
  show(open);
  return box("div.frames", table, holder);
}
