// Many clients in a process of their own, which read, join, leave, unsubscribe, disconnect and come back, at random.
import { connect, type SocketsClient } from '../../../../src/front-ends/client/index.js';
import { Random } from '../../attacks/random.js';
import { answer } from '../../support/answering.js';

/** How long a client does nothing after each thing that it does, at most, in milliseconds. */
const LONGEST_PAUSE = 2_000;

let over = new AbortController();
let heard = 0;
let failed = 0;
let lives: Array<Promise<void>> = [];

/** What a client does, one after the other. */
const DEEDS: Array<(client: SocketsClient, random: Random) => Promise<unknown> | void> = [
  (client) => client.get('/items', undefined, { repeat: () => undefined }),
  (client, random) => client.get(`/items/${random.below(20) + 1}`, undefined, { repeat: () => undefined }),
  (client) => client.unsubscribe('item'),
  (client, random) => client.post(`/rooms/${random.below(50)}/join`),
  (client, random) => client.post(`/rooms/${random.below(50)}/leave`),
  // As a network does, which cannot cut what is not connected yet.
  ({ socket }) => void (socket.connected && socket.io.engine.close()),
];

async function live(url: string, random: Random, { signal }: AbortController): Promise<void> {
  while (!signal.aborted) {
    const client = connect(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 100 });
    client.on('item', () => void heard++);
    for (let deeds = random.below(20); deeds > 0 && !signal.aborted; deeds--) {
      const deed = random.of(DEEDS);
      await Promise.resolve(deed(client, random)).catch(() => void failed++);
      await new Promise((resolve) => setTimeout(resolve, random.below(LONGEST_PAUSE)));
    }
    client.close();
  }
}

answer({
  begin: (url: string, clients: number, seed: number) => {
    over = new AbortController();
    lives = Array.from({ length: clients }, (_, index) => live(url, new Random(seed + index), over));
  },
  end: async () => {
    over.abort();
    await Promise.all(lives);
    return { heard, failed };
  },
});
