import { Controller, Get } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { client } from './support/client.js';
import { startDesk } from './support/desk.js';

/** Writes down what the client says about listeners. */
function listenToConsole(): string[] {
  const said: string[] = [];
  const spy = vi.spyOn(console, 'warn').mockImplementation((line: string) => void said.push(line));
  onTestFinished(() => spy.mockRestore());
  return said;
}

const warning = /^nestjs-sockets: on\("notes"\) hears nothing so far.*Did you mean on\("note"\)\?$/;

describe('A listener to a name that was probably mistaken is warned of once', () => {
  it('when a read has subscribed to another one', async () => {
    const said = listenToConsole();
    const { app } = await startDesk();
    const sockets = client(app.url);
    sockets.on('notes', () => undefined);

    for (let read = 0; read < 2; read++) await sockets.get('/notes');
    await app.channel('note').publishUpdate(1, { text: 'changed' });
    await sockets.get('/notes');

    expect(said).toEqual([expect.stringMatching(warning)]);
  });

  it('when it is added after the read', async () => {
    const said = listenToConsole();
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');

    sockets.on('notes', () => undefined);

    expect(said).toEqual([expect.stringMatching(warning)]);
  });

  it('and is not, where the right one has a listener too, or no name is near', async () => {
    const said = listenToConsole();
    const { app } = await startDesk();
    const sockets = client(app.url);
    sockets.on('note', () => undefined);
    sockets.on('notes', () => undefined);
    sockets.on('weather', () => undefined);
    sockets.onRevoked(() => undefined);

    await sockets.get('/notes');
    await sockets.get('/notes');

    expect(said).toEqual([]);
  });
});

describe('A live query that hears of no changes is warned of once', () => {
  it('where its route does not subscribe', async () => {
    const said = listenToConsole();
    const { app } = await startDesk();
    const sockets = client(app.url);
    const silent = sockets.live('/echo');

    await silent.ready();
    await silent.reload();
    await sockets.live('/notes').ready();

    const ofLive = /^nestjs-sockets: live\("\/echo"\) hears nothing.*@SubscribeOnRead/;
    expect(said).toEqual([expect.stringMatching(ofLive)]);
  });

  it('and not where the option `when` of its route says no to what it shows', async () => {
    @Controller('drafts')
    @Resourceful('draft')
    class DraftsController {
      @Get()
      @SubscribeOnRead({ when: () => false })
      find() {
        return [{ id: 1 }];
      }
    }
    const said = listenToConsole();
    const { url } = await start({ controllers: [DraftsController] });
    const sockets = client(url);

    const drafts = sockets.live('/drafts');
    await drafts.ready();
    await drafts.reload();
    expect(drafts.data).toEqual([{ id: 1 }]);
    expect(said).toEqual([]);
  });
});
