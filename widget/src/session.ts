/** The session token: made when first needed, kept over a reload, renewed once when the server no longer knows it. */

import { Refused, type ChatApi } from './api';
import type { Reply } from './protocol';
import type { Store } from './store';

export class Session {
  greeting: Reply[] = [];

  constructor(
    private readonly api: ChatApi,
    private readonly store: Store,
    private readonly language: () => string,
  ) {}

  get token(): string | null {
    const saved = this.store.get('token');
    if (!saved?.token) return null;
    return saved.expires === null || saved.expires > Date.now() ? saved.token : null;
  }

  /** Runs `action` with a token that works. Raises what `action` raises, but not the first 401. */
  async use<T>(action: (token: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const token = this.token ?? (await this.start(signal));
    try {
      return await action(token);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      // Another tab may have renewed it already.
      if (this.token === token) this.store.remove('token');
      return action(this.token ?? (await this.start(signal)));
    }
  }

  /** Forgets the conversation here and notes that the server still has to erase it. */
  abandon(): void {
    const token = this.token;
    if (token) this.store.set('erase', token);
    this.store.remove('token');
    this.greeting = [];
  }

  /** Raises Unreachable or a 429; a server that no longer knows the session has nothing to erase. */
  async eraseAbandoned(signal?: AbortSignal): Promise<void> {
    const token = this.store.get('erase');
    if (!token) return;
    try {
      await this.api.endSession(token, signal);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 429) throw error;
    }
    this.store.remove('erase');
  }

  /** Raises Unreachable or Refused. */
  async start(signal?: AbortSignal): Promise<string> {
    const { token, expires, greeting } = await this.api.startSession(this.language(), signal);
    this.store.set('token', { token, expires });
    this.greeting = greeting;
    return token;
  }
}
