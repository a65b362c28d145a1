/** <clinic-chat>: holds the state, wires the parts, and decides what is announced and where the focus goes. */

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { Announcer } from './announcer';
import { ChatApi } from './api';
import { ClinicFacts } from './clinic-facts';
import { Composer } from './composer';
import { Conversation, type Problem } from './conversation';
import { readOptions, scriptElement, type Options } from './embed';
import { Feedback } from './feedback';
import { loopTab } from './focus';
import { confirmation, header } from './header';
import { chooseLanguage, directionOf } from './language';
import { launcher } from './launcher';
import { messageList } from './message-list';
import { problemWords } from './problem-card';
import type { Reply } from './protocol';
import { topOfNewest } from './scrolling';
import { Store } from './store';
import { LANGUAGES, Words, type Strings } from './strings';
import { styles } from './styles';
import type { Actions, View } from './view';
import { followKeyboard } from './viewport';

/** Shorter waits need no indicator: most answers come at once. */
const TYPING_AFTER = 300;

export class ClinicChat extends LitElement {
  static override styles = styles;

  private options!: Options;
  private store!: Store;
  private words!: Words;
  private facts!: ClinicFacts;
  private conversation!: Conversation;
  private feedback!: Feedback;
  private language = 'en';

  private isOpen = false;
  private unread = false;
  private typing = false;
  private about = false;
  private confirming = false;
  private clock: ReturnType<typeof setInterval> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private unfollow: (() => void) | undefined;
  private scrolledFor = '';

