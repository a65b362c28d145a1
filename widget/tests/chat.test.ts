import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClinicChat } from '../src/chat';
import { dead, FakeServer, problem, reply } from './fake-server';

customElements.define('clinic-chat', ClinicChat);

let server: FakeServer;
let chat: ClinicChat;

const all = (name: string) => [...chat.renderRoot.querySelectorAll<HTMLElement>(`[data-testid="${name}"]`)];
const one = (name: string) => all(name)[0]!;
const appears = (name: string) => vi.waitFor(() => expect(all(name).length, name).toBeGreaterThan(0));
const links = (element: HTMLElement) => [...element.querySelectorAll('a')].map((link) => link.getAttribute('href'));

async function put(attributes: Record<string, string> = {}): Promise<void> {
  chat = document.createElement('clinic-chat') as ClinicChat;
  chat.dataset['api'] = '';
  Object.assign(chat.dataset, attributes);
  document.body.replaceChildren(chat);
  await chat.updateComplete;
}

async function ask(text: string, replies = [reply(`answer to ${text}`)]): Promise<void> {
  server.answer = () => replies;
  const count = all('reply').length;
  const input = one('input') as HTMLTextAreaElement;
  input.value = text;
  input.dispatchEvent(new Event('input'));
  input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', cancelable: true }));
  await vi.waitFor(() => expect(all('reply').length).toBe(count + Math.max(1, replies.length)));
}

