/** First-use notice: what the assistant is, what it isn't for, what is stored. Shown again by "About". */

import { html, type TemplateResult } from 'lit';
import { callLink, withNumber } from './contacts';
import { icons } from './icons';
import type { View } from './view';

export function noticeCard(lines: string[], { strings, emergency, actions }: View): TemplateResult {
  return html`<section class="card notice" data-testid="notice" aria-labelledby="notice-title">
    <h3 id="notice-title">${icons.info}${strings.aboutTitle}</h3>
    ${lines.map((line) => html`<p dir="auto">${line}</p>`)}
    <div class="buttons">
      <button type="button" class="button primary" data-testid="notice-accept" @click=${actions.acceptNotice}>
        ${strings.aboutAccept}
      </button>
      ${callLink(emergency.tel, withNumber(strings.call, emergency), true)}
    </div>
  </section>`;
}
