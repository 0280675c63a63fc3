// What the page does when something is chosen, typed or pressed; what it keeps in its address.
let waiting = 0;

function later(work) { clearTimeout(waiting); waiting = setTimeout(work, 120); }

function update() {
  applyFilters();
  if (!state.rows.includes(state.row)) state.row = state.rows.length ? state.rows[0] : -1;
  const { set } = state, list = field("list");
  field("count").textContent = state.rows.length ? say("found", state.rows.length.toLocaleString(), set.count.toLocaleString()) : say("nothing");
  const chosen = field("show").value === "chosen";
  field("each-label").hidden = !chosen;
  field("chosen-rule").hidden = !chosen;
  field("chosen-rule").textContent = chosen ? ruleInWords(set, field("each").selectedOptions[0].textContent.toLowerCase()) : "";
  drawFlips();
  const place = Math.max(0, state.rows.indexOf(state.row));
  if (place * HEIGHT < list.scrollTop || (place + 1) * HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = place * HEIGHT;
  drawList();
  drawDetail();
  remember();
}

function drawFlips() {
  const { set } = state, codes = set.right ? ["10", "01", "11", "00", ""] : [];
  field("flips").replaceChildren(...codes.filter((code) => code || state.turns[""]).map((code) => {
    const on = field("outcome").value === "turn" + code;
    return make("button", { type: "button", class: "turn turn" + (set.right.ranked ? code : ""), "aria-pressed": String(on), on: { click: () => {
      field("outcome").value = on ? "" : "turn" + code;
      update();
    } } }, turnWord(set, code) + " " + state.turns[code].toLocaleString());
  }));
  const left = set.left_out_runs ? " " + say("runs_left", set.left_out_runs) : "";
  field("rule").textContent = (set.right ? visible(set.right.words) + "." : say("no_rule")) + left;
}

function fillRuns() {
  const entries = state.set.runs.map((run) => [String(run.number), runName(state.set, run)]);
  options(field("a"), entries, String(state.a.number));
  options(field("b"), entries, String(state.b.number));
}

async function show(place, wanted) {
  field("count").textContent = say("loading");
  state.place = place;
  state.set = await setAt(place);
  state.b = mainRun(state.set);
  state.a = baseOf(state.set, state.b);
  state.row = -1;
  fillFilters(false);
  fillRuns();
  if (wanted) recall(wanted);
  field("list").scrollTop = 0;
  update();
}

function remember() {
  const told = new URLSearchParams();
  told.set("set", state.place);
  for (const [side, run] of [["a", state.a], ["b", state.b]]) told.set(side, run.number);
  for (const name of FIELDS) if (field(name).value && field(name).selectedIndex !== 0) told.set(name, field(name).value);
  state.set.kinds.forEach((_, number) => { if (field("kind-" + number).value) told.set("kind-" + number, field("kind-" + number).value); });
  if (state.row >= 0) told.set("row", state.set.rows.id[state.row]);
  state.told = "#" + told.toString();
  try { history.replaceState(null, "", state.told); } catch { /* an address that may not change changes nothing else */ }
}

function recall(told) { // what the address asks for, as far as there is such
  for (const side of ["a", "b"]) if (state.set.runs[told.get(side)]) state[side] = state.set.runs[told.get(side)];
  fillRuns();
  for (const [name, value] of told) {
    const node = FIELDS.includes(name) || /^kind-\d+$/.test(name) ? field(name) : null;
    if (node && (node.tagName !== "SELECT" || [...node.options].some((one) => one.value === value))) node.value = value;
  }
  state.row = state.set.rows.id.indexOf(told.get("row"));
}

function asked() {
  try { return new URLSearchParams(location.hash.slice(1)); } catch { return new URLSearchParams(); }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || field("help").open) return;
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape") {
    if (document.body.classList.contains("reading") || typing) closeDetail();
    return;
  }
  if (typing) return;
  const page = Math.max(1, Math.floor(field("list").clientHeight / HEIGHT) - 1), reading = event.target.closest && event.target.closest("#detail");
  const keys = {
    "/": () => { field("filters").open = true; field("search").focus(); }, j: () => moveBy(1), k: () => moveBy(-1),
    n: () => moveToTurned(1), p: () => moveToTurned(-1), "?": () => field("help").showModal(),
    ...(reading ? {} : {
      ArrowDown: () => moveBy(1), ArrowUp: () => moveBy(-1), PageDown: () => moveBy(page), PageUp: () => moveBy(-page),
      Home: () => choose(0), End: () => choose(state.rows.length - 1),
    }),
    ...(event.target === field("list") ? { Enter: () => { openDetail(); field("detail").focus(); } } : {}),
  };
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}

