// Which rows pass the filters, and in which order.
const state = { place: 0, set: null, a: null, b: null, row: -1, rows: [], why: new Map(), terms: [] };
const FIELDS = ["search", "show", "each", "split", "outcome", "end", "sort", "model", "arm", "seed"];
const field = (name) => document.getElementById(name);

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => make("option", { value }, text)));
  select.value = entries.some(([value]) => value === chosen) ? chosen : entries[0][0];
}

function outcomeOptions(set) {
  const found = [["", say("any")], ["changed", say("changed")], ["same", say("same")]];
  if (!set.right) return found;
  for (const code of ["10", "01", "11", "00", ""]) found.push(["turn" + code, turnWord(set, code)]);
  const ranked = set.right.ranked;
  found.push(["b1", say(ranked ? "b_right" : "b_on")], ["b0", say(ranked ? "b_wrong" : "b_off")], ["disagree", say("disagree")]);
  if (ranked) found.push(["none_right", say("none_right")]);
  return found;
}

function endOptions(set) { // how B's answer ended, and what metrics of yes or no say of it
  const found = [["", say("any")]];
  set.ends.forEach((name, place) => {
    if (set.runs.some((run) => run.ends.includes(String(place)))) found.push(["end" + place, say(name)]);
  });
  set.metrics.forEach((metric, place) => {
    const values = new Set(set.runs.flatMap((run) => run.values[place]).filter((value) => value !== null));
    if ([...values].every((value) => value === 0 || value === 1) && values.size) {
      for (const value of [1, 0]) found.push(["metric" + place + "=" + value, say("metric_is", visible(metric.title), value)]);
    }
  });
  return found;
}

function fillFilters(kept) {
  const set = state.set, keep = (name) => (kept ? field(name).value : "");
  const names = (key) => [["", say("all")], ...[...new Set(set.runs.map((run) => String(run[key])))].map((name) => [name, visible(name)])];
  const kinds = [...field("kinds").querySelectorAll("select")].map((one) => one.value);
  options(field("split"), [["", say("all")], ...set.splits.map((name, place) => [String(place), visible(name)])], keep("split"));
  options(field("outcome"), outcomeOptions(set), keep("outcome"));
  options(field("end"), endOptions(set), keep("end"));
  options(field("show"), [["all", say("show_all")], ["chosen", say("show_chosen")]], keep("show"));
  options(field("each"), eachOptions(set), keep("each"));
  options(field("sort"), ["file", "gain", "loss", "low", "long", "repeats"].map((name) => [name, say("by_" + name)]), keep("sort"));
  for (const key of ["model", "arm", "seed"]) options(field(key), names(key), keep(key));
  field("kinds").replaceChildren(...set.kinds.map((kind, place) => {
    const select = make("select", { id: "kind-" + place });
    options(select, [["", say("all")], ...kind.values.map((name, number) => [String(number), named(name) || "–"])], kept ? kinds[place] : "");
    return make("label", {}, make("span", {}, named(kind.name)), select);
  }));
  if (!kept) field("search").value = "";
}

function shownRuns() {
  const chosen = ["model", "arm", "seed"].map((key) => [key, field(key).value]).filter(([, value]) => value !== "");
  return state.set.runs.filter((run) => chosen.every(([key, value]) => String(run[key]) === value));
}

function lowered(set, place) {
  return (set.lowered[place] ??= set.strings[place].normalize("NFC").toLowerCase());
}

function searched(set, runs, terms) { // a test of rows: whether each term stands in a text, a gold answer, an id or an answer
  if (!terms.length) return () => true;
  const hits = terms.map((term) => {
    const found = new Uint8Array(set.strings.length);
    for (let place = 0; place < found.length; place++) found[place] = lowered(set, place).includes(term) ? 1 : 0;
    return found;
  });
  return (row) => hits.every((hit, number) => {
    const has = (place) => place >= 0 && hit[place] === 1;
    return set.rows.texts.some((column) => has(column[row])) || set.rows.golds[row].some(has)
      || runs.some((run) => has(run.answer[row])) || set.rows.id[row].toLowerCase().includes(terms[number]);
  });
}

function outcomeTest(set, a, b, runs, wanted) {
  if (wanted.startsWith("turn")) return (row) => turn(set, a, b, row) === wanted.slice(4);
  switch (wanted) {
    case "changed": return (row) => a.answer[row] !== b.answer[row];
    case "same": return (row) => a.answer[row] === b.answer[row];
    case "b1": return (row) => b.right[row] === "1";
    case "b0": return (row) => b.right[row] === "0";
    case "disagree": return (row) => new Set(runs.map((run) => run.right[row]).filter((letter) => letter !== "-")).size > 1;
    case "none_right": return (row) => !runs.some((run) => run.right[row] === "1");
    default: return () => true;
  }
}

function endTest(set, b, wanted) {
  if (wanted.startsWith("end")) return (row) => b.ends[row] === wanted.slice(3);
  const [place, value] = wanted.replace("metric", "").split("=").map(Number);
  return wanted ? (row) => b.values[place][row] === value : () => true;
}

function orderOf(set, a, b, name) { // a number for each row, lowest first; null keeps the file's order
  const primary = (run, row) => primaryOf(set, run, row) ?? NaN, sign = set.metrics[set.primary].more_is_better === false ? -1 : 1;
  switch (name) {
    case "gain": return (row) => sign * (primary(a, row) - primary(b, row));
    case "loss": return (row) => sign * (primary(b, row) - primary(a, row));
    case "low": return (row) => sign * primary(b, row);
    case "long": return (row) => -(textAt(set, b.answer[row]) || "").length;
    case "repeats": return (row) => -b.repeats[row];
    default: return null;
  }
}

function applyFilters() {
  const { set, a, b } = state, runs = shownRuns(), value = (name) => field(name).value;
  state.terms = value("search").normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
  const tests = [searched(set, runs, state.terms), endTest(set, b, value("end"))];
  if (value("split") !== "") tests.push((row) => set.rows.split[row] === Number(value("split")));
  set.kinds.forEach((_, place) => {
    const wanted = value("kind-" + place);
    if (wanted !== "") tests.push((row) => set.rows.kinds[place][row] === Number(wanted));
  });
  const passed = [];
  for (let row = 0; row < set.count; row++) if (tests.every((test) => test(row))) passed.push(row);
  state.turns = { "10": 0, "01": 0, "11": 0, "00": 0, "": 0 };
  for (const row of passed) state.turns[turn(set, a, b, row)]++;
  const outcome = outcomeTest(set, a, b, runs, value("outcome"));
  let rows = passed.filter(outcome);
  const order = orderOf(set, a, b, value("sort"));
  if (order) {
    const keys = new Map(rows.map((row) => [row, order(row)]));
    const key = (row) => (Number.isNaN(keys.get(row)) ? Infinity : keys.get(row));
    rows = rows.sort((one, other) => key(one) - key(other) || one - other);
  }
  state.why = new Map();
  if (value("show") === "chosen") rows = chosenRows(set, a, b, rows, value("each"));
  state.rows = rows;
}
