/**
 * The conversation: what was said, what is on its way, what went wrong. No DOM.
 *
 * Messages go one at a time, in order. A message leaves the outbox only when the server has answered it, so
 * every retry carries the same id and the server can tell a repeat from a new message.
 */

import { Refused, type ChatApi } from './api';
import { newMessageId } from './message-id';
import { Outbox } from './outbox';
import type { Outgoing, Reply } from './protocol';
import { Session } from './session';
import type { Store } from './store';

export interface Entry {
  id: string;
  text: string;
  /** Null while the message is on its way. */
  replies: Reply[] | null;
  /** The server's reason where it did not take the message; may be empty. */
  refused?: string;
}

export type Problem =
  | { kind: 'offline' }
  /** Too many messages; `until` in milliseconds since 1970. */
  | { kind: 'busy'; until: number }
  | { kind: 'refused'; detail: string };

export interface Listener {
  changed(): void;
  replied(replies: Reply[]): void;
  failed(problem: Problem): void;
}

export class Conversation {
  problem: Problem | null = null;
  readonly session: Session;
  private settled: Entry[] = [];
  private readonly outbox: Outbox;
  private connected = false;
  private running = false;
  /** Ends with the conversation: aborted when a new one begins. */
  private life = new AbortController();

  constructor(
    private readonly api: ChatApi,
    private readonly store: Store,
    private readonly listener: Listener,
    language: () => string,
  ) {
    this.session = new Session(api, store, language);
    this.outbox = new Outbox(store);
  }

  get greeting(): Reply[] {
    return this.session.greeting;
  }

  get entries(): Entry[] {
    return [...this.settled, ...this.outbox.messages.map(({ id, text }) => ({ id, text, replies: null }))];
  }

  /** Whether the patient waits for something. */
  get waiting(): boolean {
    return this.running && (!this.connected || this.outbox.first !== undefined);
  }

  /** Connects and sends what is waiting. Does nothing where that is under way or done. */
  async resume(): Promise<void> {
    if (this.running || (this.connected && !this.outbox.first)) return;
    const { signal } = this.life;
    this.running = true;
    this.problem = null;
    this.listener.changed();
    let problem: Problem | null = null;
    try {
      await this.connect(signal);
      await this.flush(signal);
    } catch (error) {
      problem = describe(error);
    }
    if (signal.aborted) return;
    this.running = false;
    this.problem = problem;
    if (problem) this.listener.failed(problem);
    this.listener.changed();
  }

  /** Takes a message at once, whatever the network does. `text` is what the log shows for a pressed button. */
  send(text: string, button?: string): void {
    this.outbox.add({ id: newMessageId(), text, at: Date.now(), ...(button !== undefined && { button }) });
    this.listener.changed();
    if (this.problem?.kind === 'busy' && this.problem.until > Date.now()) return;
    void this.resume();
  }

  /** Forgets this conversation here at once, has the server erase it, and begins a new one. */
  async restart(): Promise<void> {
    this.life.abort();
    this.life = new AbortController();
    this.session.abandon();
    this.outbox.clear();
    this.store.remove('votes');
    this.settled = [];
    this.connected = this.running = false;
    await this.resume();
  }

  private async connect(signal: AbortSignal): Promise<void> {
    if (this.connected) return;
    await this.session.eraseAbandoned(signal);
    if (this.session.token) await this.recall(signal);
    else await this.session.start(signal);
    if (signal.aborted) return;
    this.connected = true;
    this.listener.changed();
  }

  /** Shows again what was said before the page was left. */
  private async recall(signal: AbortSignal): Promise<void> {
    const { greeting, messages } = await this.session.use((token) => this.api.history(token, signal), signal);
    if (signal.aborted) return;
    if (greeting.length) this.session.greeting = greeting;
    this.settled = [];
    for (const { id, text, replies } of messages) {
      const known = this.outbox.messages.some((message) => message.id === id);
      if (replies.length) {
        this.settled.push({ id, text, replies });
        if (known) this.outbox.remove(id);
      } else if (!known) {
        // Received but not answered yet: the same id asks for the same answer.
        this.outbox.add({ id, text, at: Date.now() });
      }
    }
  }

  private async flush(signal: AbortSignal): Promise<void> {
    for (let message = this.outbox.first; message && !signal.aborted; message = this.outbox.first) {
      const entry = await this.deliver(message, signal);
      if (signal.aborted) return;
      this.settled.push(entry);
      this.outbox.remove(message.id);
      this.listener.changed();
      if (entry.refused === undefined) this.listener.replied(entry.replies ?? []);
      else this.listener.failed({ kind: 'refused', detail: entry.refused });
    }
  }

  /** Raises Unreachable, a 429 or a second 401; every other refusal settles the message. */
  private async deliver(message: Outgoing, signal: AbortSignal): Promise<Entry> {
    const { id, text } = message;
    try {
      return { id, text, replies: await this.session.use((token) => this.api.send(token, message, signal), signal) };
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 429 || error.status === 401) throw error;
      return { id, text, replies: [], refused: error.detail };
    }
  }
}

function describe(error: unknown): Problem {
  if (!(error instanceof Refused)) return { kind: 'offline' };
  if (error.status === 429) return { kind: 'busy', until: Date.now() + error.retryAfter * 1000 };
  return { kind: 'refused', detail: error.detail };
}
