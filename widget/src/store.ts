/** What the browser keeps between visits, one key a thing, apart for each gateway. */

import type { Clinic, Outgoing } from './protocol';

export interface Slots {
  token: { token: string; expires: number | null };
  /** Messages that the server hasn't confirmed yet. */
  outbox: Outgoing[];
  /** The token of a conversation that still has to be erased on the server. */
  erase: string;
  clinic: Clinic;
  language: string;
  votes: Record<string, boolean>;
  noticeSeen: true;
  bubbleDismissed: true;
}

export class Store {
  /** Used alone where the browser forbids storage: everything works, until the page is left. */
  private readonly memory = new Map<string, string>();

  constructor(
    private readonly scope: string,
    private readonly backend: Storage | null = browserStorage(),
  ) {}

  get<K extends keyof Slots>(key: K): Slots[K] | null {
    try {
      const saved = this.memory.get(key) ?? this.backend?.getItem(this.name(key));
      return saved ? (JSON.parse(saved) as Slots[K]) : null;
    } catch {
      return null; // storage was switched off meanwhile, or somebody else wrote there
    }
  }

  set<K extends keyof Slots>(key: K, value: Slots[K]): void {
    const saved = JSON.stringify(value);
    try {
      if (!this.backend) throw new Error('no storage');
      this.backend.setItem(this.name(key), saved);
      this.memory.delete(key);
    } catch {
      this.memory.set(key, saved); // no storage, or full
    }
  }

  remove(...keys: (keyof Slots)[]): void {
    for (const key of keys) {
      this.memory.delete(key);
      try {
        this.backend?.removeItem(this.name(key));
      } catch {
        // switched off meanwhile: there is nothing left to remove
      }
    }
  }

  private name(key: string): string {
    return `clinic-chat:${this.scope}:${key}`;
  }
}

function browserStorage(): Storage | null {
  try {
    return window.localStorage; // throws where cookies are blocked
  } catch {
    return null;
  }
}
