/** The widget's own words. One file a language in strings/; a new file there is all that a new language needs. */

export interface Strings {
  /** Name of the chat where neither the host page nor the clinic gives one. */
  title: string;
  assistant: string;

  launcher: string;
  unread: string;
  bubble: string;
  dismissBubble: string;
  close: string;
  language: string;

  about: string;
  aboutTitle: string;
  aboutText: string;
  aboutStorage: string;
  aboutAccept: string;

  greeting: string;
  topics: string;
  log: string;
  you: string;
  bot: string;
  typing: string;
  notSent: string;
  refused: string;
  noAnswer: string;
  emergency: string;
  source: string;

  feedback: string;
  helpful: string;
  notHelpful: string;
  thanks: string;
  notSaved: string;

  newConversation: string;
  confirmNew: string;
  confirmNewYes: string;
  cancel: string;
  startedNew: string;

  input: string;
  send: string;
  remaining: (characters: number) => string;

  callNow: string;
  offline: string;
  offlineText: string;
  busy: string;
  /** `when` is a time from now in words, such as "in 20 seconds". */
  busyUntil: (when: string) => string;
  busyOver: string;
  retry: string;
  call: (number: string) => string;
  callClinic: (number: string) => string;
}

const files = import.meta.glob<Strings>('./strings/*.ts', { eager: true, import: 'strings' });

export const allStrings: ReadonlyMap<string, Strings> = new Map(
  Object.entries(files).map(([path, strings]) => [path.replace(/^.*\/|\.ts$/g, ''), strings]),
);

export interface Spoken {
  /** The language that the strings are really in. */
  language: string;
  strings: Strings;
}

/** English where a language has no file yet. */
export function stringsFor(language: string): Spoken {
  const strings = allStrings.get(language);
  return strings ? { language, strings } : { language: 'en', strings: allStrings.get('en')! };
}
