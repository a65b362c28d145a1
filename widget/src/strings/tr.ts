import type { Strings } from '../strings';

export const strings: Strings = {
  title: 'Kliniğe sorun',
  assistant: 'Otomatik asistan',

  launcher: 'Kliniğin asistanıyla sohbeti aç',
  unread: 'Yeni yanıt',
  bubble: 'Merhaba! Tedavinizle ilgili bir sorunuz mu var? Bana sorabilirsiniz.',
  dismissBubble: 'Bu selamlamayı gizle',
  close: 'Sohbeti kapat',
  language: 'Dil',

  about: 'Bilgi',
  aboutTitle: 'Başlamadan önce',
  aboutText: 'Bir doktorla değil, otomatik bir asistanla yazışıyorsunuz. Acil durumlar için değildir.',
  aboutStorage:
    'Mesajlarınız, size yanıt verebilmek için klinik tarafından sınırlı bir süre saklanır. “Yeni konuşma” onları siler.',
  aboutAccept: 'Tamam',

  greeting:
    'Merhaba! Ben kliniğin otomatik asistanıyım. Tedavinizle ilgili soruları kliniğin bilgilerine dayanarak yanıtlıyorum. Ne öğrenmek istersiniz?',
  topics: 'Şunları sorabilirsiniz',
  log: 'Konuşma',
  you: 'Siz yazdınız:',
  bot: 'Asistan:',
  typing: 'Asistan yazıyor',
  notSent: 'Henüz gönderilmedi',
  refused: 'Bu mesaj alınamadı.',
  noAnswer: 'Üzgünüm, buna şu anda bir yanıt yok. Lütfen kliniği arayın.',
  emergency: 'Acil durum',
  source: 'Kliniğin bilgilerinden',

  feedback: 'Bu yanıt yardımcı oldu mu?',
  helpful: 'Yardımcı oldu',
  notHelpful: 'Yardımcı olmadı',
  thanks: 'Geri bildiriminiz için teşekkürler.',
  notSaved: 'Geri bildiriminiz kaydedilemedi. Lütfen daha sonra yeniden deneyin.',

  newConversation: 'Yeni konuşma',
  confirmNew: 'Bu konuşma silinip yenisi başlatılsın mı?',
  confirmNewYes: 'Sil ve başlat',
  cancel: 'Vazgeç',
  startedNew: 'Yeni bir konuşma başladı.',

  input: 'Mesajınız',
  send: 'Gönder',
  remaining: (characters) => `${characters} karakter kaldı`,

  callNow: 'Hemen yardıma ihtiyacınız varsa arayın:',
  offline: 'Sohbete şu anda ulaşılamıyor',
  offlineText: 'Lütfen yeniden deneyin. Yazdıklarınız saklanır ve yalnızca bir kez gönderilir.',
  busy: 'Kısa sürede çok fazla mesaj geldi',
  busyUntil: (when) => `${when} yeniden yazabilirsiniz.`,
  busyOver: 'Şimdi yeniden yazabilirsiniz.',
  retry: 'Yeniden dene',
  call: (number) => `Acil durum: ${number} numarasını ara`,
  callClinic: (number) => `Kliniği ara: ${number}`,
};
