// Elements without markup in strings, and text as WhatsApp formats it.

export const $ = (id) => document.getElementById(id);

/** An element with properties (or attributes, where the name has a dash or is `role` or `class`) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role' || name === 'class') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const TAGS = { '*': 'b', _: 'i', '~': 's', '```': 'code' };
// A mark opens before and closes after something else than white space, and not inside a word.
const MARKED = /(?<![\p{L}\p{N}])(```|[*_~])(?=\S)([^\n]*?\S)\1(?![\p{L}\p{N}])/gu;

/** WhatsApp's *bold*, _italic_, ~struck~ and ```code``` as nodes. */
export function formatted(text) {
  const nodes = [];
  let done = 0;
  for (const match of text.matchAll(MARKED)) {
    const inside = match[1] === '```' ? [match[2]] : formatted(match[2]);
    nodes.push(text.slice(done, match.index), make(TAGS[match[1]], {}, ...inside));
    done = match.index + match[0].length;
  }
  nodes.push(text.slice(done));
  return nodes;
}

/** A paragraph in its own direction. */
export function words(text, className = 'words') {
  return make('p', { class: className, dir: 'auto' }, ...formatted(text));
}

export function unseen(text) {
  return make('span', { class: 'unseen' }, text);
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const PRECISE = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

export const clock = (iso) => CLOCK.format(new Date(iso));
export const preciseClock = (iso) => PRECISE.format(new Date(iso));

/** Today, Yesterday, or a date. */
export function day(iso) {
  const shown = DATE.format(new Date(iso));
  if (shown === DATE.format(new Date())) return 'Today';
  return shown === DATE.format(new Date(Date.now() - 86_400_000)) ? 'Yesterday' : shown;
}
