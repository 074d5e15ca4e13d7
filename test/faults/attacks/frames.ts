import { ACK, ANY, type Attack, event } from './attack.js';

const bytes = () => Buffer.from('bytes');

const malformed = ['', '4', '4999', '42{', '42["a"', '42[', '4{', '9', 'x', '42"text"', '42null', '42[]', '42{}'];

/** What is wrong with a frame itself. */
export const frames: Attack[] = [
  ...malformed.map((frame): Attack => ({
    row: 'frames',
    name: JSON.stringify(frame),
    send: () => [frame],
    expect: 'closed',
  })),
  { row: 'frames', name: 'an event without a payload', send: () => ['42'], expect: ['closed', 'ignored'] },
  { row: 'frames', name: 'bytes in the place of text', send: () => [Buffer.from('42["echo"]')], expect: 'closed' },
  { row: 'acknowledgements', name: 'of an unknown number', send: () => ['4399[]'], expect: 'ignored' },
  {
    row: 'acknowledgements',
    name: 'of 50 unknown numbers',
    send: () => Array.from({ length: 50 }, (_, number) => `43${100 + number}[]`),
    expect: 'closed',
  },
  { row: 'acknowledgements', name: 'that nobody waits for', send: () => ['42["echo",1]'], expect: 'ignored' },
  { row: 'acknowledgements', name: 'without a number', send: () => ['43[]'], expect: ['ignored', 'closed'] },
  { row: 'acknowledgements', name: 'that is not a list', send: () => ['4399{}'], expect: 'closed' },
  {
    row: 'acknowledgements',
    name: 'with an endless number',
    send: () => [`43${'9'.repeat(400)}[]`],
    expect: ANYTHING(),
  },
  { row: 'connects', name: 'ten at once', connect: () => undefined, send: () => times(10, '40'), expect: 'closed' },
  { row: 'connects', name: 'again, to the same namespace', send: () => times(5, '40'), expect: ['closed', 'ignored'] },
  {
    row: 'connects',
    name: 'to 1,000 namespaces that do not exist',
    send: () => Array.from({ length: 1_000 }, (_, number) => `40/none${number},`),
    expect: 'closed',
  },
  { row: 'connects', name: 'to a namespace called __proto__', connect: () => '40/__proto__,', expect: 'refused' },
  {
    row: 'connects',
    name: 'with a namespace of 100 kB',
    connect: () => `40/${'n'.repeat(100_000)},`,
    expect: ['refused', 'closed'],
  },
  { row: 'silent', name: 'at all', connect: () => undefined, expect: 'closed' },
  { row: 'attachments', name: 'not announced', send: () => [bytes()], expect: 'closed' },
  ...['99', '-1', '"__proto__"', '1.5', 'null', '1e999'].map((num): Attack => ({
    row: 'attachments',
    name: `with the placeholder ${num}`,
    send: () => [`451-${ACK}["echo",{"_placeholder":true,"num":${num}}]`, bytes()],
    expect: ['closed', { answer: { statusCode: 400 } }],
  })),
  {
    row: 'attachments',
    name: 'one, named in 100 places',
    send: () => [`451-${ACK}["echo",[${times(100, '{"_placeholder":true,"num":0}').join()}]]`, bytes()],
    expect: ['closed', { answer: { statusCode: 400 } }],
  },
  {
    row: 'attachments',
    name: 'eleven, one of which comes',
    send: () => [`4511-${ACK}["echo",1]`, bytes(), event('echo', 'too early')],
    expect: 'closed',
  },
  { row: 'attachments', name: 'a billion, announced', send: () => ['451000000000-["echo",1]'], expect: 'closed' },
  { row: 'attachments', name: 'less than none', send: () => ['45-1-["echo",1]'], expect: 'closed' },
  { row: 'attachments', name: 'none, of a binary event', send: () => [`450-${ACK}["echo",1]`], expect: ANYTHING() },
  { row: 'size', name: 'as one event', send: () => [event('echo', 'x'.repeat(2_000_000))], expect: 'closed' },
  {
    row: 'size',
    name: 'of bytes',
    send: () => ['451-["echo",{"_placeholder":true,"num":0}]', Buffer.alloc(2_000_000)],
    expect: 'closed',
  },
  { row: 'early', name: 'an event', connect: () => undefined, send: () => [event('echo', 1)], expect: 'closed' },
  {
    row: 'early',
    name: 'an event right behind CONNECT',
    connect: () => undefined,
    send: () => ['40', event('echo', 1)],
    expect: ['closed', { answer: ANY }],
  },
];

function times(count: number, frame: string): string[] {
  return Array.from({ length: count }, () => frame);
}

function ANYTHING(): Attack['expect'] {
  return ['closed', 'ignored', { answer: ANY }];
}
