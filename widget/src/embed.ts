/** What the host page asks for: the attributes of our script tag, or of a <clinic-chat> element of its own. */

import { languageCode } from './language';
import type { Contact } from './protocol';

export interface Options {
  /** The gateway's origin, without a slash at its end; empty for the page's own. */
  api: string;
  language: string | null;
  open: boolean;
  title: string | null;
  /** Shown while the clinic's own data has never been loaded. */
  phone: Contact | null;
}

/** `document.currentScript` is null in modules, so the tag is known by its address. */
export function scriptElement(address = import.meta.url): HTMLScriptElement | null {
  const scripts = [...document.querySelectorAll<HTMLScriptElement>('script[type=module][src]')];
  return (
    scripts.find((script) => script.src === address) ??
    document.querySelector<HTMLScriptElement>('script[type=module][data-api]')
  );
}

/** Attributes of the element win over those of the script. */
export function readOptions(element: HTMLElement, script: HTMLElement | null): Options {
  const read = (name: string) => (element.getAttribute(name) ?? script?.getAttribute(name))?.trim();
  const phone = read('data-phone');
  return {
    api: (read('data-api') ?? new URL(import.meta.url).origin).replace(/\/+$/, ''),
    language: languageCode(read('data-language')),
    open: read('data-open') === 'true',
    title: read('data-title') || null,
    phone: phone ? { tel: `tel:${phone.replace(/[^+\d]/g, '')}`, text: phone } : null,
  };
}
