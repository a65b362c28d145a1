// The sheets that come up from the phone's lower edge.

import { $, make, words } from './dom.js';

export const ATTACHMENTS = {
  image: '📷 Photo',
  video: '🎬 Video',
  document: '📄 Document',
  voice: '🎤 Voice message',
  audio: '🎵 Audio',
  sticker: '🌟 Sticker',
  location: '📍 Location',
  contacts: '👤 Contact',
  unsupported: '📊 Unsupported (a poll)',
  hologram: '✨ A type of the future',
};
const EMOJI = { '👍': 'Thumbs up', '❤️': 'Heart', '😂': 'Laughing', '😮': 'Surprised', '😢': 'Crying', '🙏': 'Folded hands' };

export function open(id) {
  const sheet = $(id);
  sheet.showModal();
  // over the phone, where a phone shows it
  const phone = document.querySelector('.frame').getBoundingClientRect();
  sheet.style.left = `${phone.left}px`;
  sheet.style.width = `${phone.width}px`;
  sheet.style.bottom = `${Math.max(0, document.documentElement.clientHeight - phone.bottom)}px`;
}

export function close(id) {
  $(id).close();
}

/** `attach(kind, caption)` is called with what was chosen. */
export function prepare(attach) {
  for (const sheet of document.querySelectorAll('dialog')) {
    sheet.querySelector('[data-close]').addEventListener('click', () => sheet.close());
    sheet.addEventListener('click', (event) => event.target === sheet && sheet.close());
  }
  for (const [kind, label] of Object.entries(ATTACHMENTS)) {
    const button = make('button', { type: 'button' }, label);
    button.addEventListener('click', () => {
      close('attach-sheet');
      attach(kind, $('caption').value.trim());
      $('caption').value = '';
    });
    $('attachments').append(button);
  }
}

/** `choose(emoji)` is called with an empty one to take the reaction back. */
export function openReactions(current, choose) {
  const buttons = Object.entries(EMOJI).map(([emoji, label]) => {
    const pressed = String(emoji === current);
    const button = make('button', { type: 'button', 'aria-label': label, 'aria-pressed': pressed }, emoji);
    button.addEventListener('click', () => {
      close('react-sheet');
      choose(emoji === current ? '' : emoji);
    });
    return button;
  });
  buttons[0].autofocus = true;
  $('emoji').replaceChildren(...buttons);
  open('react-sheet');
}

/** `choose(id)` is called with the chosen row's. */
export function openList(action, choose) {
  const parts = action.sections.map(({ title, rows }) => {
    const buttons = rows.map((row) => {
      const button = make('button', { type: 'button', class: 'row' }, words(row.title), row.description ? words(row.description, 'words small') : null);
      button.addEventListener('click', () => {
        close('list-sheet');
        choose(row.id);
      });
      return button;
    });
    return make('section', {}, title ? make('h3', { dir: 'auto' }, title) : null, ...buttons);
  });
  $('list-title').textContent = action.button;
  $('list-rows').replaceChildren(...parts);
  $('list-rows').querySelector('button').autofocus = true;
  open('list-sheet');
}
