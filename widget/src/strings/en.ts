import type { Strings } from '../strings';

export const strings: Strings = {
  title: 'Ask the clinic',
  assistant: 'Automatic assistant',

  launcher: 'Open the chat with the clinic’s assistant',
  unread: 'New answer',
  bubble: 'Hello! Do you have a question about your treatment? Ask me.',
  dismissBubble: 'Hide this greeting',
  close: 'Close the chat',
  language: 'Language',

  about: 'About',
  aboutTitle: 'Before you start',
  aboutText: 'You are writing with an automatic assistant, not with a doctor. It is not for emergencies.',
  aboutStorage:
    'Your messages are stored by the clinic for a limited time, to answer you. “New conversation” erases them.',
  aboutAccept: 'OK',

  greeting:
    'Hello! I am the clinic’s automatic assistant. I answer questions about your treatment from the clinic’s information. What would you like to know?',
  topics: 'You can ask about',
  log: 'Conversation',
  you: 'You wrote:',
  bot: 'Assistant:',
  typing: 'The assistant is writing',
  notSent: 'Not sent yet',
  refused: 'This message could not be taken.',
  noAnswer: 'I am sorry, there is no answer to this right now. Please call the clinic.',
  emergency: 'Emergency',
  source: 'From the clinic’s information',

  feedback: 'Was this answer helpful?',
  helpful: 'Helpful',
  notHelpful: 'Not helpful',
  thanks: 'Thank you for your feedback.',
  notSaved: 'Your feedback could not be saved. Please try again later.',

  newConversation: 'New conversation',
  confirmNew: 'Erase this conversation and start a new one?',
  confirmNewYes: 'Erase and start',
  cancel: 'Cancel',
  startedNew: 'A new conversation has started.',

  input: 'Your message',
  send: 'Send',
  remaining: (characters) => `${characters} characters left`,

  callNow: 'If you need help now, call:',
  offline: 'The chat can’t be reached right now',
  offlineText: 'Please try again. What you wrote is kept, and is sent only once.',
  busy: 'That was a lot of messages in a short time',
  busyUntil: (when) => `You can write again ${when}.`,
  busyOver: 'You can write again now.',
  retry: 'Try again',
  call: (number) => `Emergency: call ${number}`,
  callClinic: (number) => `Call the clinic: ${number}`,
};
