/**
 * Speaks to screen readers through two live regions that are in the page before anything is said in them.
 * Each announcement replaces the one before, so only what is new is read.
 */
export class Announcer {
  constructor(private readonly root: () => ParentNode) {}

  /** Waits for a pause of the screen reader. */
  politely(text: string, language?: string): void {
    this.say('[data-testid=status]', text, language);
  }

  /** Interrupts: only for emergencies and for a chat that has stopped working. */
  atOnce(text: string, language?: string): void {
    this.say('[data-testid=alert]', text, language);
  }

  private say(region: string, text: string, language?: string): void {
    const words = document.createElement('p');
    words.textContent = text;
    if (language) words.lang = language;
    this.root().querySelector(region)?.replaceChildren(words);
  }
}
