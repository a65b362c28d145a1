/** Line icons of 24 × 24, drawn in the text's colour. Always decoration: the name stands in the control's label. */

import { html, type TemplateResult } from 'lit';

const icon = (path: string): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${path}></path></svg>`;

const CIRCLE = 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z';
const BUBBLE = 'M12 3.5c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.6 3.3 6L5.5 20.5l4.2-1.9c.7.1 1.5.2 2.3.2 5 0 9-3.4 9-7.6s-4-7.7-9-7.7Z';

export const icons = {
  chat: icon(BUBBLE + 'M12 8v6M9 11h6'),
  close: icon('M6 6l12 12M18 6L6 18'),
  down: icon('M6 9l6 6 6-6'),
  renew: icon('M13 4.5H6.5a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V11M18 3.5L20.5 6 12 14.5H9.5V12L18 3.5Z'),
  phone: icon(
    'M6.6 3.5h2.6l1.6 4.3-2.1 1.6a12 12 0 0 0 5.9 5.9l1.6-2.1 4.3 1.6v2.6a2 2 0 0 1-2.2 2A16.6 16.6 0 0 1 4.6 5.7a2 2 0 0 1 2-2.2Z',
  ),
  send: icon('M5 12h13M12.5 5.5L19 12l-6.5 6.5'),
  warning: icon('M12 4L2.8 19.5h18.4L12 4ZM12 10v4.5M12 17.2v.1'),
  clock: icon(CIRCLE + 'M12 7.5V12l3 2'),
  info: icon(CIRCLE + 'M12 11v5M12 7.8v.1'),
  link: icon('M14 4.5h5.5V10M19.5 4.5L11 13M17.5 14v4a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 18V8A1.5 1.5 0 0 1 6 6.5h4'),
  thumb: icon('M4 10.5h3.2v9H4zM7.2 11l3.6-7c1.4 0 2.4 1 2.4 2.4V9.5h5a2 2 0 0 1 2 2.3l-1 6a2 2 0 0 1-2 1.7H7.2'),
};
