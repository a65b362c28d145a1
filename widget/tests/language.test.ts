import { expect, it } from 'vitest';
import { chooseLanguage, directionOf, languageCode, nameOf } from '../src/language';

it.each([
  ['tr-TR', 'tr'],
  ['EN', 'en'],
  ['zh_Hant', 'zh'],
  ['', null],
  ['x', null],
  ['<b>', null],
  [undefined, null],
])('reads the tag %s', (tag, code) => {
  expect(languageCode(tag)).toBe(code);
});

it.each([
  [['tr', 'en'], [], 'tr', 'the patient’s choice before the host page’s'],
  [[null, 'ar'], ['tr'], 'ar', 'the host page’s wish even without strings'],
  [[null, null], ['tr-TR', 'en'], 'tr', 'the page’s language'],
  [[null, null], ['de', 'en-GB'], 'en', 'the first guess that has strings'],
  [[null, null], ['de', 'fr'], 'en', 'English at last'],
])('chooses from %j and %j: %s (%s)', (wanted, guesses, language) => {
  expect(chooseLanguage(wanted, guesses, ['en', 'tr'])).toBe(language);
});

it('knows which languages are written from right to left', () => {
  expect(['ar', 'fa', 'he', 'ur'].map(directionOf)).toEqual(['rtl', 'rtl', 'rtl', 'rtl']);
  expect(['en', 'tr', 'ru'].map(directionOf)).toEqual(['ltr', 'ltr', 'ltr']);
});

it('calls languages by their own names', () => {
  expect(['en', 'tr', 'ru'].map(nameOf)).toEqual(['English', 'Türkçe', 'Русский']);
});
