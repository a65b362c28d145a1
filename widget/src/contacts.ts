/** Links out of the chat: the two numbers, and what the server's buttons point at. */

import { html, nothing, type TemplateResult } from 'lit';
import { icons } from './icons';
import { safeHref } from './links';
import type { Contact } from './protocol';
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
  return html`${callLink(emergency.tel, strings.call(isolate(emergency)), true)}${phone
    ? callLink(phone.tel, strings.callClinic(isolate(phone)), false)
    : nothing}`;
}

/** The number alone, as a link inside a sentence. */
export function inlineNumber(contact: Contact): TemplateResult {
  const href = safeHref(contact.tel, 'call');
  const number = html`<bdi dir="ltr">${contact.text}</bdi>`;
  return href ? html`<a class="inline" data-testid="emergency-link" href=${href}>${number}</a>` : number;
}

/** A number stays on one line, and in order inside text that runs from right to left (Unicode's LRI and PDI). */
const isolate = ({ text }: Contact): string => `\u2066${text.replaceAll(' ', '\u00a0')}\u2069`;
