/** What every part of the widget's face is given to draw itself. The parts are functions; the element holds the state. */

import type { Direction } from './language';
import type { Contact } from './protocol';
import type { Strings } from './strings';

export interface Actions {
  open(): void;
  close(): void;
  dismissBubble(): void;
  changeLanguage(language: string): void;
  toggleAbout(): void;
  acceptNotice(): void;
  askForNew(): void;
  cancelNew(): void;
  startNew(): void;
  send(text: string, button?: string): void;
  rate(reply: string, helpful: boolean): void;
  vote(reply: string): boolean | null;
  retry(): void;
}

export interface View {
  strings: Strings;
  /** The language that the strings are in: English until those of the chosen one have arrived. */
  spoken: string;
  /** The language chosen. */
  language: string;
  direction: Direction;
  title: string;
  emergency: Contact;
  phone: Contact | null;
  actions: Actions;
}
