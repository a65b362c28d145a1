/** The closed widget: one round button and, at a first visit, a short greeting beside it. */

import { html, nothing, type TemplateResult } from 'lit';
import { icons } from './icons';
import type { View } from './view';

export function launcher(state: { open: boolean; unread: boolean; bubble: boolean }, { strings, actions }: View): TemplateResult {
  const { open, unread, bubble } = state;
  return html`<div class="closed" ?hidden=${open}>
    ${bubble
      ? html`<div class="bubble" part="bubble" data-testid="bubble">
          <button type="button" class="bubble-text" data-testid="bubble-open" @click=${actions.open}>${strings.bubble}</button>
          <button type="button" class="tool" data-testid="bubble-dismiss" aria-label=${strings.dismissBubble} @click=${actions.dismissBubble}>
            ${icons.close}
          </button>
        </div>`
      : nothing}
    <button
      type="button"
      class="launcher"
      part="launcher"
      data-testid="launcher"
      aria-label=${unread ? `${strings.launcher} (${strings.unread})` : strings.launcher}
      aria-haspopup="dialog"
      aria-expanded="false"
      aria-controls="panel"
      @click=${actions.open}
    >
      ${icons.chat}${unread ? html`<span class="badge" data-testid="unread"></span>` : nothing}
    </button>
  </div>`;
}
