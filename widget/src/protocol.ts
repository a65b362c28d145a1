/** What crosses the chat API's border, and the readers of the server's answers. */

export type ReplyKind = 'answer' | 'emergency' | 'handover' | 'fallback' | 'smalltalk';

export interface ReplyButton {
  title: string;
  kind: 'reply' | 'call' | 'link';
  /** An opaque id to send back (reply), `tel:…` (call) or `https:…` (link). */
  value: string;
}

export interface Reply {
  id: string;
  kind: ReplyKind;
  language: string;
  text: string;
  buttons: ReplyButton[];
  source?: { title: string; passage: string } | null;
}

/** A message that the patient wrote. `button` is the opaque id where a button was pressed. */
export interface Outgoing {
  id: string;
  text: string;
  button?: string;
  /** Milliseconds since 1970. */
  at: number;
}

export interface Exchange {
  id: string;
  text: string;
  replies: Reply[];
}

export interface History {
  greeting: Reply[];
  messages: Exchange[];
}

export interface NewSession {
  token: string;
  /** Milliseconds since 1970; null where the server doesn't say. */
  expires: number | null;
  greeting: Reply[];
}

export interface Contact {
  tel: string;
  text: string;
}

export interface Topic {
  title: string;
  question: string;
}

export interface Clinic {
  language: string;
  name: string;
  phone: Contact | null;
  emergency: Contact | null;
  languages: string[];
  topics: Topic[];
  notice: string[];
}

/** Enough to draw whatever comes: Lit shows any value as text, and links.ts guards every address. */
type Raw<T> = { readonly [K in keyof T]?: T[K] | null } | null;

const list = <T>(value: readonly T[] | null | undefined): T[] => (Array.isArray(value) ? value : []);

const readList = (replies: Raw<Reply>[] | null | undefined): Reply[] =>
  list(replies).map((reply) => ({ ...(reply as Reply), text: String(reply?.text ?? ''), buttons: list(reply?.buttons) }));

export const readReplies = (answer: unknown): Reply[] => readList((answer as Raw<{ replies: Reply[] }>)?.replies);

export function readSession(answer: unknown): NewSession {
  const session = answer as Raw<{ token: string; expires_at: string }>;
  return {
    token: session?.token ?? '',
    expires: Date.parse(session?.expires_at ?? '') || null,
    greeting: readReplies(answer),
  };
}

export function readHistory(answer: unknown): History {
  const history = answer as Raw<History>;
  return {
    greeting: readList(history?.greeting),
    messages: list(history?.messages).map((message) => ({ ...message, replies: readReplies(message) })),
  };
}

export function readClinic(answer: unknown, language: string): Clinic {
  const clinic = answer as Raw<Omit<Clinic, 'notice'> & { notice: Raw<{ text: string; retention: string }> }>;
  return {
    language,
    name: clinic?.name ?? '',
    phone: clinic?.phone ?? null,
    emergency: clinic?.emergency ?? null,
    languages: list(clinic?.languages),
    topics: list(clinic?.topics),
    notice: [clinic?.notice?.text, clinic?.notice?.retention].filter((line) => typeof line === 'string'),
  };
}
