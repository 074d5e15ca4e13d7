import { Controller, Get } from '@nestjs/common';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { differences } from '../../support/platform-differences.js';
import { ask } from './support/ask.js';

const CARDS = Array.from({ length: 50 }, (_, id) => ({ id, title: `card ${id} "käse"` }));

@Controller('cards')
class CardsController {
  @Get()
  findAll() {
    return CARDS;
  }
}

/** A custom parser, which writes packets as plain JSON. */
const plainParser = {
  Encoder: class {
    encode(packet: unknown) {
      return [JSON.stringify(packet)];
    }
  },
  Decoder: class extends EventEmitter {
    add(chunk: string) {
      this.emit('decoded', JSON.parse(chunk));
    }

    destroy() {}
  },
};

describe('A long answer', () => {
  it('is the same as over HTTP', async () => {
    const app = await start({ controllers: [CardsController] });
    const client = await app.connect();

    expect((await ask(client, 'get', { url: '/cards' })).body).toEqual(CARDS);
  });

  it('is the same with a parser of the application’s own', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ server: { parser: plainParser } })],
      controllers: [CardsController],
    });
    const client = await app.connect({ parser: plainParser });

    expect(await ask(client, 'get', { url: '/cards' })).toMatchObject({ statusCode: 200, body: CARDS });
  });

  it.each([
    ['other JSON', '[{"id":1}]', [{ id: 1 }]],
    ['no JSON', 'sorry', 'sorry'],
  ])('may be rewritten below Nest: %s', async (_what, text, body) => {
    const app = await start({
      controllers: [CardsController],
      main: (nest) => differences.rewriteResponses(nest, text),
    });
    const client = await app.connect();

    expect(await ask(client, 'get', { url: '/cards' })).toMatchObject({ statusCode: 200, body });
  });
});
