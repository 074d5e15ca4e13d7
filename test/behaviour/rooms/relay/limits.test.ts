import { BadRequestException, HttpException, Injectable, Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Relay, type RelayOptions, type StandardSchema } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import type { TestClient } from '../../../support/client.js';
import { DONE, refused, signal, tooOften } from './support/signals.js';

describe('A relay', () => {
  async function room(
    options: Omit<RelayOptions, 'to'>,
  ): Promise<{ app: TestApplication; ada: TestClient; grace: TestClient }> {
    @Injectable()
    @Relay('typing', { to: 'board:{boardId}', ...options })
    @Relay('other', { to: 'board:{boardId}' })
    class Signals {}

    const app = await start({ providers: [Signals] });
    const [ada, grace] = [await app.connect(), await app.connect()];
    await app.sockets.join([ada.id, grace.id], 'board:1');
    return { app, ada, grace };
  }

  const statuses = (client: TestClient, count: number): Promise<number[]> =>
    Promise.all(Array.from({ length: count }, () => signal(client, 'typing', { boardId: 1 }))).then((answers) =>
      answers.map(({ statusCode }) => statusCode),
    );

  it('takes twenty signals at once, and then no more than ten a second', async () => {
    const clock = stopClock();
    const { ada, grace } = await room({});
    const answers = await statuses(ada, 40);
    expect(answers).toEqual(Array.from({ length: 40 }, (_, index) => (index < 20 ? 204 : 429)));
    await clock.pass(1_000);
    expect((await statuses(ada, 20)).filter((status) => status === 204)).toHaveLength(10);
    expect(await signal(ada, 'other', { boardId: 1 })).toEqual(DONE);
    expect(await signal(grace, 'typing', { boardId: 1 })).toEqual(DONE);
  });

  it('refuses what comes too often with 429, malformed or not, and takes signals again later', async () => {
    const clock = stopClock();
    const { ada } = await room({ rate: 1, burst: 2 });
    expect(await signal(ada, 'typing', 1)).toEqual(refused(400, 'BAD_REQUEST'));
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(DONE);
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(tooOften(1));
    await clock.pass(999);
    expect(await signal(ada, 'typing', 1)).toEqual(tooOften(1));
    await clock.pass(1);
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(DONE);
  });

  it('refuses what is larger than 1,024 bytes of JSON', async () => {
    const { app, ada, grace } = await room({});
    const frame = JSON.stringify({ boardId: 1, text: '' }).length;
    expect(await signal(ada, 'typing', { boardId: 1, text: 'x'.repeat(1_025 - frame) })).toEqual(
      refused(413, 'PAYLOAD_TOO_LARGE'),
    );
    expect(await signal(ada, 'typing', { boardId: 1, text: 'é'.repeat(600) })).toEqual(
      refused(413, 'PAYLOAD_TOO_LARGE'),
    );
    expect(await signal(ada, 'typing', { boardId: 1, text: 'x'.repeat(1_024 - frame) })).toEqual(DONE);
    await grace.next('typing');
    expect(grace.heard('typing')).toHaveLength(1);
    expect(app.sockets.metrics().refused.relaySize).toBe(2);
  });

  const schemaThat = (validate: StandardSchema['~standard']['validate']): StandardSchema => ({
    '~standard': { validate },
  });

  it('relays what its schema gives', async () => {
    const schema = schemaThat((value) => {
      const { boardId, on } = value as Record<string, unknown>;
      return { value: { boardId: String(Number(boardId)), on } };
    });
    const { ada, grace } = await room({ schema });
    expect(await signal(ada, 'typing', { boardId: '01', on: true, secret: 1 })).toEqual(DONE);
    expect(await grace.next('typing')).toEqual([{ boardId: '1', on: true }, {}]);
  });

  it('refuses what does not fit its schema, and does not repeat it', async () => {
    const { app, ada, grace } = await room({
      schema: schemaThat((value) => ({ issues: [{ message: JSON.stringify(value) }] })),
    });
    const answer = await signal(ada, 'typing', { boardId: 1, canary: 1 });
    expect(answer).toEqual(refused(400, 'BAD_REQUEST'));
    expect(JSON.stringify(answer)).not.toContain('canary');
    await app.settle();
    expect(grace.heard('typing')).toEqual([]);
  });

  it('waits for a schema that takes its time', async () => {
    const { ada, grace } = await room({ schema: schemaThat(async (value) => ({ value })) });
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(DONE);
    expect(await grace.next('typing')).toEqual([{ boardId: 1 }, {}]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('canary');
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary'))],
    ['gives what cannot be sent', () => ({ value: { boardId: 1, big: 1n } })],
  ])('answers 500 without a reason if its schema %s', async (_, validate) => {
    const { ada } = await room({ schema: schemaThat(validate) });
    const answer = await signal(ada, 'typing', { boardId: 1 });
    expect(answer).toEqual(refused(500, 'INTERNAL_SERVER_ERROR'));
    expect(JSON.stringify(answer)).not.toContain('canary');
  });

  it('tells what a schema throws for the client to know', async () => {
    const validate = (): never => {
      throw new BadRequestException('Not on Sundays.');
    };
    const { ada } = await room({ schema: schemaThat(validate) });
    expect(await signal(ada, 'typing', { boardId: 1 })).toMatchObject({ body: { message: 'Not on Sundays.' } });
  });

  it('answers by its status what a schema throws without words', async () => {
    const validate = (): never => {
      throw new HttpException(undefined as never, 400);
    };
    const { ada } = await room({ schema: schemaThat(validate) });
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(refused(400, 'BAD_REQUEST'));
  });

  it('answers 500 to what a schema throws that cannot be read', async () => {
    const unreadable = Object.assign(new HttpException('', 400), {
      getResponse: () => {
        throw new Error('canary');
      },
    });
    const { ada } = await room({
      schema: schemaThat(() => {
        throw unreadable;
      }),
    });
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(refused(500, 'INTERNAL_SERVER_ERROR'));
  });

  it('says once in the log that signals are refused whose sender wants no answer', async () => {
    const { ada } = await room({});
    const lines: string[] = [];
    const log = vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
    onTestFinished(() => log.mockRestore());
    for (let count = 0; count < 3; count++) ada.socket.emit('typing', { boardId: 'canary' });
    await signal(ada, 'typing', { boardId: 1 });
    expect(lines.filter((line) => line.includes('Signals'))).toEqual([
      `@Relay('typing') on Signals: a signal was refused (403, "You are not in that room."), ` +
        `and its sender asked for no acknowledgement. (Logged once.)`,
    ]);
  });
});
