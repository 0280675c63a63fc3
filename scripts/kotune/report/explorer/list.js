// The list of rows: only those in sight are in the page, whatever the number of rows.
const HEIGHT = 76; // of a row, in CSS pixels; page.css has the same
const SPARE = 6; // rows above and below those in sight

function drawList() {
  const list = field("list"), space = field("space"), set = state.set;
  space.style.height = state.rows.length * HEIGHT + "px";
  const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - SPARE);
  const last = Math.min(state.rows.length, Math.ceil((list.scrollTop + list.clientHeight) / HEIGHT) + SPARE);
  const nodes = [];
  for (let place = first; place < last; place++) nodes.push(drawRow(set, place));
  space.replaceChildren(...nodes);
  const place = state.rows.indexOf(state.row);
  if (place >= first && place < last) list.setAttribute("aria-activedescendant", "row-" + place);
  else list.removeAttribute("aria-activedescendant");
}

function verdictMark(set, run, row) {
  const letter = run.right[row], word = verdictWord(set, letter);
  if (!word) return null;
  const colour = !set.right.ranked ? "neutral" : letter === "1" ? "good" : "bad";
  return make("span", { class: "verdict " + colour }, (letter === "1" ? "✓ " : "✗ ") + word);
}

function questionOf(set, row) { // the text by which a list shows a row; where it is empty, the next that is not
  for (const column of [set.listed, ...set.columns.keys()]) {
    const text = textAt(set, set.rows.texts[column][row]);
    if (text) return text;
  }
  return "";
}

function drawRow(set, place) {
  const row = state.rows[place], { a, b } = state, code = turn(set, a, b, row);
  const chosen = row === state.row;
  const why = state.why.get(row);
  const answer = textAt(set, b.answer[row]);
  const node = make("div", {
    role: "option", id: "row-" + place, class: "option", "aria-selected": String(chosen), "aria-posinset": place + 1,
    "aria-setsize": state.rows.length, on: { click: () => { choose(place); openDetail(); } },
  },
  make("div", { class: "line" },
    make("span", { class: "id" }, snippet(set.rows.id[row], 60)),
    make("span", { class: "tag" }, visible(set.splits[set.rows.split[row]])),
    code ? make("span", { class: "turn turn" + (set.right.ranked ? code : "") }, turnWord(set, code)) : null),
  make("div", { class: "line question", dir: "auto" }, snippet(questionOf(set, row), 140)),
  make("div", { class: "line answer", dir: "auto" }, why || (answer === null ? say("no_answer") : snippet(answer, 140) || say("empty_answer"))));
  node.style.top = place * HEIGHT + "px";
  return node;
}

function choose(place) {
  if (!state.rows.length) return;
  const to = Math.max(0, Math.min(state.rows.length - 1, place));
  state.row = state.rows[to];
  const list = field("list"), top = to * HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = top + HEIGHT - list.clientHeight;
  drawList();
  drawDetail();
  remember();
}

function moveBy(step) { choose(state.rows.indexOf(state.row) + step); }

function moveToTurned(step) { // the next row, or the one before, that turned between A and B
  for (let place = state.rows.indexOf(state.row) + step; place >= 0 && place < state.rows.length; place += step) {
    if (["10", "01"].includes(turn(state.set, state.a, state.b, state.rows[place]))) { choose(place); return; }
  }
}
