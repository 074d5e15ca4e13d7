import { Controller, Get } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

const LENGTH = 2_000;

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead()
  find(): object[] {
    return Array.from({ length: LENGTH }, (_, index) => ({ id: index + 1 }));
  }
}

/** Counts the elements that are compared while long arrays are searched: a measure that no busy machine changes. */
function countComparisons(): () => number {
  const { includes } = Array.prototype;
  let comparisons = 0;
  vi.spyOn(Array.prototype, 'includes').mockImplementation(function (this: unknown[], ...args) {
    if (this.length >= LENGTH) comparisons += this.length;
    return includes.apply(this, args);
  });
  return () => comparisons;
}

it('Reading a list searches no list for each of its records', async () => {
  const app = await start({ imports: [SocketsModule.forRoot()], controllers: [CardsController] });
  const client = await app.connect();
  const comparisons = countComparisons();
  try {
    await client.socket.emitWithAck('get', { url: '/cards' });
  } finally {
    vi.restoreAllMocks();
  }

  expect(await app.channel('card').subscribers(LENGTH)).toEqual([client.id]);
  expect(comparisons()).toBe(0);
});