beforeEach(async () => {
  localStorage.clear();
  server = new FakeServer();
  vi.stubGlobal('fetch', server.fetch);
  await put({ language: 'en' });
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

describe('closed', () => {
  it('greets from its own strings and asks the server nothing', () => {
    expect(one('bubble').textContent).toContain('Hello');
    expect(one('launcher').getAttribute('aria-label')).toBeTruthy();
    expect(server.requests).toEqual([]);
  });

  it('remembers that the greeting was dismissed', async () => {
    one('bubble-dismiss').click();
    await put({ language: 'en' });
    expect(all('bubble')).toEqual([]);
  });

  it('has its live regions in the page before anything is said', () => {
    expect([one('status'), one('typing')].map((region) => region.getAttribute('role'))).toEqual(['status', 'status']);
    expect(one('alert').getAttribute('role')).toBe('alert');
  });
});

describe('open', () => {
  beforeEach(async () => {
    await chat.open();
    await appears('topic');
  });

  it('is a dialog with a name, and a log that is no live region', () => {
    expect(one('panel').getAttribute('role')).toBe('dialog');
    expect(one('panel').getAttribute('aria-label')).toBe('Apex Clinic');
    expect(one('log').getAttribute('role')).toBe('region');
  });

  it('shows the notice until it is accepted or a message is sent', async () => {
    expect(one('notice').textContent).toContain('Stored for 30 days.');
    await ask('hello');
    expect(all('notice')).toEqual([]);
    await put({ language: 'en', open: 'true' });
    await appears('user-message');
    expect(all('notice')).toEqual([]);
  });

  it('sends a topic’s question as text', async () => {
    one('topic').click();
    await appears('user-message');
    await vi.waitFor(() => expect(server.posted[0]).toMatchObject({ text: 'How long does it last?' }));
  });

  it('announces only the new reply, politely', async () => {
    await ask('one');
    await ask('two', [reply('second', { language: 'tr' })]);
    expect(one('status').textContent).toBe('second');
    expect(one('status').firstElementChild?.getAttribute('lang')).toBe('tr');
    expect(one('alert').textContent).toBe('');
  });

  it('announces an emergency at once and puts its number first', async () => {
    const buttons = [
      { title: 'Call the clinic', kind: 'call', value: 'tel:+902125550100' } as const,
      { title: 'Call 112', kind: 'call', value: 'tel:112' } as const,
    ];
    await ask('help', [reply('Call 112 now.', { kind: 'emergency', buttons })]);
    const card = all('reply').at(-1)!;
    expect(card.dataset['kind']).toBe('emergency');
    expect(card.querySelector('.heading')?.textContent).toContain('Emergency');
    expect(links(card)).toEqual(['tel:112', 'tel:+902125550100']);
    expect(one('alert').textContent).toBe('Emergency. Call 112 now.');
  });

  it('adds the emergency number where an emergency reply lacks it', async () => {
    await ask('help', [reply('Call now.', { kind: 'emergency' })]);
    expect(links(all('reply').at(-1)!)).toEqual(['tel:112']);
  });

  it('shows text as text, and drops addresses that aren’t safe', async () => {
    const buttons = [
      { title: 'bad', kind: 'link', value: 'javascript:alert(1)' } as const,
      { title: 'page', kind: 'link', value: 'https://example.org/' } as const,
    ];
    await ask('x', [reply('<img src=x onerror=alert(1)> https://example.org', { buttons })]);
    const card = all('reply').at(-1)!;
    expect(card.querySelector('img')).toBeNull();
    expect(card.textContent).toContain('<img src=x');
    expect(links(card)).toEqual(['https://example.org/']);
    expect(card.querySelector('a')?.rel).toBe('noopener');
  });

  it('names the source of an answer', async () => {
    await ask('how long?', [reply('4 to 6 months', { source: { title: 'Duration', passage: 'lasts between 4 to 6 months' } })]);
    expect(one('source').tagName).toBe('DETAILS');
    expect(one('source').querySelector('summary')?.textContent).toContain('From the clinic’s information');
    expect(one('source').querySelector('blockquote')?.textContent).toBe('lasts between 4 to 6 months');
  });

  it('takes a thumb and thanks', async () => {
    await ask('how long?');
    one('thumb-down').click();
    await vi.waitFor(() => expect(one('status').textContent).toContain('Thank you'));
    expect(server.votes).toEqual([{ reply: 'reply to answer to how long?', helpful: false }]);
    expect([one('thumb-up'), one('thumb-down')].map((thumb) => thumb.getAttribute('aria-pressed'))).toEqual(['false', 'true']);
  });

  it('is never silent: an empty answer becomes the two numbers', async () => {
    await ask('?', []);
    expect(links(all('reply').at(-1)!)).toEqual(['tel:112', 'tel:+902125550100']);
  });

  it('shows whom to call when the server can’t be reached, and sends once it can', async () => {
    server.disturb = dead;
    const input = one('input') as HTMLTextAreaElement;
    input.value = 'hello?';
    one('send').closest('form')!.dispatchEvent(new Event('submit', { cancelable: true }));
    await appears('offline-card');
    expect(links(one('offline-card'))).toEqual(['tel:112', 'tel:+902125550100']);
    expect(one('alert').textContent).toContain('112, +90 212 555 01 00');
    server.disturb = () => {};
    one('retry').click();
    await vi.waitFor(() => expect(server.said).toEqual(['hello?']));
    await vi.waitFor(() => expect(all('offline-card')).toEqual([]));
  });

  it('says when one can write again', async () => {
    server.disturb = (request) => (request === 'POST messages' ? problem(429, '', { 'Retry-After': '40' }) : undefined);
    one('topic').click();
    await appears('busy-card');
    expect(one('busy-card').textContent).toMatch(/in (40|39) seconds/);
    expect(links(one('busy-card'))).toContain('tel:112');
  });

  it('asks before it erases', async () => {
    await ask('private');
    one('new-conversation').click();
    await appears('confirm-new');
    expect(server.said).toEqual(['private']);
    one('confirm-new-yes').click();
    await vi.waitFor(() => expect(server.said).toEqual([]));
    await vi.waitFor(() => expect(all('user-message')).toEqual([]));
  });

  it('closes with Escape and gives the focus back', async () => {
    one('input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await vi.waitFor(() => expect(one('panel').hidden).toBe(true));
    await vi.waitFor(() => expect(chat.shadowRoot?.activeElement).toBe(one('launcher')));
  });

  it('changes its language', async () => {
    const select = one('language') as HTMLSelectElement;
    select.value = 'tr';
    select.dispatchEvent(new Event('change'));
    await vi.waitFor(() => expect(one('send').getAttribute('aria-label')).toBe('Gönder'));
    expect(server.requests).toContain('GET clinic?language=tr');
  });
});

it('has numbers to call at a first visit with the server down', async () => {
  server.disturb = dead;
  await put({ language: 'en', phone: '+90 212 555 01 99', open: 'true' });
  await appears('offline-card');
  expect(links(one('offline-card'))).toEqual(['tel:112', 'tel:+902125550199']);
});

describe('a language of its own file', () => {
  const root = () => chat.renderRoot.querySelector('.root')!;
  const label = (name: string) => one(name).getAttribute('aria-label');
  const strings = (request: string) => request.startsWith('GET /widget/strings/');

  it('speaks English from right to left until Arabic has arrived', async () => {
    await put({ language: 'ar', open: 'true' });
    expect([root().getAttribute('dir'), root().getAttribute('lang'), label('send')]).toEqual(['rtl', 'en', 'Send']);
    await vi.waitFor(() => expect(label('send')).toBe('إرسال'));
    expect([root().getAttribute('dir'), root().getAttribute('lang')]).toEqual(['rtl', 'ar']);
  });

  it('is asked for before the chat is opened, and nothing else is', async () => {
    await put({ language: 'de' });
    await vi.waitFor(() => expect(one('bubble').textContent).toContain('Guten Tag!'));
    expect(server.requests).toEqual(['GET /widget/strings/de.json']);
  });

  it('stays English where it can’t be loaded, and chats', async () => {
    server.disturb = (request) => (strings(request) ? problem(404, '') : undefined);
    await put({ language: 'de', open: 'true' });
    await appears('topic');
    await ask('hello');
    expect(root().getAttribute('lang')).toBe('en');
    expect(label('send')).toBe('Send');
  });

  it('says the waiting time in the language of its sentence', async () => {
    server.disturb = (request) =>
      strings(request) ? problem(404, '') : request === 'POST messages' ? problem(429, '', { 'Retry-After': '40' }) : undefined;
    await put({ language: 'de', open: 'true' });
    await appears('topic');
    one('topic').click();
    await appears('busy-card');
    expect(one('busy-card').textContent).toMatch(/You can write again in (40|39) seconds/);
  });

  it('is asked for again when the network is back', async () => {
    server.disturb = dead;
    await put({ language: 'de' });
    await vi.waitFor(() => expect(server.requests).toEqual(['GET /widget/strings/de.json']));
    server.disturb = () => {};
    window.dispatchEvent(new Event('online'));
    await vi.waitFor(() => expect(root().getAttribute('lang')).toBe('de'));
  });

  it('is offered for every language while the clinic’s own are unknown', async () => {
    server.disturb = dead;
    await put({ language: 'en', open: 'true' });
    await appears('offline-card');
    const options = [...(one('language') as HTMLSelectElement).options].map(({ value }) => value);
    expect(options.sort()).toEqual(['ar', 'de', 'en', 'es', 'fr', 'ru', 'tr']);
  });
});

it('keeps phone numbers in order inside a text from right to left', async () => {
  await put({ language: 'ar', open: 'true' });
  await appears('topic');
  const text = 'اتصل بالعيادة: +90 212 555 01 00.';
  await ask('?', [reply(text, { language: 'ar' })]);
  const shown = all('reply-text').at(-1)!;
  expect(shown.textContent).toBe(text);
  expect([...shown.querySelectorAll('bdi[dir=ltr]')].map((number) => number.textContent)).toEqual(['+90 212 555 01 00']);
  expect(one('header-call').title).toBe('اتصل بالعيادة: \u2066+90\u00a0212\u00a0555\u00a001\u00a000\u2069');
});
