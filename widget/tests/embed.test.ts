import { afterEach, expect, it } from 'vitest';
import { readOptions, scriptElement } from '../src/embed';

afterEach(() => document.head.replaceChildren());

function script(attributes: Record<string, string>): HTMLScriptElement {
  const element = document.createElement('script');
  element.type = 'module';
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

it('reads the attributes of the script tag', () => {
  const tag = script({ 'data-api': 'https://chat.example/', 'data-language': 'tr-TR', 'data-open': 'true', 'data-title': ' Ask us ' });
  expect(readOptions(document.createElement('div'), tag)).toMatchObject({
    api: 'https://chat.example',
    language: 'tr',
    open: true,
    title: 'Ask us',
    phone: null,
  });
});

it('lets the element’s own attributes win', () => {
  const element = document.createElement('div');
  element.dataset['language'] = 'ar';
  expect(readOptions(element, script({ 'data-language': 'tr' })).language).toBe('ar');
});

it('takes an empty data-api for the page’s own origin', () => {
  expect(readOptions(document.createElement('div'), script({ 'data-api': '' })).api).toBe('');
});

it('makes the host page’s number callable', () => {
  const { phone } = readOptions(document.createElement('div'), script({ 'data-phone': '+90 (212) 555 01 00' }));
  expect(phone).toEqual({ tel: 'tel:+902125550100', text: '+90 (212) 555 01 00' });
});

it('finds its own script among others', () => {
  const tags = [script({ src: 'https://a.example/x.js', 'data-api': '' }), script({ src: 'https://a.example/widget.js', 'data-api': 'x' })];
  for (const tag of tags) tag.type = 'text/plain'; // happy-dom would load a module as soon as it is in the page
  document.head.append(...tags);
  for (const tag of tags) tag.type = 'module';
  expect(scriptElement('https://a.example/widget.js')?.dataset['api']).toBe('x');
  expect(scriptElement('https://elsewhere.example/bundle.js')?.dataset['api']).toBe('');
});
