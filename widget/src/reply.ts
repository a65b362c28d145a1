/** One reply of the assistant: text, buttons, where it comes from, and whether it helped. */

import { html, nothing, type TemplateResult } from 'lit';
import { callLink, callLinks, orderNumbers, webLink, withNumber } from './contacts';
import { icons } from './icons';
import type { Reply, ReplyButton } from './protocol';
import type { View } from './view';

export function replyView(reply: Reply, view: View): TemplateResult {
  const urgent = reply.kind === 'emergency';
  const buttons = [...reply.buttons].sort((a, b) => Number(isEmergency(b, view)) - Number(isEmergency(a, view)));
  const calls = urgent && !buttons.some((button) => isEmergency(button, view));
  const buttonRow = html`<div class="buttons">
    ${calls ? callLink(view.emergency.tel, withNumber(view.strings.call, view.emergency), true) : nothing}
    ${buttons.map((button) => buttonView(button, view))}
  </div>`;
  // In an emergency the number to call comes before any text that would have to be scrolled.
  return html`<div class=${urgent ? 'bot urgent' : 'bot'} data-testid="reply" data-kind=${reply.kind}>
    <span class="unseen">${view.strings.bot}</span>
    ${urgent ? html`<p class="heading">${icons.warning}${view.strings.emergency}</p>${buttonRow}` : nothing}
    ${textView(reply)} ${!urgent && buttons.length ? buttonRow : nothing}
    ${reply.source ? sourceView(reply, view) : nothing} ${reply.kind === 'answer' ? thumbs(reply.id, view) : nothing}
  </div>`;
}

/** Never silence: shown where the server took a message and gave no reply. */
export function noAnswerView(view: View): TemplateResult {
  return html`<div class="bot" data-testid="reply" data-kind="fallback">
    <p class="text">${view.strings.noAnswer}</p>
    <div class="buttons">${callLinks(view)}</div>
  </div>`;
}

/** Plain text; line breaks are kept by CSS, and nothing in it becomes a link. */
const textView = ({ text, language }: Reply): TemplateResult =>
  html`<p class="text" dir="auto" lang=${language || nothing} data-testid="reply-text">${orderNumbers(text.trim())}</p>`;

function buttonView({ kind, title, value }: ReplyButton, view: View): TemplateResult | typeof nothing {
  if (kind === 'call') return callLink(value, title, value === view.emergency.tel);
  if (kind === 'link') return webLink(value, title);
  return html`<button type="button" class="chip" data-testid="reply-button" dir="auto" @click=${() => view.actions.send(title, value)}>
    ${title}
  </button>`;
}

function sourceView({ source, language }: Reply, { strings }: View): TemplateResult {
  return html`<details class="source" data-testid="source">
    <summary>${icons.info}<span>${strings.source}</span>${icons.down}</summary>
    <p class="source-title" dir="auto" lang=${language || nothing}>${source?.title}</p>
    <blockquote dir="auto">${source?.passage}</blockquote>
  </details>`;
}

function thumbs(reply: string, { strings, actions }: View): TemplateResult {
  const vote = actions.vote(reply);
  const thumb = (helpful: boolean) =>
    html`<button
      type="button"
      class=${helpful ? 'thumb' : 'thumb down'}
      data-testid=${helpful ? 'thumb-up' : 'thumb-down'}
      aria-label=${helpful ? strings.helpful : strings.notHelpful}
      aria-pressed=${vote === helpful}
      @click=${() => actions.rate(reply, helpful)}
    >
      ${icons.thumb}
    </button>`;
  return html`<div class="thumbs" role="group" aria-label=${strings.feedback}>
    <span aria-hidden="true">${vote === null ? strings.feedback : strings.thanks}</span>${thumb(true)}${thumb(false)}
  </div>`;
}

const isEmergency = ({ kind, value }: ReplyButton, { emergency }: View): boolean =>
  kind === 'call' && value === emergency.tel;
