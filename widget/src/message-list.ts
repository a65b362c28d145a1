/** The log: greeting, topics, what was said, and what went wrong. Announcing is announcer.ts's work, not the log's. */

import { html, nothing, type TemplateResult } from 'lit';
import type { Conversation, Entry } from './conversation';
import { noticeCard } from './notice';
import { problemCard } from './problem-card';
import type { Topic } from './protocol';
import { noAnswerView, replyView } from './reply';
import type { View } from './view';

export interface LogState {
  conversation: Conversation;
  topics: Topic[];
  /** Lines of the notice, or null where it isn't shown. */
  notice: string[] | null;
  typing: boolean;
}

export function messageList(state: LogState, view: View): TemplateResult {
  const { conversation, notice, typing } = state;
  const { entries, greeting, problem } = conversation;
  // Not role=log: that is a live region, and would read again what announcer.ts has said.
  return html`<div class="log" part="log" data-testid="log" role="region" aria-label=${view.strings.log} tabindex="0">
    ${notice ? noticeCard(notice, view) : nothing}
    <ol>
      <li>
        ${greeting.length
          ? greeting.map((reply) => replyView(reply, view))
          : html`<div class="bot" data-testid="reply" data-kind="smalltalk">
              <span class="unseen">${view.strings.bot}</span>
              <p class="text" dir="auto" data-testid="reply-text">${view.strings.greeting}</p>
            </div>`}
        ${entries.length === 0 ? topicButtons(state, view) : nothing}
      </li>
      ${entries.map((entry) => html`<li class="entry">${entryView(entry, problem !== null, view)}</li>`)}
    </ol>
    ${typing
      ? html`<p class="bot typing" data-testid="typing-dots" aria-hidden="true"><i></i><i></i><i></i></p>`
      : nothing}
    ${problem ? problemCard(problem, view) : nothing}
  </div>`;
}

function topicButtons({ topics, conversation }: LogState, { strings, actions }: View): TemplateResult | typeof nothing {
  const offered = conversation.greeting.flatMap(({ buttons }) => buttons.map(({ title }) => title));
  const others = topics.filter(({ title }) => !offered.includes(title));
  if (!others.length) return nothing;
  return html`<div class="topics" role="group" aria-label=${strings.topics}>
    <p aria-hidden="true">${strings.topics}</p>
    ${others.map(
      ({ title, question }) =>
        html`<button type="button" class="chip" data-testid="topic" dir="auto" @click=${() => actions.send(question)}>
          ${title}
        </button>`,
    )}
  </div>`;
}

function entryView({ text, replies, refused }: Entry, stuck: boolean, view: View): TemplateResult {
  const { strings } = view;
  const note = refused !== undefined ? refused || strings.refused : replies === null && stuck ? strings.notSent : null;
  return html`<div class="user" data-testid="user-message">
      <span class="unseen">${strings.you}</span>
      <p class="text" dir="auto">${text}</p>
    </div>
    ${note === null ? nothing : html`<p class="note" data-testid="message-note" dir="auto">${note}</p>`}
    ${replies?.map((reply) => replyView(reply, view))}
    ${replies?.length === 0 && refused === undefined ? noAnswerView(view) : nothing}`;
}
