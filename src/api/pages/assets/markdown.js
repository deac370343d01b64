// Shows the Markdown that answers use, as DOM nodes made one by one: text never becomes HTML, and no link can be followed
// by accident, for its address is shown as text.

const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const QUOTE = /^\s{0,3}>\s?/;
const BULLET = /^\s*[-*+]\s+/;
const NUMBER = /^\s*\d{1,9}[.)]\s+/;

/** Replaces what `parent` shows by `source`. */
export function show(parent, source) {
  parent.replaceChildren(...blocks(source.replace(/\r\n?/g, "\n").split("\n")));
}

function blocks(lines) {
  const made = [];
  let at = 0;
  const take = (fits) => {
    const start = at;
    while (at < lines.length && fits(lines[at])) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    const fence = line.match(FENCE);
    const heading = line.match(HEADING);
    if (line.trim() === "") {
      at += 1;
    } else if (fence) {
      at += 1;
      const body = take((next) => !next.trim().startsWith(fence[1]));
      at += 1; // The closing fence; missing while the answer still streams.
      const code = element("code");
      code.textContent = body.join("\n");
      made.push(element("pre", code));
    } else if (heading) {
      at += 1;
      made.push(element(heading[1].length < 3 ? "h3" : "h4", ...inline(heading[2])));
    } else if (QUOTE.test(line)) {
      made.push(element("blockquote", ...blocks(take((next) => QUOTE.test(next)).map((next) => next.replace(QUOTE, "")))));
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const mark = BULLET.test(line) ? BULLET : NUMBER;
      const body = take((next) => mark.test(next) || /^\s+\S/.test(next));
      made.push(element(mark === BULLET ? "ul" : "ol", ...items(body, mark)));
    } else {
      const body = take((next) => next.trim() !== "" && ![FENCE, HEADING, QUOTE, BULLET].some((mark) => mark.test(next)));
      made.push(element("p", ...inline(body.join("\n"))));
    }
  }
  return made;
}

function items(lines, mark) {
  const texts = [];
  for (const line of lines) {
    if (mark.test(line) || texts.length === 0) texts.push(line.replace(mark, ""));
    else texts[texts.length - 1] += `\n${line.trim()}`;
  }
  return texts.map((text) => element("li", ...inline(text)));
}

const INLINE = /(`+)([^`]|[^`].*?[^`])\1(?!`)|(\*\*|__)(?=\S)(.+?)\3|(\*)(?=\S)([^*]+?)\5|\[([^\]\n]+)\]\(([^()\s]+)\)/s;

function inline(text) {
  const made = [];
  let rest = text;
  for (let match = rest.match(INLINE); match; match = rest.match(INLINE)) {
    if (match.index > 0) made.push(rest.slice(0, match.index));
    if (match[1]) made.push(element("code", match[2]));
    else if (match[3]) made.push(element("strong", ...inline(match[4])));
    else if (match[5]) made.push(element("em", ...inline(match[6])));
    else made.push(`${match[7]} (${match[8]})`);
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== "") made.push(rest);
  return made;
}

/** Makes an element; strings among its children become text. */
export function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}
