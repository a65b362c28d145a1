import { expect, it } from 'vitest';
import { safeHref } from '../src/links';

it.each([
  ['tel:+902125550100', 'call'],
  ['tel:112', 'call'],
  ['https://example.org/path?x=1', 'link'],
  ['mailto:info@example.org', 'link'],
] as const)('allows %s as a %s', (address, kind) => {
  expect(safeHref(address, kind)).toBe(address);
});

it.each([
  ['javascript:alert(1)', 'link'],
  ['java\nscript:alert(1)', 'link'],
  [' JAVASCRIPT:alert(1)', 'link'],
  ['data:text/html,<script>alert(1)</script>', 'link'],
  ['vbscript:x', 'link'],
  ['blob:https://example.org/1', 'link'],
  ['http://example.org', 'link'],
  ['//example.org', 'link'],
  ['/path', 'link'],
  ['', 'link'],
  ['tel:112', 'link'],
  ['https://example.org', 'call'],
  ['sms:112', 'call'],
  ['javascript:alert(1)', 'call'],
] as const)('refuses %j as a %s', (address, kind) => {
  expect(safeHref(address, kind)).toBeNull();
});
