/**
 * A stand-in for the gateway while the widget is being worked on: a page under the strict policy that the widget
 * promises to live with, the built file, and a chat API that answers by keyword. Nothing here ships.
 *
 *   npm run dev            then http://127.0.0.1:8765/?language=tr&open=true
 *
 * Write "emergency", "handover", "slow", "empty" or "too long" to see those replies. The server misbehaves after
 * GET /mock?mode=offline | busy | expired (the next call only) | ok.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const PORT = Number(process.env.PORT ?? 8765);
const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "require-trusted-types-for 'script'; trusted-types lit-html";
const WIDGET = new URL('../dist/widget.js', import.meta.url);
const STRINGS = /^\/widget(\/strings\/[a-z]+\.json)$/;
// Numbers reserved for fiction; the clinic's own comes from the real gateway.
const PHONE = { tel: 'tel:+902125550100', text: '+90 212 555 01 00' };
const EMERGENCY = { tel: 'tel:112', text: '112' };

const sessions = new Map(); // token → { messages: [], byId: Map }
let mode = 'ok';
let posts = 0;

const TEXTS = {
  en: {
    greeting: 'Hello! I am the automatic assistant of Apex Clinic. Ask me about botox: I answer from the clinic’s own information. In an emergency call 112.',
    answer: 'The effect lasts 4 to 6 months, depending on the person. It is fully visible within 3 to 5 days.',
    title: 'How long does it last?',
    passage: 'The permanence of the botox procedure varies depending on the condition of the patient and lasts between 4 to 6 months.',
    emergency:
      'Call 112 now.\nTrouble breathing, swallowing or speaking, or swelling of the face after botox need emergency help straight away.\nDo not wait for an answer here. After you have called 112, tell the clinic: ' + PHONE.text + '.',
    handover: `For anything about your own case, please call the clinic: ${PHONE.text}.`,
    callClinic: 'Call Apex Clinic',
    call112: 'Call 112',
    topics: ['What botox is used for', 'How it is done', 'How long it lasts', 'Who can have it', 'After the procedure', 'Side effects'],
    notice: 'This is an automatic assistant, not a doctor. It is not for emergencies: call 112.',
    retention: 'Your messages are stored by the clinic to answer you and to improve the answers, for 30 days at most. “New conversation” erases them at once.',
  },
  tr: {
    greeting: 'Merhaba! Ben Apex Clinic kliniğinin otomatik asistanıyım. Botoksla ilgili sorularınızı yanıtlıyorum. Acil durumda 112’yi arayın.',
    answer: 'Etkisi kişiye göre 4 ila 6 ay sürer.',
    title: 'Ne kadar sürer?',
    passage: 'The permanence of the botox procedure varies depending on the condition of the patient and lasts between 4 to 6 months.',
    emergency: `Hemen 112’yi arayın.\nBurada yanıt beklemeyin. Sonra kliniğe haber verin: ${PHONE.text}.`,
    handover: `Kendi durumunuzla ilgili her şey için lütfen kliniği arayın: ${PHONE.text}.`,
    callClinic: 'Apex Clinic kliniğini ara',
    call112: '112’yi ara',
    topics: ['Botoks nerelerde kullanılır', 'Nasıl yapılır', 'Ne kadar sürer', 'Kimlere yapılır', 'İşlemden sonra', 'Yan etkiler'],
    notice: 'Bu otomatik bir asistandır, doktor değildir. Acil durumlar için değildir: 112’yi arayın.',
    retention: 'Mesajlarınız klinik tarafından en fazla 30 gün saklanır. “Yeni konuşma” onları hemen siler.',
  },
};

const callClinic = (t) => ({ title: t.callClinic, kind: 'call', value: PHONE.tel });

function repliesTo(text, language) {
  const t = TEXTS[language];
  const reply = (kind, words, more = {}) => [{ id: randomUUID(), kind, language, text: words, buttons: [], ...more }];
  if (/emergency|breath|nefes/i.test(text))
    return reply('emergency', t.emergency, { buttons: [callClinic(t), { title: t.call112, kind: 'call', value: EMERGENCY.tel }] });
  if (/handover|price|fiyat/i.test(text)) return reply('handover', t.handover, { buttons: [callClinic(t)] });
  if (/empty/.test(text)) return [];
  if (/unsafe/.test(text))
    return reply('answer', '<img src=x onerror=alert(1)> <b>not bold</b>', {
      buttons: [
        { title: 'script', kind: 'link', value: 'javascript:alert(1)' },
        { title: 'http', kind: 'call', value: 'https://example.org' },
        { title: 'page', kind: 'link', value: 'https://example.org/' },
      ],
    });
  return reply('answer', t.answer, {
    source: { title: t.title, passage: t.passage },
    buttons: [{ title: t.topics[4], kind: 'reply', value: 'opaque-5' }],
  });
}

function problem(response, status, detail, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ type: 'about:blank', title: 'Problem', status, detail }));
}

function json(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

const languageOf = (code) => (code in TEXTS ? code : 'en');
const greetingOf = (language) => ({ id: `greeting-${language}`, kind: 'smalltalk', language, text: TEXTS[language].greeting, buttons: [] });

async function readBody(request) {
  let body = '';
  for await (const part of request) body += part;
  return body ? JSON.parse(body) : {};
}

async function api(request, response, url) {
  if (mode === 'offline') return request.socket.destroy();
  const call = `${request.method} ${url.pathname.slice('/api/v1/'.length)}`;
  if (mode === 'busy' && call === 'POST messages') return problem(response, 429, 'Too many messages.', { 'Retry-After': '40' });
  if (call === 'GET clinic') {
    const t = TEXTS[languageOf(url.searchParams.get('language'))];
    return json(response, 200, {
      name: 'Apex Clinic',
      phone: PHONE,
      emergency: EMERGENCY,
      languages: ['en', 'tr'],
      topics: t.topics.map((title) => ({ title, question: `${title}?` })),
      notice: { text: t.notice, retention: t.retention },
    });
  }
  const body = await readBody(request);
  if (call === 'POST sessions') {
    const [token, language] = [randomUUID(), languageOf(body.language)];
    sessions.set(token, { language, messages: [] });
    return json(response, 201, { token, expires_at: new Date(Date.now() + 864e5).toISOString(), replies: [greetingOf(language)] });
  }
  const token = request.headers.authorization?.replace('Bearer ', '');
  if (mode === 'expired') {
    mode = 'ok';
    sessions.delete(token);
  }
  const session = sessions.get(token);
  if (!session) return problem(response, 401, 'The session token is missing, wrong or expired.');
  if (call === 'GET messages') return json(response, 200, { greeting: [greetingOf(session.language)], messages: session.messages });
  if (call === 'POST messages') {
    posts += 1;
    const text = body.text ?? `(${body.button})`;
    if (/too long/.test(text)) return problem(response, 422, 'A message may have 1000 characters.');
    let message = session.messages.find(({ id }) => id === body.id);
    if (!message) session.messages.push((message = { id: body.id, text, sent_at: new Date().toISOString(), replies: repliesTo(text, session.language) }));
    if (/slow/.test(text)) await new Promise((resolve) => setTimeout(resolve, 2500));
    return json(response, 200, { id: body.id, replies: message.replies });
  }
  if (call === 'DELETE session') sessions.delete(token);
  if (call === 'DELETE session' || call === 'POST feedback') return response.writeHead(204).end();
  return problem(response, 404, 'There is nothing at this address.');
}

const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(url) {
  const attributes = [...url.searchParams].map(([name, value]) => ` data-${name.replace(/[^a-z-]/g, '')}="${escape(value)}"`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>Widget at work</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">
<script type="module" src="/widget.js" data-api=""${attributes}></script></head>
<body><main><h1>Botox at Apex Clinic</h1><p>Before your appointment you will meet one of our plastic surgeons, who looks at your skin and explains the treatment.</p>
<p><a href="#more">More about the treatment</a></p><p>${'The areas are marked before the procedure. '.repeat(30)}</p></main></body></html>`;
}

const PAGE_CSS =
  'body{font:10px/1 serif;letter-spacing:2px;color:purple;margin:0}main{max-width:46rem;margin:auto;padding:2rem;font:17px/1.6 Georgia,serif;letter-spacing:0;color:#333}' +
  'button{background:red!important;text-transform:uppercase}';

createServer((request, response) => {
  const url = new URL(request.url, 'http://mock');
  const send = (type, body) => response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': POLICY }).end(body);
  if (url.pathname.startsWith('/api/v1/')) return void api(request, response, url);
  if (url.pathname === '/mock') {
    mode = url.searchParams.get('mode') ?? mode;
    return json(response, 200, { mode, posts, sessions: sessions.size, messages: [...sessions.values()].flatMap((session) => session.messages) });
  }
  if (url.pathname === '/widget.js') return send('text/javascript', readFileSync(WIDGET));
  const strings = STRINGS.exec(url.pathname);
  if (strings && mode !== 'offline') return send('application/json', readFileSync(new URL(`../dist${strings[1]}`, import.meta.url)));
  if (url.pathname === '/page.css') return send('text/css', PAGE_CSS);
  if (url.pathname === '/') return send('text/html; charset=utf-8', page(url));
  return problem(response, 404, 'There is nothing at this address.');
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/`));
