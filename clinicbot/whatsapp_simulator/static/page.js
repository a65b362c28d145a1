// Asks the simulator how things stand, several times a second, and tells it what the patient does.

import { showBubbles } from './chat.js';
import { $, make } from './dom.js';
import { addToWire, forgetWire, prepareFaults, showFaults, showGateway, showTrouble } from './panel.js';
import { close, open, openList, openReactions, prepare } from './sheets.js';

const PAUSE = 400; // milliseconds between two looks
const QUICK = ['hi', 'quick q', 'can i shower after'];

let patient = location.hash.slice(1);
let version = '';
let wire = 0;
let timer = 0;
let looking = 0; // counts looks, so that a late answer doesn't undo a newer one

async function look() {
  clearTimeout(timer);
  looking += 1;
  const mine = looking;
  try {
    const response = await fetch(`/simulator/view?${new URLSearchParams({ patient, version, wire })}`);
    if (mine !== looking) return;
    if (response.status === 200) show(await response.json());
    else if (!response.ok) showTrouble(`The simulator answers ${response.status}.`);
  } catch {
    if (mine !== looking) return;
    version = '';
    wire = 0; // it forgets everything when it stops
    forgetWire();
    showTrouble('The simulator has stopped. Start it again and this page goes on.');
  }
  timer = setTimeout(look, PAUSE);
}

function show(view) {
  const chat = $('chat');
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60 || patient !== view.patient;
  ({ version, patient } = view);
  addToWire(view.wire);
  wire = view.wire.at(-1)?.id ?? wire;
  showPatients(view.patients);
  showBubbles($('bubbles'), view.bubbles, act);
  $('hint').hidden = view.bubbles.length > 0;
  $('typing').hidden = !view.typing;
  $('presence').textContent = view.typing ? 'typing…' : 'business account';
  showGateway(view);
  showFaults(view.kinds_of_faults, view.faults);
  if (atEnd) chat.scrollTop = chat.scrollHeight;
}

function showPatients(patients) {
  const select = $('patient');
  if (select.length !== patients.length) {
    select.replaceChildren(...patients.map(({ id, name }) => make('option', { value: id }, name)));
  }
  select.value = patient;
  const { phone } = patients.find(({ id }) => id === patient);
  $('whose').textContent = phone ? `Writes from ${phone}` : 'Writes with a user name: the clinic isn’t told the number';
}

function choose(id) {
  patient = id;
  version = '';
  history.replaceState(null, '', `#${id}`);
  say('');
  return look();
}

async function post(path, body) {
  const options = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  try {
    const response = await fetch(path, options);
    const answer = response.status === 204 ? {} : await response.json();
    say(response.ok ? '' : answer.detail);
    await look();
    return response.ok ? answer : null;
  } catch {
    await look(); // which says that the simulator has stopped
    return null;
  }
}

const send = (message) => post(`/simulator/patients/${patient}/messages`, message);

function say(text) {
  $('note').textContent = text;
}

const act = {
  press: (bubble, option) => send({ kind: 'press', message: bubble.id, option }),
  open: (bubble) => openList(bubble.body.interactive.action, (option) => act.press(bubble, option)),
  react: (bubble) => openReactions(bubble.reaction, (emoji) => send({ kind: 'react', message: bubble.id, emoji })),
  call: (phone) => say(`On a phone this would now call ${phone}.`),
  edit: (bubble) => {
    $('edit').dataset.message = bubble.id;
    $('edit-text').value = bubble.body.text.body;
    open('edit-sheet');
  },
};

function on(id, event, handler) {
  $(id).addEventListener(event, (happened) => {
    if (event === 'submit') happened.preventDefault();
    handler(happened);
  });
}

on('composer', 'submit', () => {
  const text = $('text').value.trim();
  $('text').value = '';
  $('text').focus();
  if (!text) return;
  $('chat').scrollTop = $('chat').scrollHeight;
  send({ kind: 'texts', texts: [text] });
});
on('text', 'keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('composer').requestSubmit();
});
on('attach', 'click', () => open('attach-sheet'));
on('edit', 'submit', () => {
  close('edit-sheet');
  send({ kind: 'edit', message: $('edit').dataset.message, text: $('edit-text').value.trim() });
});
on('patient', 'change', () => choose($('patient').value));
on('new-patient', 'click', () => open('patient-sheet'));
on('add-patient', 'submit', async () => {
  close('patient-sheet');
  const added = await post('/simulator/patients', { name: $('name').value.trim(), hidden: $('hidden-number').checked });
  $('add-patient').reset();
  if (added) choose(added.id);
});
on('three', 'click', () => send({ kind: 'texts', texts: QUICK }));
on('day', 'click', () => post('/simulator/day', {}));
prepare((attachment, caption) => send({ kind: 'attach', attachment, caption }));
prepareFaults((plan) => post('/simulator/faults', plan));
look();
