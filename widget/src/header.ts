/** The panel's head: who is speaking, the clinic's number, language, new conversation, close. */

import { html, nothing, type TemplateResult } from 'lit';
import { withNumber } from './contacts';
import { icons } from './icons';
import { nameOf } from './language';
import { safeHref } from './links';
import type { View } from './view';

export function header(languages: string[], view: View): TemplateResult {
  const { strings, actions, phone, title } = view;
  const tel = phone && safeHref(phone.tel, 'call');
  const call = phone && withNumber(strings.callClinic, phone);
  return html`<header class="header" part="header">
    <div class="names">
      <h2><bdi>${title}</bdi></h2>
      <p>${strings.assistant}</p>
    </div>
    ${tel
      ? html`<a class="tool" data-testid="header-call" href=${tel} aria-label=${call} title=${call}
          >${icons.phone}</a
        >`
      : nothing}
    ${languageSelect(languages, view)}
    ${tool('new-conversation', strings.newConversation, icons.renew, actions.askForNew)}
    ${tool('close', strings.close, icons.close, actions.close)}
  </header>`;
}

const tool = (name: string, label: string, icon: TemplateResult, action: () => void): TemplateResult =>
  html`<button type="button" class="tool" data-testid=${name} aria-label=${label} title=${label} @click=${action}>${icon}</button>`;

/** A real select, invisible over its short code, so that two letters are enough room for it. */
function languageSelect(languages: string[], { strings, language, actions }: View): TemplateResult | typeof nothing {
  if (languages.length < 2) return nothing;
  return html`<span class="tool language"
    ><span aria-hidden="true">${language.toUpperCase()}</span>
    <select
      data-testid="language"
      aria-label=${strings.language}
      title=${strings.language}
      @change=${(event: Event) => actions.changeLanguage((event.target as HTMLSelectElement).value)}
    >
      ${languages.map((code) => html`<option value=${code} lang=${code} ?selected=${code === language}>${nameOf(code)}</option>`)}
    </select></span
  >`;
}

/** Asks in the panel itself; a browser's confirm() can't be styled, translated or reached by some screen readers. */
export function confirmation({ strings, actions }: View): TemplateResult {
  return html`<div class="confirm" role="group" aria-labelledby="confirm-text" data-testid="confirm-new">
    <p id="confirm-text">${strings.confirmNew}</p>
    <div class="buttons">
      <button type="button" class="button primary" data-testid="confirm-new-yes" @click=${actions.startNew}>
        ${strings.confirmNewYes}
      </button>
      <button type="button" class="button" data-testid="confirm-new-cancel" @click=${actions.cancelNew}>${strings.cancel}</button>
    </div>
  </div>`;
}
