/** The chat API's client: one method a call, two kinds of failure, nothing remembered. */

import {
  readClinic,
  readHistory,
  readReplies,
  readSession,
  type Clinic,
  type History,
  type NewSession,
  type Outgoing,
  type Reply,
} from './protocol';

/** No answer that can be used: no network, too slow, a failing server, or not our server at all. */
export class Unreachable extends Error {}

/** The server understood and said no. `detail` is its own sentence for the reader, or empty. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    /** Seconds to wait, for status 429. */
    readonly retryAfter: number,
  ) {
    super(`${status} ${detail}`);
  }
}

export const TIMEOUT = 12_000;
const DEFAULT_WAIT = 30;

interface Call {
  method?: 'POST' | 'DELETE';
  token?: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export class ChatApi {
  /** `origin` is the gateway's, without a slash at its end; empty for the page's own. */
  constructor(
    private readonly origin: string,
    private readonly timeout = TIMEOUT,
    private readonly fetcher: typeof fetch = (...request) => fetch(...request),
  ) {}

  async clinic(language: string): Promise<Clinic> {
    return readClinic(await this.call(`clinic?language=${encodeURIComponent(language)}`), language);
  }

  async startSession(language: string, signal?: AbortSignal): Promise<NewSession> {
    const session = readSession(await this.call('sessions', { method: 'POST', body: { language }, signal }));
    if (!session.token) throw new Unreachable('the server gave no session token');
    return session;
  }

  async send(token: string, { id, text, button }: Outgoing, signal?: AbortSignal): Promise<Reply[]> {
    const body = button === undefined ? { id, text } : { id, button };
    return readReplies(await this.call('messages', { method: 'POST', token, body, signal }));
  }

  async history(token: string, signal?: AbortSignal): Promise<History> {
    return readHistory(await this.call('messages', { token, signal }));
  }

  async rate(token: string, reply: string, helpful: boolean): Promise<void> {
    await this.call('feedback', { method: 'POST', token, body: { reply, helpful } });
  }

  async endSession(token: string, signal?: AbortSignal): Promise<void> {
    await this.call('session', { method: 'DELETE', token, signal });
  }

  /** Raises Refused or Unreachable, nothing else. */
  private async call(path: string, { method, token, body, signal }: Call = {}): Promise<unknown> {
    const controller = new AbortController();
    const stop = () => controller.abort();
    const timer = setTimeout(stop, this.timeout);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    try {
      const response = await this.fetcher(`${this.origin}/api/v1/${path}`, {
        method: method ?? 'GET',
        headers: {
          ...(token && { Authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        credentials: 'omit',
        signal: controller.signal,
      });
      if (response.ok) return response.status === 204 ? null : await response.json();
      if (response.status >= 500 || response.status === 408) throw new Unreachable(`HTTP ${response.status}`);
      throw await refusal(response);
    } catch (error) {
      throw error instanceof Refused || error instanceof Unreachable ? error : new Unreachable(String(error));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }
}

async function refusal(response: Response): Promise<Refused> {
  const problem: unknown = await response.json().catch(() => null);
  const { detail, title } = (problem ?? {}) as { detail?: unknown; title?: unknown };
  const words = [detail, title].find((value) => typeof value === 'string') as string | undefined;
  return new Refused(response.status, words ?? '', secondsToWait(response.headers.get('Retry-After')));
}

/** Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). */
function secondsToWait(header: string | null): number {
  if (!header) return DEFAULT_WAIT;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? DEFAULT_WAIT : Math.max(1, Math.ceil(seconds));
}
