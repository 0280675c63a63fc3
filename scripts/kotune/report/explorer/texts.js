// Texts of rows and models are untrusted: they reach the page as text nodes alone, and what cannot be seen, or turns the
// text round, is spelt out in a mark, as the tables spell it (printing/escaping.py).
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]/u;
const LONG = 20000; // characters of a text that are shown at once

function spelt(char) {
  const code = char.codePointAt(0);
  if (char === "\t") return "\\t";
  if (char === "\r") return "\\r";
  if (char === "\n") return "\\n";
  if (code < 0x100) return "\\x" + code.toString(16).padStart(2, "0");
  return code < 0x10000 ? "\\u" + code.toString(16).padStart(4, "0") : "\\U" + code.toString(16).padStart(8, "0");
}

function visible(text) { // on one line, for names, options and labels
  let made = "";
  for (const char of text) made += UNSEEN.test(char) ? spelt(char) : char;
  return made;
}

function snippet(text, most) { // the beginning of a text, on one line
  const cut = text.length > most ? [...text.slice(0, most + 1)].slice(0, -1).join("") + "…" : text;
  return visible(cut.replace(/\s+/g, " "));
}

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child); // a string becomes a text node
  return node;
}

function pieces(text, terms) { // places of the terms that are searched for, in a text as it is shown
  const lower = text.toLowerCase(), found = [];
  if (lower.length !== text.length) return found;
  for (const term of terms) {
    for (let at = lower.indexOf(term); at >= 0 && found.length < 1000; at = lower.indexOf(term, at + term.length)) found.push([at, at + term.length]);
  }
  return found.sort((one, other) => one[0] - other[0]);
}

function appendVisible(node, text) {
  let plain = "";
  for (const char of text) {
    if (char === "\n" || char === "\t" || !UNSEEN.test(char)) { plain += char; continue; }
    if (plain) node.append(plain);
    plain = "";
    node.append(make("span", { class: "unseen" }, spelt(char)));
  }
  if (plain) node.append(plain);
}

function shownText(text, terms) { // a block with a text, its unseen characters spelt out and the terms marked
  const block = make("div", { class: "text", dir: "auto" });
  const fill = (part) => {
    block.replaceChildren();
    let from = 0;
    for (const [start, end] of pieces(part, terms)) {
      if (start < from) continue;
      appendVisible(block, part.slice(from, start));
      const mark = make("mark");
      appendVisible(mark, part.slice(start, end));
      block.append(mark);
      from = end;
    }
    appendVisible(block, part.slice(from));
  };
  if (text.length <= LONG) { fill(text); return block; }
  fill(text.slice(0, LONG));
  const more = make("button", { type: "button", on: { click: () => { fill(text); more.remove(); block.focus(); } } }, say("more", text.length.toLocaleString()));
  return make("div", {}, block, more);
}
