/** Thumbs up or down, one vote a reply; a vote that the server did not take is taken back. */

import type { ChatApi } from './api';
import type { Session } from './session';
import type { Store } from './store';

export class Feedback {
  constructor(
    private readonly api: ChatApi,
    private readonly store: Store,
    private readonly session: Session,
    private readonly changed: () => void,
  ) {}

  vote(reply: string): boolean | null {
    return this.store.get('votes')?.[reply] ?? null;
  }

  /** Whether the server took the vote. */
  async give(reply: string, helpful: boolean): Promise<boolean> {
    const before = this.vote(reply);
    this.keep(reply, helpful);
    const { token } = this.session;
    try {
      if (!token) return false;
      await this.api.rate(token, reply, helpful);
      return true;
    } catch {
      // Refused or Unreachable: the thumbs show again what the server knows.
      this.keep(reply, before);
      return false;
    }
  }

  private keep(reply: string, helpful: boolean | null): void {
    const { [reply]: _previous, ...others } = this.store.get('votes') ?? {};
    this.store.set('votes', helpful === null ? others : { ...others, [reply]: helpful });
    this.changed();
  }
}
