import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type App,
  createApp,
  createSSRApp,
  defineComponent,
  effectScope,
  h,
  nextTick,
  onErrorCaptured,
  ref,
  shallowReactive,
  shallowRef,
} from 'vue';
import { renderToString } from 'vue/server-renderer';
import {
  createComposables,
  provideSockets,
  SocketsPlugin,
  useLive,
  useSockets,
} from '../../../src/front-ends/vue/index.js';
import { connect, type LiveOptions, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { client } from '../../behaviour/client/support/client.js';
import { byPosition, type Card, startBoard } from '../../behaviour/client/live/support/board.js';
import { eventually } from '../../support/eventually.js';

const { document } = globalThis as unknown as { document: { createElement(tag: string): Element } };

interface Element {
  textContent: string;
  innerHTML: string;
}

/** Mounts an application, which is unmounted after the test. */
function mount(app: App): Element {
  const main = document.createElement('main');
  app.mount(main);
  onTestFinished(() => app.unmount());
  return main;
}

/** Shows the titles of the cards of a board, or what there is in their place. */
const Titles = defineComponent({
  props: { boardId: { type: Number, required: true } },
  setup(props) {
    const { data, status, isLoading, error } = useLive<Card[]>('/boards/:boardId/cards', () => ({
      params: { boardId: props.boardId },
    }));
    return () => {
      if (isLoading.value) return 'loading';
      if (error.value && !data.value) return `${status.value} ${error.value.statusCode}`;
      return `${status.value} ${data.value?.map(({ title }) => title).join(' ')}`;
    };
  },
});

describe('useLive of Vue', () => {
  it('shows what the route answers, and every change', async () => {
    const { app, write, cards } = await startBoard();
    const renders: string[] = [];
    const main = mount(
      createApp(Titles, { boardId: 7, onVnodeUpdated: () => renders.push(main.textContent) }).use(
        SocketsPlugin,
        client(app.url),
      ),
    );
    expect(main.textContent).toBe('loading');

    await eventually(() => expect(main.textContent).toBe('live a b c'));
    await write('PATCH', '/cards/2', { title: 'bb' });
    await eventually(() => expect(main.textContent).toBe('live a bb c'));

    expect(cards.count('list 7')).toBe(1);
    expect(renders).toEqual(['live a b c', 'live a bb c']);
  });

  it('is one read for all components that show the same', async () => {
    const { app, write, cards } = await startBoard();
    const Two = defineComponent({
      setup() {
        provideSockets(client(app.url));
        return () => [1, 2].map((key) => h('p', { key }, h(Titles, { boardId: 7 })));
      },
    });
    const main = mount(createApp(Two));

    await write('PATCH', '/cards/2', { title: 'bb' });
    await eventually(() => expect(main.innerHTML).toBe('<p>live a bb c</p><p>live a bb c</p>'));
    expect(cards.count('list 7')).toBe(1);
  });

  it('reads another url when that changes, and shows nothing of the one before', async () => {
    const { app, write, cards } = await startBoard();
    const boardId = ref(7);
    const shown: string[] = [];
    const main = mount(
      createApp(() => h(Titles, { boardId: boardId.value, onVnodeUpdated: () => shown.push(main.textContent) })).use(
        SocketsPlugin,
        client(app.url),
      ),
    );
    await eventually(() => expect(main.textContent).toBe('live a b c'));

    boardId.value = 8;
    await nextTick();
    expect(main.textContent).toBe('loading');
    await eventually(() => expect(main.textContent).toBe('live d'));
    expect(cards.calls).toEqual(['list 7', 'list 8']);
    await write('PATCH', '/cards/1', { title: 'of the other board' });
    await write('PATCH', '/cards/4', { title: 'D' });
    await eventually(() => expect(main.textContent).toBe('live D'));

    expect(shown).toEqual(['live a b c', 'loading', 'live d', 'live D']);
  });

  it('shows nothing of one client below another one', async () => {
    const [one, other] = [await startBoard(), await startBoard()];
    other.cards.put({ id: 1, title: 'A' });
    const signedIn = shallowRef(client(one.app.url));
    const Below = defineComponent({
      props: { client: { type: Object, required: true } },
      setup(props) {
        provideSockets(props.client as SocketsClient);
        return () => h(Titles, { boardId: 7 });
      },
    });
    const user = ref('ada');
    const main = mount(createApp(() => h(Below, { client: signedIn.value, key: user.value })));
    await eventually(() => expect(main.textContent).toBe('live a b c'));

    signedIn.value.close();
    [signedIn.value, user.value] = [client(other.app.url), 'grace'];
    await nextTick();

    expect(main.textContent).toBe('loading');
    await eventually(() => expect(main.textContent).toBe('live A b c'));
    await other.write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(main.textContent).toBe('live A B c'));
  });

  it('reads nothing while there is no url', async () => {
    const { app, cards } = await startBoard();
    const url = ref<string>();
    const main = mount(
      createApp({
        setup() {
          const { data, status, isLoading } = useLive<Card>(url);
          return () => `${status.value} ${data.value?.title ?? isLoading.value}`;
        },
      }).use(SocketsPlugin, client(app.url)),
    );
    expect(main.textContent).toBe('idle false');

    url.value = '/cards/1';
    await eventually(() => expect(main.textContent).toBe('live a'));
    url.value = undefined;
    await eventually(() => expect(main.textContent).toBe('idle false'));

    expect(cards.calls).toEqual(['one 1']);
  });

  it('follows reactive options', async () => {
    const { app, cards } = await startBoard();
    const options: LiveOptions<Card, Card[]> = shallowReactive({ params: { boardId: 7 } });
    const main = mount(
      createApp({
        setup() {
          const { data } = useLive<Card[]>('/boards/:boardId/cards', options);
          return () => data.value?.length;
        },
      }).use(SocketsPlugin, client(app.url)),
    );
    await eventually(() => expect(main.textContent).toBe('3'));

    options.query = { done: true };
    await eventually(() => expect(main.textContent).toBe('0'));
    options.query = undefined;
    options.params = { boardId: 8 };
    await eventually(() => expect(main.textContent).toBe('1'));
    expect(cards.calls).toEqual(['list 7', 'list 7', 'list 8']);
  });

  it('is in another order at once when that changes', async () => {
    const { app, cards } = await startBoard();
    const isBackwards = ref(false);
    const Ordered = defineComponent({
      setup() {
        const { data } = useLive<Card[]>('/boards/7/cards', () => ({
          compare: isBackwards.value ? (one, other) => byPosition(other, one) : byPosition,
        }));
        return () => data.value?.map(({ title }) => title).join(' ');
      },
    });
    const main = mount(createApp(Ordered).use(SocketsPlugin, client(app.url)));
    await eventually(() => expect(main.textContent).toBe('a b c'));

    isBackwards.value = true;
    await nextTick();

    expect(main.textContent).toBe('c b a');
    expect(cards.count('list 7')).toBe(1);
  });

  it('says why there is nothing, and reads again on demand', async () => {
    const { app, cards } = await startBoard();
    cards.closed.add(7);
    let reload!: () => Promise<unknown>;
    const Reloading = defineComponent({
      setup() {
        const live = useLive<Card[]>('/boards/7/cards');
        ({ reload } = live);
        return () => `${live.status.value} ${live.error.value?.statusCode}`;
      },
    });
    const main = mount(createApp(Reloading).use(SocketsPlugin, client(app.url)));
    await eventually(() => expect(main.textContent).toBe('error 403'));
    await expect(reload()).rejects.toMatchObject({ statusCode: 403 });

    cards.closed.clear();
    await expect(reload()).resolves.toHaveLength(3);
    expect(main.textContent).toBe('live undefined');
  });

  it('ends its subscription on the server with the component, or with the effect scope', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    const vue = createApp(() => undefined).use(SocketsPlugin, sockets);
    const scope = effectScope();
    const { data, status } = vue.runWithContext(() =>
      scope.run(() => useLive<Card[]>('/boards/7/cards', { linger: 0 })),
    )!;
    await eventually(() => expect(data.value).toHaveLength(3));
    const watchers = async (): Promise<number> => (await app.channel('card').watchers({ boardId: 7 })).length;
    expect(await watchers()).toBe(1);
    const last = data.value;

    scope.stop();
    await eventually(async () => expect(await watchers()).toBe(0));
    await write('PATCH', '/cards/1', { title: 'unheard' });
    await sockets.get('/cards/1');
    expect([data.value, status.value]).toEqual([last, 'live']);
  });

  it('is rendered on a server from what it is given there, and reads nothing', async () => {
    const { app, cards } = await startBoard();
    const { body } = await app.request('GET', '/boards/7/cards');
    const initial = { body: body as Card[] };
    const Page = defineComponent({
      setup() {
        const { data, status, reload } = useLive<Card[]>('/boards/7/cards', { initial });
        return () => h('p', { onClick: reload }, `${status.value} ${data.value?.map(({ title }) => title).join(' ')}`);
      },
    });

    const html = await renderToString(createSSRApp(Page));
    expect(html).toBe('<p>stale a b c</p>');
    expect(cards.count('list 7')).toBe(1);

    const main = document.createElement('main');
    main.innerHTML = html;
    const problems: unknown[] = [];
    const page = createSSRApp(Page).use(SocketsPlugin, client(app.url));
    page.config.warnHandler = (warning) => void problems.push(warning);
    page.mount(main as never);
    onTestFinished(() => page.unmount());
    await eventually(() => expect(main.textContent).toBe('live a b c'));
    expect(problems).toEqual([]);
  });

  it('is the same for a client whose routes the compiler knows', async () => {
    const { app } = await startBoard();
    const sockets = connect<{ 'GET /boards/:boardId/cards': Card[] }>(app.url);
    onTestFinished(() => sockets.close());
    const typed = createComposables<typeof sockets>();
    const Typed = defineComponent({
      setup() {
        const { data } = typed.useLive('/boards/:boardId/cards', () => ({ params: { boardId: 7 } }));
        return () => data.value?.map(({ title }) => title).join(' ');
      },
    });

    const main = mount(createApp(Typed).use(typed.SocketsPlugin, sockets));

    await eventually(() => expect(main.textContent).toBe('a b c'));
  });

  it('says what to do where there is no client', () => {
    const problems: unknown[] = [];
    const Parent = defineComponent({
      setup() {
        onErrorCaptured((error) => {
          problems.push(error);
          return false;
        });
        return () => h(Titles, { boardId: 7 });
      },
    });
    const app = createApp(Parent);
    app.config.warnHandler = () => undefined;
    mount(app);

    expect(problems).toMatchObject([{ message: expect.stringContaining('app.use(SocketsPlugin, connect())') }]);
    expect(() => useSockets()).toThrow('call useSockets() and useLive() in setup()');
  });
});
