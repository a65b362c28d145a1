/** Messages on their way, in order. Survives a reload, so that a message is never lost and keeps its id. */

import type { Outgoing } from './protocol';
import type { Store } from './store';

/** A message this old would surprise both sides: it is dropped instead of sent. */
const MAX_AGE = 24 * 60 * 60 * 1000;

export class Outbox {
  private items: Outgoing[];

  constructor(private readonly store: Store) {
    this.items = this.saved().filter(({ at }) => Date.now() - at < MAX_AGE);
    this.save(this.items);
  }

  get messages(): readonly Outgoing[] {
    return this.items;
  }

  get first(): Outgoing | undefined {
    return this.items[0];
  }

  add(message: Outgoing): void {
    this.items = [...this.items, message];
    this.save([...this.saved(), message]);
  }

  remove(id: string): void {
    this.items = this.items.filter((message) => message.id !== id);
    this.save(this.saved().filter((message) => message.id !== id));
  }

  clear(): void {
    this.items = [];
    this.store.remove('outbox');
  }

  /** Read anew each time: another tab of the same site may have written. */
  private saved(): Outgoing[] {
    const saved = this.store.get('outbox');
    return Array.isArray(saved) ? saved : [];
  }

  private save(messages: Outgoing[]): void {
    if (messages.length) this.store.set('outbox', messages);
    else this.store.remove('outbox');
  }
}
