/**
 * How far to scroll so that the newest answer is seen from its beginning, under as much of its question as fits into
 * a quarter of the log. An emergency goes before other answers.
 */
export function topOfNewest(log: HTMLElement): number {
  const entry = log.querySelector<HTMLElement>('li.entry:last-child');
  if (!entry) return 0;
  const answer = entry.querySelector<HTMLElement>('.bot.urgent') ?? entry.querySelector<HTMLElement>('.bot');
  if (!answer) return log.scrollHeight;
  return Math.max(entry.offsetTop - 12, answer.offsetTop - log.clientHeight / 4);
}
