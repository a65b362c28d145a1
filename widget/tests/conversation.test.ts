import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatApi } from '../src/api';
import { Conversation, type Problem } from '../src/conversation';
import { Feedback } from '../src/feedback';
import { Store } from '../src/store';
import { dead, FakeServer, FakeStorage, problem, reply } from './fake-server';

let server: FakeServer;
let storage: FakeStorage;
let announced: string[];
let problems: Problem[];

/** A page with the widget on it; calling it again is a reload. */
function visit() {
  const api = new ChatApi('', 12_000, server.fetch);
  const store = new Store('test', storage);
  const listener = {
    changed: () => {},
    replied: (replies: { text: string }[]) => void announced.push(...replies.map(({ text }) => text)),
    failed: (failure: Problem) => void problems.push(failure),
  };
  const conversation = new Conversation(api, store, listener, () => 'tr');
  return { conversation, store, feedback: new Feedback(api, store, conversation.session, () => {}) };
}

const quiet = (conversation: Conversation) => vi.waitFor(() => expect(conversation.waiting).toBe(false));
const texts = (conversation: Conversation) => conversation.entries.map(({ text, replies }) => [text, replies?.[0]?.text ?? null]);
const messages = (request: string) => request === 'POST messages';

beforeEach(() => {
  server = new FakeServer();
  storage = new FakeStorage();
  announced = [];
  problems = [];
});

describe('sending', () => {
  it('greets, then shows question and answer', async () => {
    const { conversation } = visit();
    await conversation.resume();
    expect(conversation.greeting[0]?.text).toBe('hello');
    conversation.send('how long?');
    await quiet(conversation);
    expect(texts(conversation)).toEqual([['how long?', 'answer to how long?']]);
    expect(announced).toEqual(['answer to how long?']);
  });

  it('needs no session beforehand', async () => {
    const { conversation } = visit();
    conversation.send('quick');
    await quiet(conversation);
    expect(server.requests).toEqual(['POST sessions', 'POST messages']);
  });

  it('sends one message at a time, in order', async () => {
    const { conversation } = visit();
    let inFlight = 0;
    let most = 0;
    server.disturb = (request) => {
      if (messages(request)) most = Math.max(most, ++inFlight);
    };
    server.lose = (request) => {
      if (messages(request)) inFlight--;
    };
    for (const text of ['one', 'two', 'three']) conversation.send(text);
    expect(texts(conversation)).toEqual([['one', null], ['two', null], ['three', null]]);
    await quiet(conversation);
    expect(server.said).toEqual(['one', 'two', 'three']);
    expect(most).toBe(1);
  });

  it('posts a button’s opaque id and shows its title', async () => {
    const { conversation } = visit();
    conversation.send('How long it lasts', 'opaque');
    await quiet(conversation);
    expect(server.posted[0]).toMatchObject({ button: 'opaque' });
    expect(conversation.entries[0]?.text).toBe('How long it lasts');
  });
});

describe('trouble', () => {
  it('keeps a message while the server is away and sends it once with the same id', async () => {
    const { conversation } = visit();
    await conversation.resume();
    server.disturb = dead;
    conversation.send('are you there?');
    await quiet(conversation);
    expect(conversation.problem).toEqual({ kind: 'offline' });
    expect(texts(conversation)).toEqual([['are you there?', null]]);
    const { id } = conversation.entries[0]!;

    server.disturb = () => {};
    await conversation.resume();
    expect(conversation.problem).toBeNull();
    expect(server.posted.map((message) => message.id)).toEqual([id]);
  });

  it('does not double a message whose answer was lost on the way', async () => {
    const { conversation } = visit();
    await conversation.resume();
    server.lose = (request) => (messages(request) ? dead() : undefined);
    conversation.send('only once');
    await quiet(conversation);
    server.lose = () => {};
    await conversation.resume();
    expect(server.posted).toHaveLength(2);
    expect(server.posted[0]).toEqual(server.posted[1]);
    expect(server.said).toEqual(['only once']);
    expect(texts(conversation)).toEqual([['only once', 'answer to only once']]);
  });

  it('tries the waiting messages again, oldest first, when the next one is written', async () => {
    const { conversation } = visit();
    server.disturb = dead;
    conversation.send('first');
    await quiet(conversation);
    server.disturb = () => {};
    conversation.send('second');
    await quiet(conversation);
    expect(server.said).toEqual(['first', 'second']);
  });

  it('renews an expired session and sends the same message again', async () => {
    const { conversation } = visit();
    conversation.send('before');
    await quiet(conversation);
    server.sessions.clear();
    conversation.send('after');
    await quiet(conversation);
    expect(server.said).toEqual(['after']);
    expect(texts(conversation).map(([text]) => text)).toEqual(['before', 'after']);
    expect(problems).toEqual([]);
  });

  it('renews only once', async () => {
    const { conversation } = visit();
    server.disturb = (request) => (messages(request) ? problem(401, 'Never.') : undefined);
    conversation.send('hello');
    await quiet(conversation);
    expect(server.requests.filter(messages)).toHaveLength(2);
    expect(conversation.problem).toEqual({ kind: 'refused', detail: 'Never.' });
    expect(texts(conversation)).toEqual([['hello', null]]);
  });

  it('takes the token that another tab has renewed', async () => {
    const [here, there] = [visit(), visit()];
    await here.conversation.resume();
    server.sessions.clear();
    there.conversation.send('from there');
    await quiet(there.conversation);
    here.conversation.send('from here');
    await quiet(here.conversation);
    expect(server.sessions.size).toBe(1);
  });

  it('waits as long as the server asks, and holds further messages back', async () => {
    const { conversation } = visit();
    await conversation.resume();
    server.disturb = (request) => (messages(request) ? problem(429, 'Slow.', { 'Retry-After': '40' }) : undefined);
    conversation.send('one');
    await quiet(conversation);
    expect(conversation.problem).toMatchObject({ kind: 'busy' });
    conversation.send('two');
    expect(server.requests.filter(messages)).toHaveLength(1);
    server.disturb = () => {};
    await conversation.resume();
    expect(server.said).toEqual(['one', 'two']);
  });

  it('shows why a message was refused and goes on with the next', async () => {
    const { conversation } = visit();
    server.disturb = (request) => {
      if (!messages(request)) return;
      server.disturb = () => {};
      return problem(422, 'Too long.');
    };
    conversation.send('far too long');
    conversation.send('short');
    await quiet(conversation);
    expect(conversation.entries[0]).toMatchObject({ text: 'far too long', refused: 'Too long.' });
    expect(server.said).toEqual(['short']);
    expect(conversation.problem).toBeNull();
  });
});

