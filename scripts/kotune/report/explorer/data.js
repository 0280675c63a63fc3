// The documents in the page, unpacked when they are first shown; what a row and a run are.
const documents = new Map();

async function unpacked(name) {
  const node = document.getElementById(name);
  if (!node.dataset.packed) return JSON.parse(node.textContent);
  const letters = atob(node.textContent), bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(node.dataset.packed));
  return JSON.parse(await new Response(stream).text());
}

async function setAt(place) {
  if (!documents.has(place)) {
    const found = await unpacked("set-" + place);
    found.count = found.rows.id.length;
    found.lowered = new Array(found.strings.length); // filled in as texts are searched
    found.runs.forEach((run, number) => { run.number = number; });
    documents.set(place, found);
  }
  return documents.get(place);
}

function textAt(set, place) { return place < 0 ? null : set.strings[place]; }

function runName(set, run) {
  const seeds = set.runs.some((one) => one.model === run.model && one.arm === run.arm && one.seed !== run.seed);
  return visible(run.model + " · " + run.arm + (seeds ? " · " + run.seed : ""));
}

function primaryOf(set, run, row) { return run.values[set.primary][row]; }

function wasAsked(set, run, row) { return run.ends[row] !== "-" && set.ends[run.ends[row]] !== "not asked"; }

// how a row turned from one run to another: "11", "10", "01", "00", or "" where it is not counted
function turn(set, a, b, row) {
  if (set.rows.left_out[row] === "1" || a.right[row] === "-" || b.right[row] === "-") return "";
  return a.right[row] + b.right[row];
}

const TURNS = {
  true: { "10": "broken", "01": "mended", "11": "both_right", "00": "both_wrong", "": "uncounted" },
  false: { "10": "turned_off", "01": "turned_on", "11": "both_on", "00": "both_off", "": "uncounted" },
};

function turnWord(set, code) { return say(TURNS[!set.right || set.right.ranked][code]); }

function verdictWord(set, letter) {
  if (letter === "-") return "";
  return say(set.right.ranked ? (letter === "1" ? "right" : "wrong") : (letter === "1" ? "yes" : "no"));
}

function baseOf(set, run) { // the run that a run is compared with at first: its model's base, else the first run
  return set.runs.find((one) => one.base && one.model === run.model) || set.runs.find((one) => one.base) || set.runs[0];
}

function mainRun(set) { return set.runs.find((one) => one.tuned) || set.runs[set.runs.length - 1]; }
