import { afterEach, describe, expect, it, vi } from 'vitest';
import { ChatApi, Refused, TIMEOUT, Unreachable } from '../src/api';
import { dead, FakeServer, json, problem } from './fake-server';

const message = { id: 'an-id', text: 'How long?', at: 0 };

function answering(response: () => Response | Promise<Response>) {
  const fetcher = vi.fn<typeof fetch>(async () => response());
  return { api: new ChatApi('https://chat.example', TIMEOUT, fetcher), fetcher };
}

afterEach(() => vi.useRealTimers());

describe('requests', () => {
  it('sends a text with its id and the token', async () => {
    const { api, fetcher } = answering(() => json(200, { replies: [] }));
    await api.send('secret', message);
    const [address, init] = fetcher.mock.calls[0]!;
    expect(address).toBe('https://chat.example/api/v1/messages');
    expect(init).toMatchObject({ method: 'POST', credentials: 'omit', body: '{"id":"an-id","text":"How long?"}' });
    expect(init?.headers).toEqual({ Authorization: 'Bearer secret', 'Content-Type': 'application/json' });
  });

  it('sends a button by its opaque id, without the text that the log shows', async () => {
    const { api, fetcher } = answering(() => json(200, { replies: [] }));
    await api.send('secret', { ...message, button: 'opaque' });
    expect(fetcher.mock.calls[0]![1]?.body).toBe('{"id":"an-id","button":"opaque"}');
  });

  it('goes to the same origin where the gateway is the page’s own', async () => {
    const fetcher = vi.fn<typeof fetch>(async () => json(200, {}));
    await new ChatApi('', TIMEOUT, fetcher).clinic('tr');
    expect(fetcher.mock.calls[0]![0]).toBe('/api/v1/clinic?language=tr');
  });
});

describe('failures', () => {
  it.each([500, 502, 503, 408])('takes HTTP %i for an unreachable server', async (status) => {
    const { api } = answering(() => problem(status, 'broken'));
    await expect(api.send('t', message)).rejects.toBeInstanceOf(Unreachable);
  });

  it('takes a dead network for an unreachable server', async () => {
    await expect(answering(dead).api.history('t')).rejects.toBeInstanceOf(Unreachable);
  });

  it('takes the page of a hotel’s Wi-Fi for an unreachable server', async () => {
    const { api } = answering(() => new Response('<html>Please log in</html>', { status: 200 }));
    await expect(api.history('t')).rejects.toBeInstanceOf(Unreachable);
    await expect(answering(() => json(201, {})).api.startSession('en')).rejects.toBeInstanceOf(Unreachable);
  });

  it('gives up after the time limit', async () => {
    vi.useFakeTimers();
    const api = new ChatApi('', TIMEOUT, (_address, init) => {
      return new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    const sent = expect(api.send('t', message)).rejects.toBeInstanceOf(Unreachable);
    await vi.advanceTimersByTimeAsync(TIMEOUT);
    await sent;
  });

  it('says what the server refused, in the server’s words', async () => {
    const { api } = answering(() => problem(422, 'Too long.'));
    await expect(api.send('t', message)).rejects.toMatchObject({ status: 422, detail: 'Too long.' });
  });

  it('understands a refusal that is no problem document', async () => {
    const { api } = answering(() => new Response('no', { status: 403 }));
    await expect(api.send('t', message)).rejects.toMatchObject({ status: 403, detail: '' });
  });

  it.each([
    ['17', 17],
    [new Date(Date.now() + 90_000).toUTCString(), 90],
    ['soon', 30],
    [null, 30],
  ])('reads Retry-After: %s', async (header, seconds) => {
    const { api } = answering(() => problem(429, 'Slow down.', header ? { 'Retry-After': header } : {}));
    const refused: Refused = await api.send('t', message).then(() => expect.unreachable(), (error) => error);
    expect(Math.abs(refused.retryAfter - seconds)).toBeLessThanOrEqual(1);
  });
});

describe('answers', () => {
  it('reads the clinic', async () => {
    const clinic = await new ChatApi('', TIMEOUT, new FakeServer().fetch).clinic('en');
    expect(clinic).toMatchObject({ language: 'en', name: 'Apex Clinic', notice: ['An automatic assistant.', 'Stored for 30 days.'] });
  });

  it('survives fields that are missing', async () => {
    const { api } = answering(() => json(200, { replies: [{ id: 'x', text: 'Hi' }, {}], topics: null }));
    expect((await api.send('t', message)).map(({ text, buttons }) => [text, buttons])).toEqual([['Hi', []], ['', []]]);
    expect(await api.clinic('en')).toMatchObject({ topics: [], languages: [], phone: null, notice: [] });
    expect(await api.history('t')).toEqual({ greeting: [], messages: [] });
  });
});
