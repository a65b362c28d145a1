/** Keeps the Tab key inside a panel that fills the screen, where everything behind it can't be seen. */
export function loopTab(event: KeyboardEvent, panel: HTMLElement): void {
  if (event.key !== 'Tab' || panel.offsetWidth < document.documentElement.clientWidth) return;
  const stops = [...panel.querySelectorAll<HTMLElement>('a[href], button, select, textarea, summary, [tabindex="0"]')];
  const [first, last] = [stops[0], stops.at(-1)];
  const from = (panel.getRootNode() as ShadowRoot).activeElement;
  if (event.shiftKey ? from !== first : from !== last) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}
