/**
 * The widget's own words. English is in the widget itself, so that it always works; each other language is a small
 * file beside it, fetched when the language is used. In a text, `{}` stands for a number or a time.
 */

import english from './strings/en.json';

export type Strings = typeof english;

/** Those with a file in strings/. */
export const LANGUAGES = ['en', 'ar', 'de', 'es', 'fr', 'ru', 'tr'];

export interface Spoken {
  /** The language that the strings are really in. */
  language: string;
  strings: Strings;
}

export class Words {
  private readonly loaded = new Map<string, Strings>([['en', english]]);
  /** Loaded, or on their way. */
  private readonly asked = new Set(['en']);

  /** `origin` is the gateway's, as for the chat API: a host page's policy that lets us chat lets us have these. */
  constructor(
    private readonly origin: string,
    private readonly fetcher: typeof fetch = (...request) => fetch(...request),
  ) {}

  /** English where the language has not arrived, or has no file. */
  in(language: string): Spoken {
    const strings = this.loaded.get(language);
    return strings ? { language, strings } : { language: 'en', strings: english };
  }

  /** Never fails, and never asks twice for what it has; what could not be had is asked for by the next call. */
  async load(language: string): Promise<void> {
    if (!LANGUAGES.includes(language) || this.asked.has(language)) return;
    this.asked.add(language);
    try {
      const response = await this.fetcher(`${this.origin}/widget/strings/${language}.json`, { credentials: 'omit' });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      this.loaded.set(language, complete(await response.json()));
    } catch {
      this.asked.delete(language); // it stays English
    }
  }
}

/** A file of another version than the widget's may lack a text: that one stays English. */
function complete(found: Record<string, unknown>): Strings {
  const texts = Object.entries(english).map(([key, text]) => [key, typeof found[key] === 'string' ? found[key] : text]);
  return Object.fromEntries(texts) as Strings;
}

export const fill = (text: string, value: string | number): string => text.replace('{}', () => String(value));
