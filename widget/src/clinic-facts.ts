/** Name, numbers, topics and notice of the clinic: the last known ones, so that an offline card has the numbers. */

import type { ChatApi } from './api';
import type { Clinic, Contact, Topic } from './protocol';
import type { Store } from './store';

/** The European emergency number, which is Turkey's too; used until the clinic's own data has been loaded once. */
const EMERGENCY: Contact = { tel: 'tel:112', text: '112' };

export class ClinicFacts {
  private known: Clinic | null;

  constructor(
    private readonly api: ChatApi,
    private readonly store: Store,
    private readonly hostPhone: Contact | null,
  ) {
    this.known = store.get('clinic');
  }

  async load(language: string): Promise<void> {
    try {
      this.known = await this.api.clinic(language);
      this.store.set('clinic', this.known);
    } catch {
      // Refused or Unreachable: what was known stays, and the conversation tells the patient.
    }
  }

  get name(): string {
    return this.known?.name ?? '';
  }

  get phone(): Contact | null {
    return this.known?.phone ?? this.hostPhone;
  }

  get emergency(): Contact {
    return this.known?.emergency ?? EMERGENCY;
  }

  get languages(): string[] {
    return this.known?.languages ?? [];
  }

  /** Only in the language asked for: numbers can be read in any, sentences cannot. */
  topics(language: string): Topic[] {
    return this.in(language)?.topics ?? [];
  }

  notice(language: string): string[] {
    return this.in(language)?.notice ?? [];
  }

  private in(language: string): Clinic | null {
    return this.known?.language === language ? this.known : null;
  }
}
