import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { nextMessage, startProgram } from '../../../support/child-process.js';
import { connect, type TestClient } from '../../../support/client.js';
import { platform } from '../../../support/platforms.js';
import { SERVER_ERROR } from './support/failures.js';

/** What a client sends, and what is answered to it. */
const ATTACKS: Array<[what: string, event: string, answer: unknown]> = [
  ['record', 'give', { id: 1, event: 'disconnect' }],
  ['circle', 'give', SERVER_ERROR],
  ['deep', 'give', SERVER_ERROR],
  ['bigInt', 'give', SERVER_ERROR],
  ['getter', 'give', SERVER_ERROR],
  ['instruction', 'give', SERVER_ERROR],
  ['filter', 'fail', SERVER_ERROR],
];

/** @param module whether the application has SocketsModule, and whether that protects its gateways */
async function open(module: 'none' | 'off' | 'on'): Promise<{ child: ChildProcess; client: TestClient }> {
  const child = startProgram('gateways', { PLATFORM: platform.name, MODULE: module }, { silent: true });
  const port = (await nextMessage(child)) as number;
  return { child, client: await connect(`http://127.0.0.1:${port}`) };
}

describe('a handler of a gateway that returns or throws what it should not', () => {
  it('leaves the process alive, and its other clients alone', async () => {
    const { client } = await open('on');
    for (const [what, event, answer] of ATTACKS) {
      expect([what, await client.socket.emitWithAck(event, what)]).toEqual([what, answer]);
      client.socket.emit(event, what);
    }
    expect(await client.socket.emitWithAck('well')).toBe('well');
  });

  it.each(ATTACKS)('ends the process of Nest alone: %s', async (what, event) => {
    const { child, client } = await open('none');
    const ended = once(child, 'exit');
    client.socket.emit(event, what, () => undefined);
    expect(await ended).not.toEqual([0, null]);
  });

  it('ends the process if gateways are as in Nest', async () => {
    const { child, client } = await open('off');
    const ended = once(child, 'exit');
    client.socket.emit('give', 'record', () => undefined);
    expect(await ended).not.toEqual([0, null]);
  });
});