function sayPage(index) {
  sayAll();
  field("language").textContent = say("other_language");
  field("language").lang = language === "en" ? "ko" : "en";
  const notice = language === "ko" && index.notice_ko ? index.notice_ko : index.notice;
  field("notice").textContent = say("scale", index.scale) + (notice ? " " + notice : "");
  field("notes").replaceChildren(...index.notes.map((note) =>
    make("p", { class: note.keep_local ? "forbidden" : "unknown" }, say(note.keep_local ? "not_free" : "not_known", visible(note.dataset), visible(note.licence)))));
  const title = (study) => (language === "ko" && study.title_ko ? study.title_ko : study.title);
  options(field("set"), index.studies.flatMap((study) => study.sets.map((set) =>
    [String(set.document), visible(study.study + ": " + (set.name === "own" ? title(study) : set.title)) + " (" + set.rows.toLocaleString() + ")"])), String(state.place));
  const keys = [["/", "k_search"], ["↑ ↓", "k_move"], ["PgUp PgDn", "k_page"], ["Home End", "k_ends"], ["n p", "k_flip"], ["Enter", "k_open"], ["Esc", "k_escape"], ["Tab", "k_tab"]];
  field("help-list").replaceChildren(...keys.flatMap(([key, word]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, say(word))]));
}

async function start() {
  try {
    const index = await unpacked("index");
    if (window.matchMedia("(max-width: 1199px)").matches) field("filters").open = false;
    const wanted = asked();
    const places = index.studies.flatMap((study) => study.sets.map((set) => set.document));
    state.place = places.includes(Number(wanted.get("set"))) ? Number(wanted.get("set")) : places[0];
    sayPage(index);
    listen(index);
    if (places.length) await show(state.place, wanted);
    document.body.dataset.ready = "yes";
  } catch (error) {
    field("count").textContent = say("failed", String(error));
  }
}

function listen(index) {
  field("set").addEventListener("change", () => show(Number(field("set").value)));
  for (const side of ["a", "b"]) {
    field(side).addEventListener("change", () => {
      const before = state.b;
      state[side] = state.set.runs[Number(field(side).value)];
      if (side === "b" && state.a === baseOf(state.set, before)) state.a = baseOf(state.set, state.b);
      fillRuns();
      update();
    });
  }
  field("swap").addEventListener("click", () => { [state.a, state.b] = [state.b, state.a]; fillRuns(); update(); });
  field("form").addEventListener("submit", (event) => event.preventDefault());
  field("form").addEventListener("input", (event) => (event.target === field("search") ? later(update) : update()));
  field("reset").addEventListener("click", () => { fillFilters(false); update(); });
  field("keys").addEventListener("click", () => field("help").showModal());
  field("language").addEventListener("click", () => {
    language = language === "en" ? "ko" : "en";
    sayPage(index);
    fillFilters(true);
    update();
  });
  field("list").addEventListener("scroll", () => requestAnimationFrame(drawList), { passive: true });
  window.addEventListener("resize", drawList);
  window.addEventListener("hashchange", () => {
    const told = asked(), place = Number(told.get("set"));
    if (location.hash === state.told || !document.getElementById("set-" + place)) return;
    field("set").value = String(place);
    show(place, told);
  });
  document.addEventListener("keydown", onKey);
}
