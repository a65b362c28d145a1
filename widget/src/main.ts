/** The built file's entry: defines <clinic-chat>, and puts one on the page where there is none. */

import { ClinicChat } from './chat';

function begin(): void {
  if (!customElements.get('clinic-chat')) customElements.define('clinic-chat', ClinicChat);
  if (!document.querySelector('clinic-chat')) document.body.append(document.createElement('clinic-chat'));
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
else begin();
