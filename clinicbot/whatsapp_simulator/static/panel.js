// Beside the phone: the gateway's state, the faults, and what went over the wire.

import { $, make, preciseClock } from './dom.js';

const SHOWN = 100;

const REACH = {
  unknown: 'looking for it …',
  connected: 'connected; it has answered WhatsApp’s handshake',
  unreachable: 'not reachable',
  refused: 'reachable, but it refuses us',
};

export function showGateway({ gateway, waiting, window_open: windowOpen }) {
  $('gateway').replaceChildren(make('code', {}, gateway.url), `: ${REACH[gateway.reach]}`);
  $('gateway').dataset.reach = gateway.reach;
  $('waiting').textContent = waiting ? `${waiting} webhook${waiting > 1 ? 's' : ''} under way; posted again until it says 200.` : '';
  $('window').textContent = windowOpen
    ? 'The clinic may write to this patient: the last message is less than 24 hours old.'
    : 'The clinic can’t write to this patient (131047): no message in the last 24 hours.';
  const troubles = {
    unreachable: `The gateway at ${gateway.url} is not reachable. What patients write is posted again until it is.`,
    refused: `The gateway at ${gateway.url} refuses us: ${gateway.detail}. Is it running with the same WHATSAPP_ settings?`,
  };
  showTrouble(troubles[gateway.reach] ?? '');
}

export function showTrouble(text) {
  $('trouble').hidden = text === '';
  if ($('trouble').textContent !== text) $('trouble').textContent = text;
}

export function addToWire(exchanges) {
  for (const exchange of exchanges) $('wire').prepend(wireRow(exchange));
  for (const old of [...$('wire').children].slice(SHOWN)) old.remove();
  $('quiet').hidden = $('wire').children.length > 0;
}

export function forgetWire() {
  $('wire').replaceChildren();
}

function wireRow({ at, to_clinic: toClinic, title, request, status, response }) {
  const good = status !== null && status < 300;
  const summary = make(
    'summary',
    {},
    make('time', { dateTime: at }, preciseClock(at)),
    make('span', { class: toClinic ? 'way webhook' : 'way graph' }, toClinic ? 'webhook' : 'Graph API'),
    make('span', { class: 'title' }, title),
    make('b', { class: good ? 'good' : 'bad' }, status === null ? 'no answer' : String(status)),
  );
  const sender = toClinic ? 'WhatsApp' : 'The clinic';
  const answerer = toClinic ? 'The clinic' : 'WhatsApp';
  const details = make('details', {}, summary, make('h3', {}, `${sender} sent`), json(request), make('h3', {}, `${answerer} answered`), json(response));
  return make('li', {}, details);
}

function json(value) {
  return make('pre', { dir: 'ltr' }, typeof value === 'string' ? value || '(nothing)' : JSON.stringify(value, null, 2));
}

/** `change(plan)` is called with what the switches say. */
export function prepareFaults(change) {
  $('plan').addEventListener('submit', (event) => event.preventDefault());
  $('plan').addEventListener('change', () => change(planOfInputs()));
  $('all-well').addEventListener('click', () => {
    for (const input of $('kinds').querySelectorAll('input')) input.value = 0;
    $('pair_limit').value = 0;
    change(planOfInputs());
  });
}

export function showFaults(groups, plan) {
  if (!$('kinds').children.length) for (const group of groups) $('kinds').append(...group.map(faultRow), gap());
  const active = [...$('kinds').querySelectorAll('input'), $('slow_seconds'), $('late_seconds'), $('pair_limit')];
  for (const input of active) {
    if (input === document.activeElement) continue; // being typed into
    const { fault, part } = input.dataset;
    if (!fault) input.value = plan[input.id];
    else input.value = part === 'next' ? (plan.next[fault] ?? 0) : Math.round((plan.rate[fault] ?? 0) * 100);
  }
  const on = new Set([...Object.keys(plan.next), ...Object.keys(plan.rate)]).size + (plan.pair_limit ? 1 : 0);
  $('faults-on').textContent = on ? `${on} on` : 'none';
  $('faults-on').className = on ? 'on' : '';
}

function faultRow({ id, meaning }) {
  const next = make('input', { type: 'number', min: 0, max: 1000, value: 0, 'aria-label': `${meaning}: the next` });
  const rate = make('input', { type: 'number', min: 0, max: 100, value: 0, 'aria-label': `${meaning}: at random, %` });
  Object.assign(next.dataset, { fault: id, part: 'next' });
  Object.assign(rate.dataset, { fault: id, part: 'rate' });
  return make('tr', {}, make('th', { scope: 'row' }, meaning), make('td', {}, next), make('td', {}, rate));
}

function gap() {
  return make('tr', { class: 'gap', 'aria-hidden': 'true' }, make('td', { colSpan: 3 }));
}

function planOfInputs() {
  const plan = { next: {}, rate: {} };
  for (const input of $('kinds').querySelectorAll('input')) {
    const { fault, part } = input.dataset;
    const number = Math.max(0, Number(input.value) || 0);
    if (number) plan[part][fault] = part === 'next' ? Math.floor(number) : number / 100;
  }
  for (const id of ['slow_seconds', 'late_seconds']) plan[id] = Math.max(0, Number($(id).value) || 0);
  plan.pair_limit = Math.floor(Math.max(0, Number($('pair_limit').value) || 0));
  return plan;
}