describe('after a reload', () => {
  it('shows the history without announcing it', async () => {
    const before = visit().conversation;
    before.send('how long?');
    await quiet(before);
    announced = [];
    const { conversation } = visit();
    await conversation.resume();
    expect(texts(conversation)).toEqual([['how long?', 'answer to how long?']]);
    expect(announced).toEqual([]);
  });

  it('still has an unsent message, under its id', async () => {
    const before = visit().conversation;
    server.disturb = dead;
    before.send('unsent');
    await quiet(before);
    const { id } = before.entries[0]!;
    const { conversation } = visit();
    expect(conversation.entries).toMatchObject([{ id, text: 'unsent', replies: null }]);
    server.disturb = () => {};
    await conversation.resume();
    expect(server.posted.map((message) => message.id)).toEqual([id]);
  });

  it('does not send again what the server has answered meanwhile', async () => {
    const before = visit().conversation;
    await before.resume();
    server.lose = (request) => (messages(request) ? dead() : undefined);
    before.send('answered');
    await quiet(before);
    server.lose = () => {};
    const { conversation } = visit();
    await conversation.resume();
    expect(server.posted).toHaveLength(1);
    expect(texts(conversation)).toEqual([['answered', 'answer to answered']]);
  });

  it('asks again for an answer that the server still owes', async () => {
    const before = visit().conversation;
    await before.resume();
    server.answer = () => [];
    before.send('slow');
    await quiet(before);
    server.sessions.get('token-1')![0]!.replies = [];
    const { conversation } = visit();
    await conversation.resume();
    expect(server.posted.map(({ id }) => id)).toEqual([server.posted[0]!.id, server.posted[0]!.id]);
  });

  it('drops an unsent message of yesterday', () => {
    const { store } = visit();
    store.set('outbox', [{ id: 'old', text: 'old', at: Date.now() - 25 * 3600_000 }]);
    expect(visit().conversation.entries).toEqual([]);
    expect(store.get('outbox')).toBeNull();
  });

  it('starts anew where the token has expired', async () => {
    const { conversation, store } = visit();
    store.set('token', { token: 'old', expires: Date.now() - 1 });
    await conversation.resume();
    expect(server.requests).toEqual(['POST sessions']);
  });
});

describe('a new conversation', () => {
  it('is erased here and on the server', async () => {
    const { conversation } = visit();
    conversation.send('private');
    await quiet(conversation);
    await conversation.restart();
    expect(conversation.entries).toEqual([]);
    expect(server.said).toEqual([]);
    expect([...server.sessions.keys()]).toEqual(['token-2']);
    expect([...storage.values.values()].join()).not.toContain('private');
  });

  it('is erased on the server later where it can’t be reached now', async () => {
    const before = visit().conversation;
    before.send('private');
    await quiet(before);
    server.disturb = dead;
    await before.restart();
    expect(before.problem).toEqual({ kind: 'offline' });
    expect(before.entries).toEqual([]);
    server.disturb = () => {};
    await visit().conversation.resume();
    expect(server.said).toEqual([]);
  });

  it('does not show the late answer of the one before', async () => {
    const { conversation } = visit();
    await conversation.resume();
    conversation.send('late');
    await conversation.restart();
    await quiet(conversation);
    expect(conversation.entries).toEqual([]);
    expect(announced).toEqual([]);
  });
});

describe('feedback', () => {
  it('is sent once the thumb is pressed, and remembered', async () => {
    const { conversation, feedback } = visit();
    await conversation.resume();
    expect(await feedback.give('r1', true)).toBe(true);
    expect(server.votes).toEqual([{ reply: 'r1', helpful: true }]);
    expect(visit().feedback.vote('r1')).toBe(true);
  });

  it('is taken back where the server did not take it', async () => {
    const { conversation, feedback } = visit();
    await conversation.resume();
    await feedback.give('r1', true);
    server.disturb = dead;
    expect(await feedback.give('r1', false)).toBe(false);
    expect(feedback.vote('r1')).toBe(true);
  });
});

it('gives a greeting of the history precedence over none', async () => {
  const before = visit().conversation;
  await before.resume();
  server.disturb = (request) =>
    request === 'GET messages' ? Response.json({ greeting: [reply('welcome back')], messages: [] }) : undefined;
  const { conversation } = visit();
  await conversation.resume();
  expect(conversation.greeting[0]?.text).toBe('welcome back');
});
