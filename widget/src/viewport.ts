/**
 * Keeps a full-screen panel above a phone's keyboard: browsers shrink the visual viewport for it, not `100dvh`.
 * Panel.css reads the two properties only where the panel fills the screen.
 */
export function followKeyboard(element: HTMLElement): () => void {
  const viewport = window.visualViewport;
  if (!viewport) return () => {};
  const follow = () => {
    const pinched = viewport.scale > 1.05; // the patient magnifies: leave the layout alone
    for (const [name, length] of [['--_height', viewport.height], ['--_top', viewport.offsetTop]] as const) {
      if (pinched) element.style.removeProperty(name);
      else element.style.setProperty(name, `${length}px`);
    }
  };
  follow();
  viewport.addEventListener('resize', follow);
  viewport.addEventListener('scroll', follow);
  return () => {
    viewport.removeEventListener('resize', follow);
    viewport.removeEventListener('scroll', follow);
  };
}
