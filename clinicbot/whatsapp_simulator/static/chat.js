// The bubbles of one chat. What a bubble lets its reader do is handed in as `act`.

import { $, clock, day, make, unseen, words } from './dom.js';

const TICKS = { sent: 'Sent', delivered: 'Delivered', read: 'Read' };
const MEDIA = {
  image: ['📷', 'Photo'],
  video: ['🎬', 'Video'],
  document: ['📄', 'Document'],
  sticker: ['🌟', 'Sticker'],
  location: ['📍', 'Location'],
  contacts: ['👤', 'Contact'],
  unsupported: ['📊', 'Something that businesses can’t receive'],
};

/** Brings the list to what `bubbles` says, and leaves alone what is there already: it may be read aloud or focused. */
export function showBubbles(list, bubbles, act) {
  const wanted = [];
  let lastDay = '';
  for (const bubble of bubbles) {
    const itsDay = day(bubble.at);
    if (itsDay !== lastDay) wanted.push({ key: `day ${itsDay}`, state: '', build: () => dayRow(itsDay) });
    lastDay = itsDay;
    const quoted = bubbles.find(({ id }) => id === bubble.body.context?.[bubble.mine ? 'id' : 'message_id']);
    const state = JSON.stringify({ ...bubble, tick: '' });
    wanted.push({ key: bubble.id, state, tick: bubble.tick, build: () => row(bubble, quoted, act) });
  }
  const present = new Map([...list.children].map((item) => [item.dataset.key, item]));
  wanted.forEach(({ key, state, tick, build }, place) => {
    let item = present.get(key);
    if (item?.dataset.state !== state) {
      const fresh = build();
      fresh.dataset.key = key;
      fresh.dataset.state = state;
      if (item) replace(item, fresh);
      item = fresh;
    }
    present.delete(key);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    showTick(item, tick);
  });
  for (const item of present.values()) item.remove();
}

/** Keeps the focus on the same button of the new one. */
function replace(old, fresh) {
  const buttons = [...old.querySelectorAll('button')];
  const focused = buttons.indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (focused >= 0) fresh.querySelectorAll('button')[focused]?.focus();
}

function showTick(item, tick) {
  const ticks = item.querySelector('.tick');
  if (!tick || ticks.dataset.tick === tick) return;
  ticks.dataset.tick = tick;
  ticks.querySelector('.unseen').textContent = TICKS[tick];
}

function dayRow(text) {
  return make('li', { class: 'day' }, make('span', {}, text));
}

function row(bubble, quoted, act) {
  const own = bubble.mine;
  const foot = make('p', { class: 'foot' }, bubble.edited ? 'edited ' : '', make('time', { dateTime: bubble.at }, clock(bubble.at)));
  if (own) foot.append(make('span', { class: 'tick' }, $('tick-icon').content.cloneNode(true), unseen('')));
  const box = make('div', { class: 'bubble' }, unseen(own ? 'You:' : 'The clinic:'), quotation(quoted), ...content(bubble.body, act), foot);
  if (bubble.reaction) box.append(make('p', { class: 'reaction' }, unseen('You reacted '), bubble.reaction));
  return make('li', { class: own ? 'own' : 'clinics' }, make('div', { class: 'line' }, box, handle(bubble, act)), ...offers(bubble, act));
}

/** The small button beside a bubble: change an own text, react to the clinic's. */
function handle(bubble, act) {
  if (bubble.mine && !bubble.body.text) return null;
  const label = bubble.mine ? 'Edit this message' : 'React to this message';
  const properties = { type: 'button', class: 'handle', 'aria-label': label, title: label, 'aria-haspopup': 'dialog' };
  const button = make('button', properties, bubble.mine ? '✎' : '☺');
  button.addEventListener('click', () => (bubble.mine ? act.edit(bubble) : act.react(bubble)));
  return button;
}

function quotation(quoted) {
  if (!quoted) return null;
  const { body } = quoted;
  const text = body.text?.body ?? body.interactive?.body?.text ?? MEDIA[body.type]?.[1] ?? body.type;
  return make('blockquote', { dir: 'auto' }, text);
}

function content(body, act) {
  switch (body.type) {
    case 'text':
      return [words(body.text.body)];
    case 'interactive':
      return interactive(body.interactive);
    case 'contacts':
      return body.contacts.map((contact) => card(contact, act));
    case 'audio':
      return [media('🎤', body.audio.voice ? 'Voice message' : 'Audio')];
    default:
      return attached(body);
  }
}

function interactive(message) {
  const reply = message.button_reply ?? message.list_reply;
  if (reply) return [words(reply.title), ...(reply.description ? [words(reply.description, 'words small')] : [])];
  return [
    message.header ? words(message.header.text, 'words heading') : null,
    words(message.body.text),
    message.footer ? words(message.footer.text, 'words small') : null,
  ];
}

function attached(body) {
  const [icon, name] = MEDIA[body.type] ?? ['✨', `Something of the future: ${body.type}`];
  const { caption, filename, address, name: place } = body[body.type] ?? {};
  const more = [filename, place, address].filter(Boolean).join(', ');
  return [media(icon, more ? `${name}: ${more}` : name), caption ? words(caption) : null];
}

function media(icon, text) {
  return make('p', { class: 'media' }, make('span', { 'aria-hidden': 'true' }, icon), make('span', { dir: 'auto' }, text));
}

function card(contact, act) {
  const name = make('p', { class: 'media' }, make('span', { 'aria-hidden': 'true' }, '👤'), make('b', { dir: 'auto' }, contact.name.formatted_name));
  const calls = (contact.phones ?? []).map(({ phone }) => {
    const number = make('bdi', {}, phone);
    const button = make('button', { type: 'button', class: 'call' }, 'Call ', number);
    button.addEventListener('click', () => act.call(phone));
    return button;
  });
  return make('div', { class: 'card' }, name, ...calls);
}

/** What stands under a bubble of the clinic's: its reply buttons, or the one that opens its list. */
function offers(bubble, act) {
  const message = bubble.mine ? null : bubble.body.interactive;
  if (message?.type === 'button') {
    return message.action.buttons.map(({ reply }) => {
      const chosen = bubble.pressed === reply.id;
      const button = make('button', { type: 'button', class: 'offer', disabled: bubble.pressed !== '' }, `${chosen ? '✓' : '↩'} ${reply.title}`);
      button.addEventListener('click', () => act.press(bubble, reply.id));
      return button;
    });
  }
  if (message?.type !== 'list') return [];
  const button = make('button', { type: 'button', class: 'offer', 'aria-haspopup': 'dialog' }, `☰ ${message.action.button}`);
  button.addEventListener('click', () => act.open(bubble));
  return [button];
}
