import { createElement as h } from 'react';
import { describe, expect, it } from 'vitest';
import { useMessages } from '../../../src/front-ends/react/index.js';
import { type Card, startBoard } from '../../behaviour/client/live/support/board.js';
import { client } from '../../behaviour/client/support/client.js';
import { eventually } from '../../support/eventually.js';
import { Rendered } from '../support/rendered.js';

function Ear({ listener, resource = 'card' }: { listener: (message: string) => void; resource?: string }) {
  useMessages<Card>(resource, ({ verb, id }) => listener(`${verb} ${id}`));
  return 'listening';
}

describe('useMessages', () => {
  it('calls the listener of the last render with each message once, until the component is unmounted', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    await sockets.get('/boards/7/cards');
    const all: string[] = [];
    sockets.on('card', ({ verb, id }) => void all.push(`${verb} ${id}`));
    const [first, second]: string[][] = [[], []];
    const page = Rendered.show(sockets, h(Ear, { listener: (message) => first.push(message) }));
    await eventually(() => expect(page.text).toBe('listening'));
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(first).toEqual(['updated 1']));

    page.show(sockets, h(Ear, { listener: (message) => second.push(message) }), ' twice');
    await eventually(() => expect(page.text).toBe('listening twice'));
    await write('DELETE', '/cards/2');
    await eventually(() => expect(second).toEqual(['destroyed 2']));
    page.show(sockets);
    await eventually(() => expect(page.text).toBe(''));
    await write('DELETE', '/cards/3');

    await eventually(() => expect(all).toEqual(['updated 1', 'destroyed 2', 'destroyed 3']));
    expect([first, second]).toEqual([['updated 1'], ['destroyed 2']]);
  });

  it('listens to another resource when it is told to', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    await sockets.get('/boards/7/cards');
    const heard: string[] = [];
    const listener = (message: string): void => void heard.push(message);
    const page = Rendered.show(sockets, h(Ear, { listener, resource: 'board' }));
    await eventually(() => expect(page.text).toBe('listening'));

    page.show(sockets, h(Ear, { listener, resource: 'card' }), ' to cards');
    await eventually(() => expect(page.text).toBe('listening to cards'));
    await write('PATCH', '/cards/1', { title: 'A' });

    await eventually(() => expect(heard).toEqual(['updated 1']));
  });
});
