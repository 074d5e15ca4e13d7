import { Controller, Get, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SocketsModule, SocketsService, type SocketsModuleOptions } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { ClientOptions, TestClient } from '../../../support/client.js';
import { ask } from '../support/ask.js';

const COUNT = 16;

/** From a few characters to more than a frame of 64 KiB. */
const sizeOf = (number: number): number => 3 ** (number % 12);

@Controller('bursts')
class BurstsController {
  constructor(private readonly sockets: SocketsService) {}

  @Get('texts/:number')
  text(@Param('number') number: string) {
    this.sockets.requester?.emit('told', Number(number));
    return { number: Number(number), text: 'ü'.repeat(sizeOf(Number(number))) };
  }
}

const ways: Array<{ way: string; client: ClientOptions; server?: SocketsModuleOptions['server'] }> = [
  { way: 'by websocket', client: { transports: ['websocket'] } },
  { way: 'by websocket, compressed', client: { transports: ['websocket'] }, server: { perMessageDeflate: true } },
  { way: 'by polling', client: { transports: ['polling'] } },
  { way: 'while it changes from polling to websocket', client: { transports: ['polling', 'websocket'] } },
];

/** Sends all requests at once, and records the answers in order. */
async function burst(client: TestClient): Promise<{ heard: string[]; numbers: unknown[]; sizes: number[] }> {
  const heard: string[] = [];
  client.socket.on('told', (number: number) => heard.push(`told ${number}`));
  const answers = await Promise.all(
    Array.from({ length: COUNT }, async (_, number) => {
      const { body } = await ask(client, 'get', { url: `/bursts/texts/${number}` });
      heard.push(`answered ${number}`);
      return body as { number: number; text: string };
    }),
  );
  client.socket.off('told');
  return { heard, numbers: answers.map(({ number }) => number), sizes: answers.map(({ text }) => text.length) };
}

describe('Many requests at once', () => {
  it.each(ways)('are all answered, each after what was sent before its answer, $way', async ({ client, server }) => {
    const app = await start({
      controllers: [BurstsController],
      imports: [SocketsModule.forRoot({ server })],
    });
    const asking = await app.connect(client);
    const numbers = Array.from({ length: COUNT }, (_, number) => number);

    for (let round = 0; round < 5; round++) {
      const found = await burst(asking);
      expect(found.numbers).toEqual(numbers);
      expect(found.sizes).toEqual(numbers.map(sizeOf));
      for (const number of numbers) {
        expect(found.heard.indexOf(`told ${number}`)).toBeGreaterThanOrEqual(0);
        expect(found.heard.indexOf(`told ${number}`)).toBeLessThan(found.heard.indexOf(`answered ${number}`));
      }
    }
  });
});
