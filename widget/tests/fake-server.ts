/**
 * The gateway in memory: the files of the languages, and the chat API with its two promises: one id is answered once,
 * and a bad token gives 401.
 */

import type { Reply } from '../src/protocol';
import type { Strings } from '../src/strings';

const files = import.meta.glob<Strings>('../src/strings/*.json', { eager: true, import: 'default' });

/** The strings of every language. */
export const FILES: ReadonlyMap<string, Strings> = new Map(
  Object.entries(files).map(([path, strings]) => [path.replace(/^.*\/|\.json$/g, ''), strings]),
);

interface Said {
  id: string;
  text: string;
  replies: Reply[];
}

export const reply = (text: string, more: Partial<Reply> = {}): Reply => ({
  id: `reply to ${text}`,
  kind: 'answer',
  language: 'en',
  text,
  buttons: [],
  ...more,
});

export class FakeServer {
  /** Every request as "METHOD path". */
  readonly requests: string[] = [];
  readonly sessions = new Map<string, Said[]>();
  /** Bodies of every POST /messages that arrived, repeats included. */
  readonly posted: { id: string; text?: string; button?: string }[] = [];
  readonly votes: { reply: string; helpful: boolean }[] = [];
  answer = (text: string): Reply[] => [reply(`answer to ${text}`)];
  /** Called before each request; throws for a dead network, or gives the response to send instead. */
  disturb: (request: string) => Response | void = () => {};
  /** Called after a request was processed; throws for an answer that is lost on its way back. */
  lose: (request: string) => void = () => {};
  private count = 0;

  readonly fetch = async (address: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = String(address).replace(/^.*\/api\/v1\//, '');
    const request = `${init.method ?? 'GET'} ${path}`;
    this.requests.push(request);
    await Promise.resolve();
    if (init.signal?.aborted) throw new DOMException('aborted', 'AbortError');
    const response = this.disturb(request) ?? this.respond(request, init);
    this.lose(request);
    return response;
  };

  private respond(request: string, init: RequestInit): Response {
    const file = FILES.get(/^GET \/widget\/strings\/(\w+)\.json$/.exec(request)?.[1] ?? '');
    if (file) return json(200, file);
    if (request.startsWith('GET clinic')) return json(200, CLINIC);
    if (request === 'POST sessions') {
      const token = `token-${++this.count}`;
      this.sessions.set(token, []);
      return json(201, { token, expires_at: '2099-01-01T00:00:00Z', replies: [reply('hello', { kind: 'smalltalk' })] });
    }
    const token = new Headers(init.headers).get('Authorization')?.replace('Bearer ', '') ?? '';
    const said = this.sessions.get(token);
    if (!said) return problem(401, 'No valid session.');
    if (request === 'GET messages') return json(200, { messages: said });
    if (request === 'DELETE session') {
      this.sessions.delete(token);
      return new Response(null, { status: 204 });
    }
    const body = JSON.parse(String(init.body));
    if (request === 'POST feedback') {
      this.votes.push(body);
      return new Response(null, { status: 204 });
    }
    this.posted.push(body);
    let message = said.find(({ id }) => id === body.id);
    if (!message) {
      const text = body.text ?? body.button;
      said.push((message = { id: body.id, text, replies: this.answer(text) }));
    }
    return json(200, { id: body.id, replies: message.replies });
  }

  /** What the server holds, over all sessions. */
  get said(): string[] {
    return [...this.sessions.values()].flat().map(({ text }) => text);
  }
}

export const CLINIC = {
  name: 'Apex Clinic',
  phone: { tel: 'tel:+902125550100', text: '+90 212 555 01 00' },
  emergency: { tel: 'tel:112', text: '112' },
  languages: ['en', 'tr'],
  topics: [{ title: 'How long it lasts', question: 'How long does it last?' }],
  notice: { text: 'An automatic assistant.', retention: 'Stored for 30 days.' },
};

export const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

export const problem = (status: number, detail: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ title: 'Problem', status, detail }), { status, headers });

export const dead = (): never => {
  throw new TypeError('Failed to fetch');
};

/** `localStorage` as a Map, so that a test can look at it and hand it to the next "page". */
export class FakeStorage implements Storage {
  readonly values = new Map<string, string>();
  get length(): number {
    return this.values.size;
  }
  clear = (): void => this.values.clear();
  getItem = (key: string): string | null => this.values.get(key) ?? null;
  key = (index: number): string | null => [...this.values.keys()][index] ?? null;
  removeItem = (key: string): void => void this.values.delete(key);
  setItem = (key: string, value: string): void => void this.values.set(key, value);
}
