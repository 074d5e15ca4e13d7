import { ANY, answer, type Attack, event } from './attack.js';

const returned = (name: string, plain: unknown): Attack => ({
  row: 'results',
  name,
  send: () => [event('odd', name)],
  expect: { answer: plain },
});

const unsendable = (name: string, expect: Attack['expect'] = answer(500)): Attack => ({
  row: 'unsendable',
  name,
  send: () => [event('odd', name)],
  expect,
});

/** What handlers of gateways return and throw. */
export const gateways: Attack[] = [
  returned('disconnect', { id: 1, event: 'disconnect', data: {} }),
  returned('connect', { id: 1, event: 'connect', title: 'a record' }),
  returned('newListener', { event: 'newListener', id: 1 }),
  returned('forged', { id: 1, event: 'exception', data: { forged: true } }),
  returned('emptyEvent', { id: 1, event: '' }),
  returned('numericEvent', { id: 1, event: 7 }),
  returned('then', { id: 1, then: 'soon' }),
  returned('toJSON', { id: 1, toJSON: 'no function' }),
  returned('length', { id: 1, length: 4_294_967_296 }),
  returned('subscribe', { id: 1, subscribe: true }),
  returned('date', '1970-01-01T00:00:00.000Z'),
  unsendable('pipe', [{ answer: ANY }]),
  unsendable('undefined', [{ answer: ANY }]),
  unsendable('null', [{ answer: ANY }]),
  unsendable('map', [{ answer: ANY }]),
  unsendable('symbol', [{ answer: ANY }]),
  unsendable('observable', [{ answer: ANY }]),
  unsendable('throwingToJSON'),
  unsendable('bigint'),
  unsendable('circular'),
  unsendable('deep'),
  unsendable('getter'),
  unsendable('rejected'),
  ...['error', 'string', 'null', 'undefined', 'cause', 'getter', 'deep'].map((name): Attack => ({
    row: 'failures',
    name,
    send: () => [event('fail', name)],
    expect: answer(500),
  })),
];
