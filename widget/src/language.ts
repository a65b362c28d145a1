/** Which language the widget speaks, and in which direction it is written. */

const RIGHT_TO_LEFT = ['ar', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi'];

export type Direction = 'ltr' | 'rtl';

/** `tr-TR` → `tr`; null for what is no language tag. */
export function languageCode(tag: string | null | undefined): string | null {
  const code = tag?.trim().split(/[-_]/)[0]?.toLowerCase() ?? '';
  return /^[a-z]{2,3}$/.test(code) ? code : null;
}

export function directionOf(language: string): Direction {
  return RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
}

/** The language's own name for itself: Türkçe, English, العربية. */
export function nameOf(language: string): string {
  const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

/**
 * The patient's own choice and the host page's attribute are taken as they are; the page's and the browser's
 * language only where the widget has strings for it.
 */
export function chooseLanguage(wanted: (string | null | undefined)[], guesses: readonly string[], spoken: string[]): string {
  const explicit = wanted.map(languageCode).find(Boolean);
  const guess = guesses.map(languageCode).find((code) => code !== null && spoken.includes(code));
  return explicit ?? guess ?? 'en';
}
