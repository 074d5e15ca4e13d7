import { createEnvironmentInjector, type EnvironmentInjector, runInInjectionContext } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { distinctUntilChanged, from, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Live, LiveState } from '../../src/front-ends/client/index.js';
import { client } from '../behaviour/client/support/client.js';
import { type Card, startBoard } from '../behaviour/client/live/support/board.js';
import { eventually } from '../support/eventually.js';

/** What an Angular application has one of, and each of its components another. */
function injector(): EnvironmentInjector {
  // The root of all has no parent, which its type does not say.
  return createEnvironmentInjector([], null as unknown as EnvironmentInjector);
}

describe('A live query', () => {
  it('is a signal of Angular, until its component is destroyed', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    const component = injector();
    const cards = runInInjectionContext(component, () =>
      toSignal(from(sockets.live<Card[]>('/boards/7/cards', { linger: 0 })), { requireSync: true }),
    );
    expect(cards()).toEqual({ data: undefined, status: 'loading' });

    await eventually(() => expect(cards()).toMatchObject({ status: 'live', data: [{ title: 'a' }, {}, {}] }));
    await write('PATCH', '/cards/1', { title: 'aa' });
    await eventually(() => expect(cards().data?.[0].title).toBe('aa'));
    const watchers = async (): Promise<number> => (await app.channel('card').watchers({ boardId: 7 })).length;
    expect(await watchers()).toBe(1);

    component.destroy();
    await eventually(async () => expect(await watchers()).toBe(0));
  });

  it('is an observable of RxJS, for its operators', async () => {
    const { app, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards');
    const titles: unknown[] = [];
    const subscription = from(live)
      .pipe(
        map(({ data }) => data?.[0].title),
        distinctUntilChanged(),
      )
      .subscribe((title) => titles.push(title));
    await live.ready();

    await write('PATCH', '/cards/3', { title: 'cc' });
    await write('PATCH', '/cards/1', { title: 'aa' });
    await eventually(() => expect(titles).toEqual([undefined, 'a', 'aa']));

    subscription.unsubscribe();
    await write('PATCH', '/cards/1', { title: 'aaa' });
    await eventually(() => expect(live.data?.[0].title).toBe('aaa'));
    expect(titles).toEqual([undefined, 'a', 'aa']);
  });

  it('is a store of Svelte, and a source of Solid, with three lines that give the state at once', async () => {
    const storeOf = <Body>(live: Live<Body>) => ({
      subscribe(run: (state: LiveState<Body>) => void): () => void {
        run(live.getSnapshot());
        return live.subscribe((state) => run(state));
      },
    });
    const { app, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards');
    const statuses: string[] = [];
    const unsubscribe = storeOf(live).subscribe(({ status }) => void statuses.push(status));
    expect(statuses).toEqual(['loading']);

    await live.ready();
    expect(statuses).toEqual(['loading', 'live']);
    unsubscribe();
    await write('PATCH', '/cards/1', { title: 'aa' });
    await live.reload();
    expect(statuses).toEqual(['loading', 'live']);
  });
});
