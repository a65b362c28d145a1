/** One constructed style sheet for the whole widget: a strict `style-src` allows it, as nothing is inline. */

import { unsafeCSS } from 'lit';
import base from './styles/base.css?inline';
import closed from './styles/closed.css?inline';
import log from './styles/log.css?inline';
import panel from './styles/panel.css?inline';

export const styles = unsafeCSS(base + closed + panel + log);
