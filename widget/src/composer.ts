/** Where the patient writes: grows to four lines, Enter sends, never disabled. */

import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { inlineNumber } from './contacts';
import { icons } from './icons';
import { fill } from './strings';
import type { View } from './view';

/** The server's limit (design 5.4). */
export const MAX_LENGTH = 1000;
const COUNT_FROM = 900;
const MAX_ROWS = 4;

export class Composer {
  private length = 0;

  constructor(private readonly host: ReactiveControllerHost & { renderRoot: ParentNode }) {}

  render(view: View): TemplateResult {
    const { strings, direction, emergency, actions } = view;
    const submit = (event: Event) => this.submit(event, actions.send);
    const counting = this.length >= COUNT_FROM;
    return html`<form class="composer" part="composer" @submit=${submit}>
      <div class="field">
        <textarea
          rows="1"
          maxlength=${MAX_LENGTH}
          part="input"
          data-testid="input"
          aria-label=${strings.input}
          aria-describedby=${counting ? 'counter' : nothing}
          placeholder=${strings.input}
          dir=${this.length ? 'auto' : direction}
          enterkeyhint="send"
          autocomplete="off"
          @input=${this.changed}
          @keydown=${(event: KeyboardEvent) => {
            // Enter also confirms a word in an input method (Japanese, Chinese): that one doesn't send.
            if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event);
          }}
        ></textarea>
        ${counting
          ? html`<p id="counter" class="counter" data-testid="counter">${fill(strings.remaining, MAX_LENGTH - this.length)}</p>`
          : nothing}
      </div>
      <button type="submit" class="send" part="send" data-testid="send" aria-label=${strings.send} title=${strings.send}>
        ${icons.send}
      </button>
      <p class="footnote" data-testid="footnote">
        <span>${strings.assistant}. ${strings.emergency}: ${inlineNumber(emergency)}</span>
        <button type="button" class="about" data-testid="about" @click=${actions.toggleAbout}>${strings.about}</button>
      </p>
    </form>`;
  }

  focus(): void {
    this.input?.focus();
  }

  clear(): void {
    if (!this.input) return;
    this.input.value = '';
    this.changed();
  }

  private get input(): HTMLTextAreaElement | null {
    return this.host.renderRoot.querySelector('textarea');
  }

  private submit(event: Event, send: (text: string) => void): void {
    event.preventDefault();
    const text = this.input?.value.trim();
    if (text) {
      send(text);
      this.clear();
    }
    this.focus();
  }

  private readonly changed = (): void => {
    const { input } = this;
    if (!input) return;
    this.length = input.value.length;
    // Rows, not a height: a style attribute would need style-src 'unsafe-inline' in some browsers.
    input.rows = 1;
    const { lineHeight, paddingBlockStart, paddingBlockEnd } = getComputedStyle(input);
    const padding = parseFloat(paddingBlockStart) + parseFloat(paddingBlockEnd);
    const lines = Math.round((input.scrollHeight - padding) / parseFloat(lineHeight));
    input.rows = Math.min(MAX_ROWS, Math.max(1, lines || 1));
    this.host.requestUpdate();
  };
}