  private readonly composer = new Composer(this);
  private readonly announcer = new Announcer(() => this.renderRoot);

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.conversation) this.setUp();
    window.addEventListener('online', this.reconnect);
    if (this.options.open) this.show();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('online', this.reconnect);
    this.unfollow?.();
    clearInterval(this.clock);
    clearTimeout(this.typingTimer);
  }

  /** Opens the panel and moves the focus to the input. Part of the element's API for host pages. */
  async open(): Promise<void> {
    this.show();
    await this.updateComplete;
    this.composer.focus();
  }

  /** Closes the panel and gives the focus back to the launcher. Part of the element's API for host pages. */
  async close(): Promise<void> {
    this.isOpen = this.confirming = this.about = false;
    this.unfollow?.();
    this.requestUpdate();
    await this.updateComplete;
    this.find('launcher')?.focus();
  }

  private setUp(): void {
    this.options = readOptions(this, scriptElement());
    const { api: origin, language, phone } = this.options;
    this.store = new Store(new URL(origin || '/', location.href).href);
    const api = new ChatApi(origin);
    this.words = new Words(origin);
    this.facts = new ClinicFacts(api, this.store, phone);
    this.language = chooseLanguage(
      [this.store.get('language'), language],
      [document.documentElement.lang, ...navigator.languages],
      LANGUAGES,
    );
    const listener = { changed: this.changed, replied: this.replied, failed: this.failed };
    this.conversation = new Conversation(api, this.store, listener, () => this.language);
    this.feedback = new Feedback(api, this.store, this.conversation.session, () => this.requestUpdate());
    void this.loadWords();
  }

  /** The first request to the server is made here: a page that is only read costs nothing and tells nobody. */
  private show(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.unread = false;
    this.scrolledFor = '';
    this.store.set('bubbleDismissed', true);
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const panel = this.find('panel');
      if (panel && this.isOpen) this.unfollow = followKeyboard(panel);
    });
    void this.loadTexts();
    void this.conversation.resume();
  }

  private async loadWords(): Promise<void> {
    await this.words.load(this.language);
    this.requestUpdate();
  }

  private async loadTexts(): Promise<void> {
    void this.loadWords();
    await this.facts.load(this.language);
    this.requestUpdate();
  }

  private readonly actions: Actions = {
    open: () => void this.open(),
    close: () => void this.close(),
    dismissBubble: () => {
      this.store.set('bubbleDismissed', true);
      this.requestUpdate();
      this.find('launcher')?.focus();
    },
    changeLanguage: (language) => {
      this.language = language;
      this.store.set('language', language);
      this.requestUpdate();
      void this.loadTexts();
      // A greeting in the new language; but nobody's conversation is thrown away for it.
      if (!this.conversation.entries.length) void this.conversation.restart();
    },
    toggleAbout: () => {
      this.about = !this.noticeShown;
      if (!this.about) this.store.set('noticeSeen', true);
      this.scrolledFor = '';
      this.requestUpdate();
      if (this.about) void this.focusOn('notice-accept');
    },
    acceptNotice: () => {
      this.about = false;
      this.store.set('noticeSeen', true);
      this.requestUpdate();
      this.composer.focus();
    },
    askForNew: () => {
      this.confirming = true;
      this.requestUpdate();
      void this.focusOn('confirm-new-yes');
    },
    cancelNew: () => {
      this.confirming = false;
      this.requestUpdate();
      void this.focusOn('new-conversation');
    },
    startNew: () => {
      this.confirming = false;
      this.composer.focus();
      this.announcer.politely(this.strings.startedNew);
      void this.conversation.restart();
    },
    send: (text, button) => {
      this.store.set('noticeSeen', true); // whoever writes has had it before their eyes
      this.about = false;
      this.conversation.send(text, button);
    },
    rate: (reply, helpful) => void this.rate(reply, helpful),
    vote: (reply) => this.feedback.vote(reply),
    retry: () => {
      this.find('log')?.focus(); // the button is about to disappear; the input would bring up a phone's keyboard
      void this.loadTexts();
      void this.conversation.resume();
    },
  };

  private async rate(reply: string, helpful: boolean): Promise<void> {
    const saved = await this.feedback.give(reply, helpful);
    this.announcer.politely(saved ? this.strings.thanks : this.strings.notSaved);
  }

  private readonly reconnect = (): void => {
    void this.loadWords();
    if (this.conversation.problem?.kind === 'offline') void this.conversation.resume();
  };

  private readonly changed = (): void => {
    clearTimeout(this.typingTimer);
    this.typing &&= this.conversation.waiting;
    if (this.conversation.waiting && !this.typing) {
      this.typingTimer = setTimeout(() => {
        this.typing = this.conversation.waiting;
        this.requestUpdate();
      }, TYPING_AFTER);
    }
    this.requestUpdate();
  };

  private readonly replied = (replies: Reply[]): void => {
    this.unread = !this.isOpen;
    const { strings } = this;
    const urgent = replies.filter(({ kind }) => kind === 'emergency');
    const others = replies.filter(({ kind }) => kind !== 'emergency');
    const words = (some: Reply[]) => some.map(({ text }) => text).join('\n');
    if (urgent.length) this.announcer.atOnce(`${strings.emergency}. ${words(urgent)}`, urgent[0]?.language);
    if (others.length) this.announcer.politely(words(others), others[0]?.language);
    if (!replies.length) this.announcer.politely(strings.noAnswer);
  };

  private readonly failed = (problem: Problem): void => {
    const { heading, text } = problemWords(problem, this.view);
    const numbers = [this.facts.emergency, this.facts.phone].map((contact) => contact?.text).filter(Boolean);
    this.announcer.atOnce(`${heading}. ${text} ${this.strings.callNow} ${numbers.join(', ')}`);
    clearInterval(this.clock);
    if (problem.kind === 'busy') this.clock = setInterval(() => this.countDown(problem.until), 1000);
  };

  private countDown(until: number): void {
    if (until < Date.now()) clearInterval(this.clock);
    this.requestUpdate();
  }

  private readonly keyPressed = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && !event.isComposing) {
      event.stopPropagation();
      if (this.confirming) this.actions.cancelNew();
      else void this.close();
    } else loopTab(event, event.currentTarget as HTMLElement);
  };

  protected override render(): TemplateResult {
    const { view, strings } = this;
    const bubble = !this.store.get('bubbleDismissed');
    // The three regions stay in the page whatever is open, or screen readers would miss what is put in them.
    return html`<div class="root" dir=${view.direction} lang=${view.spoken}>
      ${launcher({ open: this.isOpen, unread: this.unread, bubble }, view)}
      <div
        id="panel"
        class="panel"
        part="panel"
        data-testid="panel"
        role="dialog"
        aria-label=${view.title}
        ?hidden=${!this.isOpen}
        @keydown=${this.keyPressed}
      >
        ${this.isOpen ? this.panelContent(view) : nothing}
      </div>
      <div class="unseen" role="status" data-testid="status"></div>
      <div class="unseen" role="status" data-testid="typing">${this.typing ? strings.typing : nothing}</div>
      <div class="unseen" role="alert" data-testid="alert"></div>
    </div>`;
  }

  private panelContent(view: View): TemplateResult {
    const { conversation, facts, language, strings, typing } = this;
    const lines = facts.notice(language);
    const notice = this.noticeShown ? (lines.length ? lines : [strings.aboutText, strings.aboutStorage]) : null;
    const languages = [...new Set([...(facts.languages.length ? facts.languages : LANGUAGES), language])];
    return html`${header(languages, view)} ${this.confirming ? confirmation(view) : nothing}
    ${messageList({ conversation, topics: facts.topics(language), notice, typing }, view)} ${this.composer.render(view)}`;
  }

  protected override updated(): void {
    const log = this.find('log');
    if (!log) return;
    const { entries, problem } = this.conversation;
    const last = entries.at(-1);
    const state = [entries.length, last?.replies?.length, problem?.kind, this.typing, this.about].join();
    if (state === this.scrolledFor) return;
    this.scrolledFor = state;
    log.scrollTop = this.about ? 0 : problem ? log.scrollHeight : topOfNewest(log);
  }

  private get noticeShown(): boolean {
    return this.about || (!this.store.get('noticeSeen') && !this.conversation.entries.length);
  }

  private get strings(): Strings {
    return this.view.strings;
  }

  private get view(): View {
    const { language, actions, facts, options } = this;
    const { strings, language: spoken } = this.words.in(language);
    return {
      strings,
      spoken,
      language,
      direction: directionOf(language),
      title: options.title ?? (facts.name || strings.title),
      emergency: facts.emergency,
      phone: facts.phone,
      actions,
    };
  }

  private find(name: string): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(`[data-testid=${name}]`);
  }

  private async focusOn(name: string): Promise<void> {
    await this.updateComplete;
    this.find(name)?.focus();
  }
}
