import { describe, expect, it } from 'vitest';
import { allStrings, stringsFor, type Strings } from '../src/strings';

const english = allStrings.get('en')!;
const keys = Object.keys(english) as (keyof Strings)[];
const spoken = (value: Strings[keyof Strings]): string =>
  typeof value === 'function' ? (value as (argument: string) => string)('§') : value;

it('has English and Turkish', () => {
  expect([...allStrings.keys()]).toEqual(expect.arrayContaining(['en', 'tr']));
});

it('falls back to English, and says so', () => {
  expect(stringsFor('xx')).toEqual({ language: 'en', strings: english });
  expect(stringsFor('tr').language).toBe('tr');
});

describe.each([...allStrings])('%s', (language, strings) => {
  it('has exactly the keys of English', () => {
    expect(Object.keys(strings).sort()).toEqual([...keys].sort());
  });

  it('leaves nothing empty', () => {
    expect(keys.filter((key) => !spoken(strings[key]).trim())).toEqual([]);
  });

  it('uses the number or time that it is given', () => {
    const functions = keys.filter((key) => typeof english[key] === 'function');
    expect(functions.filter((key) => typeof strings[key] !== 'function' || !spoken(strings[key]).includes('§'))).toEqual([]);
  });

  it('holds no number of its own: they come from the clinic', () => {
    expect(keys.filter((key) => /\d/.test(spoken(strings[key])))).toEqual([]);
  });

  it.skipIf(language === 'en')('is translated', () => {
    expect(keys.filter((key) => spoken(strings[key]) === spoken(english[key]))).toEqual([]);
  });
});
