import { expect, it } from 'vitest';
import { Store } from '../src/store';
import { FakeStorage } from './fake-server';

it('keeps things over a reload, apart for each gateway', () => {
  const storage = new FakeStorage();
  new Store('https://a.example/', storage).set('language', 'tr');
  expect(new Store('https://a.example/', storage).get('language')).toBe('tr');
  expect(new Store('https://b.example/', storage).get('language')).toBeNull();
});

it('forgets', () => {
  const store = new Store('a', new FakeStorage());
  store.set('language', 'tr');
  store.set('noticeSeen', true);
  store.remove('language', 'noticeSeen');
  expect([store.get('language'), store.get('noticeSeen')]).toEqual([null, null]);
});

it('works without storage, until the page is left', () => {
  const store = new Store('a', null);
  store.set('language', 'tr');
  expect(store.get('language')).toBe('tr');
  store.remove('language');
  expect(store.get('language')).toBeNull();
});

it('works with a storage that is full', () => {
  const storage = new FakeStorage();
  const store = new Store('a', storage);
  store.set('language', 'en');
  storage.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  store.set('language', 'tr');
  expect(store.get('language')).toBe('tr');
});

it('survives what others have written under its names', () => {
  const storage = new FakeStorage();
  storage.setItem('clinic-chat:a:language', '{half');
  expect(new Store('a', storage).get('language')).toBeNull();
});
