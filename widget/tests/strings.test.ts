import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fill, LANGUAGES, Words, type Strings } from '../src/strings';
import { dead, FILES, json } from './fake-server';

const english = FILES.get('en')!;
const keys = Object.keys(english) as (keyof Strings)[];

it('knows every language that has a file', () => {
  expect([...LANGUAGES].sort()).toEqual([...FILES.keys()].sort());
});

it('fills a number or a time in, whatever is in it', () => {
  expect(fill('call {} now', '$& 112')).toBe('call $& 112 now');
});

describe('words', () => {
  let respond: () => Response | Promise<Response>;
  const fetcher = vi.fn<typeof fetch>(async () => respond());
  let words: Words;

  beforeEach(() => {
    respond = () => json(200, FILES.get('de'));
    fetcher.mockClear();
    words = new Words('https://chat.example', fetcher);
  });

  it('are English without asking anybody, and say so', async () => {
    await words.load('en');
    expect(words.in('en')).toEqual({ language: 'en', strings: english });
    expect(words.in('xx').language).toBe('en');
    expect(fetcher).not.toHaveBeenCalled();
  });

  it('are English until the language’s own have arrived', async () => {
    const loading = words.load('de');
    expect(words.in('de')).toEqual({ language: 'en', strings: english });
    await loading;
    expect(words.in('de')).toEqual({ language: 'de', strings: FILES.get('de') });
    expect(words.in('fr').language).toBe('en');
  });

  it('come from the gateway, once', async () => {
    await Promise.all([words.load('de'), words.load('de')]);
    await words.load('de');
    expect(fetcher.mock.calls).toEqual([['https://chat.example/widget/strings/de.json', { credentials: 'omit' }]]);
  });

  it.each([
    ['a dead network', dead],
    ['an older server', () => json(404, { title: 'Not found' })],
    ['the page of a hotel’s Wi-Fi', () => new Response('<html>Please log in</html>')],
    ['nothing', () => json(200, null)],
  ])('stay English after %s, and are asked for again', async (_name, failure) => {
    const working = respond;
    respond = failure;
    await words.load('de');
    expect(words.in('de')).toEqual({ language: 'en', strings: english });
    respond = working;
    await words.load('de');
    expect(words.in('de').language).toBe('de');
  });

  it('are not asked for in a language that has none', async () => {
    await words.load('xx');
    await words.load('../../api');
    expect(fetcher).not.toHaveBeenCalled();
  });

  it('are English one by one where a file lacks them', async () => {
    respond = () => json(200, { send: 'Senden', call: 112 });
    await words.load('de');
    expect(words.in('de').strings).toEqual({ ...english, send: 'Senden' });
  });
});

describe.each([...FILES])('%s', (language, strings) => {
  it('has exactly the keys of English', () => {
    expect(Object.keys(strings)).toEqual(keys);
  });

  it('leaves nothing empty', () => {
    expect(keys.filter((key) => !strings[key].trim())).toEqual([]);
  });

  it('has the same places for numbers and times', () => {
    const places = (text: string) => text.split('{}').length;
    expect(keys.filter((key) => places(strings[key]) !== places(english[key]))).toEqual([]);
  });

  it('holds no number of its own: they come from the clinic', () => {
    expect(keys.filter((key) => /\p{Nd}/u.test(strings[key]))).toEqual([]);
  });

  it('names the button that erases as the button is named', () => {
    expect(strings.aboutStorage).toContain(strings.newConversation);
  });

  it.skipIf(language === 'en')('is translated', () => {
    expect(keys.filter((key) => strings[key] === english[key])).toEqual([]);
  });
});
