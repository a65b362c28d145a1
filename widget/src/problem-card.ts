/** What went wrong, whom to call meanwhile, and a way to try again. Its words are announced when it comes. */

import { html, type TemplateResult } from 'lit';
import { callLinks } from './contacts';
import type { Problem } from './conversation';
import { icons } from './icons';
import { fill } from './strings';
import type { View } from './view';

const ICONS = { offline: icons.warning, busy: icons.clock, refused: icons.warning };

export function problemCard(problem: Problem, view: View): TemplateResult {
  const { heading, text } = problemWords(problem, view);
  return html`<section class="card problem" data-testid=${`${problem.kind}-card`} aria-labelledby="problem-title">
    <h3 id="problem-title">${ICONS[problem.kind]}${heading}</h3>
    <p dir="auto">${text}</p>
    <p>${view.strings.callNow}</p>
    <div class="buttons">
      ${callLinks(view)}
      <button type="button" class="button primary" data-testid="retry" @click=${view.actions.retry}>${view.strings.retry}</button>
    </div>
  </section>`;
}

export function problemWords(problem: Problem, { strings, spoken }: View): { heading: string; text: string } {
  if (problem.kind === 'offline') return { heading: strings.offline, text: strings.offlineText };
  if (problem.kind === 'refused') return { heading: strings.refused, text: problem.detail };
  const seconds = Math.ceil((problem.until - Date.now()) / 1000);
  if (seconds <= 0) return { heading: strings.busy, text: strings.busyOver };
  return { heading: strings.busy, text: fill(strings.busyUntil, fromNow(seconds, spoken)) };
}

/** "in 40 seconds", "2 dakika sonra": the browser knows every language's words. */
function fromNow(seconds: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language);
  return seconds < 90 ? format.format(seconds, 'second') : format.format(Math.ceil(seconds / 60), 'minute');
}
