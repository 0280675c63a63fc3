// Rows that are shown because a rule chooses them, never a hand: of each group the largest gain and loss, the best
// that stays right, the worst that stays wrong, and the most repetition. The rules of gain and loss are those of the paper's examples (report/gather/examples.py).
const LEAST_REPEATS = 5;

function ranked(set) { return set.metrics[set.primary].more_is_better !== null; }

function ruleInWords(set, each) {
  const title = visible(set.metrics[set.primary].title);
  return say("rule_start", each) + say(ranked(set) ? "rule_gain" : "rule_rise", title)
    + (set.right && set.right.ranked ? say("rule_unchanged") : "") + say("rule_repeats", LEAST_REPEATS);
}

function eachOptions(set) {
  const found = [["split", say("split")], ...set.kinds.map((kind, place) => ["kind-" + place, named(kind.name)])];
  const first = set.kinds.findIndex((kind) => set.by.includes(kind.name) || kind.name === "turns");
  return first < 0 ? found : [found[first + 1], ...found.filter((_, place) => place !== first + 1)];
}

function groupOf(set, row, each) {
  if (each === "split") return set.splits[set.rows.split[row]];
  const place = Number(each.slice(5));
  return set.kinds[place].values[set.rows.kinds[place][row]] || "–";
}

// Return the row with the lowest value, of equals that with the lowest id; null where no row has a value.
function lowest(set, rows, value) {
  let best = null;
  for (const row of rows) {
    const of = value(row);
    if (of === null || Number.isNaN(of)) continue;
    if (best === null || of < best.of || (of === best.of && set.rows.id[row] < set.rows.id[best.row])) best = { row, of };
  }
  return best && best.row;
}

function chosenOf(set, a, b, rows) { // [rule, row] of one group
  const asked = rows.filter((row) => wasAsked(set, a, row) && wasAsked(set, b, row) && set.rows.left_out[row] !== "1");
  const gain = orderOf(set, a, b, "gain");
  const low = orderOf(set, a, b, "low");
  const of = (code) => (set.right && set.right.ranked ? asked.filter((row) => turn(set, a, b, row) === code) : []);
  const [up, down] = ranked(set) ? ["gain", "loss"] : ["rise", "fall"];
  return [
    [up, lowest(set, asked, (row) => (gain(row) < 0 ? gain(row) : null))],
    [down, lowest(set, asked, (row) => (gain(row) > 0 ? -gain(row) : null))],
    ["kept", lowest(set, of("11"), (row) => -low(row))],
    ["unchanged", lowest(set, of("00"), low)],
    ["longest", lowest(set, asked, (row) => (b.repeats[row] >= LEAST_REPEATS ? -b.repeats[row] : null))],
  ].filter(([, row]) => row !== null);
}

function chosenRows(set, a, b, rows, each) {
  const groups = new Map();
  for (const row of [...rows].sort((one, other) => one - other)) {
    const name = groupOf(set, row, each);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  const found = [];
  for (const [name, of] of groups) {
    for (const [rule, row] of chosenOf(set, a, b, of)) {
      const told = named(name) + ": " + say(rule);
      if (state.why.has(row)) state.why.set(row, state.why.get(row) + "; " + told);
      else { state.why.set(row, told); found.push(row); }
    }
  }
  return found;
}
