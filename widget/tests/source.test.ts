import { describe, expect, it } from 'vitest';
import readme from '../README.md?raw';

const sources = Object.entries(
  import.meta.glob<string>('../src/**/*.ts', { eager: true, query: '?raw', import: 'default' }),
);
const sheets = Object.values(
  import.meta.glob<string>('../src/**/*.css', { eager: true, query: '?raw', import: 'default' }),
).join();
const code = sources.map(([, text]) => text).join('\n');

it('never makes markup from text', () => {
  expect(code).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|unsafeHTML|unsafeSVG|document\.write|eval\(/);
});

it('has no inline style, which a strict policy forbids', () => {
  expect(code).not.toMatch(/\sstyle=/);
});

it('asks nothing of third parties', () => {
  expect(code + sheets).not.toMatch(/https?:\/\/|@import|url\(/);
});

it('lays out by logical directions only', () => {
  expect(sheets).not.toMatch(/(margin|padding|border)-(left|right)|[\s{;](left|right):|text-align: (left|right)/);
});

describe('README.md', () => {
  it('lists every hook for tests', () => {
    const hooks = [...code.matchAll(/data-testid=(?:\$\{[^}]*\}|[\w-]+)/g)].flatMap(([attribute]) =>
      attribute.includes('$') ? [...attribute.matchAll(/'([\w-]+)'/g)].map(([, name]) => name) : [attribute.slice('data-testid='.length)],
    );
    const quoted = [...code.matchAll(/data-testid="([\w-]+)"/g)].map(([, name]) => name);
    const missing = [...new Set([...hooks, ...quoted])].filter((name) => !readme.includes(`\`${name}\``));
    expect(missing).toEqual([]);
    expect(quoted.length).toBeGreaterThan(25);
  });

  it('lists every property for themes', () => {
    const properties = new Set([...sheets.matchAll(/var\((--clinic-chat-[\w-]+)/g)].map(([, name]) => name));
    expect([...properties].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists every attribute', () => {
    const attributes = [...code.matchAll(/read\('([\w-]+)'\)/g)].map(([, name]) => name);
    expect(attributes.length).toBeGreaterThan(3);
    expect(attributes.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
