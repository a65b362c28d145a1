/** Links out of the chat: the two numbers, and what the server's buttons point at. */

import { html, nothing, type TemplateResult } from 'lit';
import { icons } from './icons';
import { safeHref } from './links';
import type { Contact } from './protocol';
import { fill } from './strings';
import type { View } from './view';

export function callLink(tel: string, words: string, urgent: boolean): TemplateResult | typeof nothing {
  const href = safeHref(tel, 'call');
  if (!href) return nothing;
  return html`<a class=${urgent ? 'button urgent' : 'button'} data-testid=${urgent ? 'call-emergency' : 'call-clinic'} href=${href}
    >${icons.phone}<span dir="auto">${words}</span></a
  >`;
}

export function webLink(address: string, words: string): TemplateResult | typeof nothing {
  const href = safeHref(address, 'link');
  if (!href) return nothing;
  return html`<a class="button" data-testid="link" href=${href} target="_blank" rel="noopener"
    >${icons.link}<span dir="auto">${words}</span></a
  >`;
}

/** The emergency number first, then the clinic's where it is known. */
export function callLinks({ strings, emergency, phone }: View): TemplateResult {
  return html`${callLink(emergency.tel, withNumber(strings.call, emergency), true)}${phone
    ? callLink(phone.tel, withNumber(strings.callClinic, phone), false)
    : nothing}`;
}

/** The number alone, as a link inside a sentence. */
export function inlineNumber(contact: Contact): TemplateResult {
  const href = safeHref(contact.tel, 'call');
  const number = html`<bdi dir="ltr">${contact.text}</bdi>`;
  return href ? html`<a class="inline" data-testid="emergency-link" href=${href}>${number}</a>` : number;
}

/** The number stays on one line, and in order inside words that run from right to left (Unicode's LRI and PDI). */
export const withNumber = (words: string, { text }: Contact): string =>
  fill(words, `\u2066${text.replaceAll(' ', '\u00a0')}\u2069`);

/** The same for the numbers in a text of the server; elements, so that a copied number is nothing but the number. */
export const orderNumbers = (text: string): (string | TemplateResult)[] =>
  text.split(/(\+\d[\d ()\u00a0-]*\d)/).map((part, index) => (index % 2 ? html`<bdi dir="ltr">${part}</bdi>` : part));
