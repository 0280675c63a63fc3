// One row with all its texts, its gold answers, and the answers of the runs that are shown, side by side.
function drawDetail() {
  const detail = field("detail"), { set, row } = state;
  if (row < 0) { detail.replaceChildren(make("p", {}, say(state.rows.length ? "no_row" : "nothing"))); return; }
  const texts = set.columns.map((title, column) => [title, textAt(set, set.rows.texts[column][row])]).filter(([, text]) => text);
  const golds = set.rows.golds[row].map((place) => textAt(set, place));
  const kinds = set.kinds.map((kind, place) => kind.values[set.rows.kinds[place][row]]).filter(Boolean);
  const code = turn(set, state.a, state.b, row);
  detail.replaceChildren(
    make("div", { class: "row bar" },
      make("button", { type: "button", class: "back", on: { click: closeDetail } }, say("back")),
      make("button", { type: "button", on: { click: () => moveBy(-1) } }, say("previous")),
      make("button", { type: "button", on: { click: () => moveBy(1) } }, say("next"))),
    make("h2", {}, make("span", { class: "id" }, snippet(set.rows.id[row], 200)), " ",
      ...[set.splits[set.rows.split[row]], ...kinds].map((name) => make("span", { class: "tag" }, named(name))),
      code ? make("span", { class: "turn turn" + (set.right.ranked ? code : "") }, "A → B: " + turnWord(set, code)) : ""),
    state.why.has(row) ? make("p", { class: "why" }, state.why.get(row)) : "",
    ...texts.map(([title, text]) => section(named(title), shownText(text, state.terms))),
    section(say("gold"), ...(golds.length ? golds.map((gold) => shownText(gold, state.terms)) : [make("p", {}, say("no_gold"))])),
    make("div", { class: "cards" }, ...orderedRuns().map((run) => card(run, row))));
  detail.scrollTop = 0;
}

function section(title, ...children) { return make("section", {}, make("h3", {}, title), ...children); }

function orderedRuns() { // A and B first, then the others that are shown
  const first = [state.a, state.b].filter((run, place, both) => both.indexOf(run) === place);
  return [...first, ...shownRuns().filter((run) => !first.includes(run))];
}

function card(run, row) {
  const { set } = state, text = textAt(set, run.answer[row]);
  const role = run === state.a ? "A" : run === state.b ? "B" : "";
  const scores = set.metrics.map((metric, place) => [visible(metric.title), run.values[place][row]]).filter(([, value]) => value !== null);
  const more = Object.entries(run.said).map(([name, places]) => [name, textAt(set, places[row])]).filter(([, said]) => said);
  return make("section", { class: "card" + (role ? " role" : ""), "aria-label": runName(set, run) },
    make("h3", {}, role ? make("span", { class: "letter" }, role) : "", runName(set, run), verdictMark(set, run, row) || ""),
    text === null ? make("p", { class: "quiet" }, say("no_answer"))
      : text === "" ? make("p", { class: "quiet" }, say("empty_answer")) : shownText(text, state.terms),
    ...more.map(([name, said]) => make("details", {}, make("summary", {}, say("said_" + name)), shownText(said, state.terms))),
    make("p", { class: "quiet" }, [
      run.ends[row] === "-" || set.ends.length === 1 ? "" : say(set.ends[run.ends[row]]),
      text ? [...text].length.toLocaleString() + " " + say("characters") : "",
      run.repeats[row] >= LEAST_REPEATS ? say("copy_of", run.repeats[row]) : "",
    ].filter(Boolean).join(" · ")),
    make("dl", { class: "scores" }, ...scores.flatMap(([title, value]) => [make("dt", {}, title), make("dd", {}, String(value))])));
}

function narrow() { return window.matchMedia("(max-width: 759px)").matches; }

function openDetail() {
  document.body.classList.add("reading");
  if (narrow()) field("detail").focus();
}

function closeDetail() {
  document.body.classList.remove("reading");
  field("list").focus();
}
