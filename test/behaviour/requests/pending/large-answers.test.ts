import { Controller, Get, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { ClientOptions } from '../../../support/client.js';
import { deafWebSocket } from '../../server/outbound/support/deaf-client.js';
import { ask } from '../support/ask.js';

let begun: number[];

@Controller('large')
class LargeController {
  @Get('now/:number/:size')
  now(@Param('number') number: string, @Param('size') size: string) {
    begun.push(Number(number));
    return { number: Number(number), text: 'x'.repeat(Number(size)) };
  }

  @Get('later/:number/:size')
  async later(@Param('number') number: string, @Param('size') size: string) {
    await new Promise((resolve) => setImmediate(resolve));
    return this.now(number, size);
  }
}

/** No client is cut off for what a busy machine does not give it time for. */
const limits = { stallTimeout: 300_000 };

async function open(requests: SocketsModuleOptions['requests']): Promise<TestApplication> {
  begun = [];
  return start({ controllers: [LargeController], imports: [SocketsModule.forRoot({ limits, requests })] });
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe('Requests with large answers', () => {
  const ways: Array<[way: string, client: ClientOptions]> = [
    ['a websocket', { transports: ['websocket'] }],
    ['polling', { transports: ['polling'] }],
  ];

  it.each(ways.flatMap(([way, client]) => ['now', 'later'].map((when) => [way, when, client] as const)))(
    'are all answered, in order, to a client that reads, by %s, where they are answered %s',
    async (_way, when, options) => {
      const app = await open({ queue: 100 });
      const client = await app.connect(options);
      const answered: number[] = [];
      const sizes = await Promise.all(
        numbers(100).map(async (number) => {
          const { body } = await ask(client, 'get', { url: `/large/${when}/${number}/300000` });
          answered.push(number);
          return (body as { text: string }).text.length;
        }),
      );

      expect(sizes).toEqual(numbers(100).map(() => 300_000));
      expect(begun).toEqual(numbers(100));
      expect(answered).toEqual(numbers(100));
    },
  );

  it('do not begin while their client takes none of the answers before', async () => {
    const app = await open({ maxResponseSize: 8_000_000 });
    const [deaf, other] = [await deafWebSocket(app.url), await app.connect()];
    for (const number of numbers(20)) deaf.send(`42${number}["get",{"url":"/large/now/${number}/4000000"}]`);

    await expect.poll(() => begun.length).toBeGreaterThan(0);
    // Others are served as ever, by turns in which the next of them would begin.
    for (const number of numbers(50)) await ask(other, 'get', { url: `/large/now/${100 + number}/1` });
    // What the operating system keeps for the client does not wait.
    expect(begun.filter((number) => number < 100).length).toBeLessThan(8);

    const answers = await deaf.hear('43', 20);
    expect(answers.map((answer) => answer.slice(0, answer.indexOf('[')))).toEqual(
      numbers(20).map((number) => `43${number}`),
    );
    expect(answers.every(({ length }) => length > 4_000_000)).toBe(true);
  });
});
