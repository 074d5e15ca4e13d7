// Many clients in a process of their own, each of which has read several boards, and reads them again when it is back.
import { connect } from '../../../../src/front-ends/client/index.js';
import { answer } from '../../support/answering.js';

/** The boards that each client reads. */
const BOARDS = [1, 2, 3];

/** How many of them begin at a time: what is tried is not how they come for the first time. */
const AT_A_TIME = 50;

class StormClient {
  /** What it was shown of each board, in order. */
  readonly shown = new Map<number, number[]>(BOARDS.map((id) => [id, []]));
  repeated = 0;
  failed = 0;
  losses = 0;

  static async of(url: string, user: string): Promise<StormClient> {
    const sockets = connect(url, { transports: ['websocket'], forceNew: true, auth: { user } });
    const client = new StormClient();
    sockets.on<{ number: number }>('board', (message) => {
      if (message.verb === 'updated') client.shown.get(Number(message.id))?.push(message.data.number as number);
    });
    sockets.onGap(({ recovered }) => void (recovered || client.losses++));
    await Promise.all(
      BOARDS.map((id) =>
        sockets.get(`/boards/${id}`, undefined, {
          repeat: ({ error }) => {
            client.repeated++;
            if (error) client.failed++;
          },
        }),
      ),
    );
    return client;
  }

  /** Whether everything up to a number was shown once, and in order. */
  has(last: number): boolean {
    return [...this.shown.values()].every((numbers) => numbers.join() === allUpTo(last));
  }
}

const allUpTo = (last: number): string => Array.from({ length: last }, (_, index) => index + 1).join();

const clients: StormClient[] = [];

async function open(url: string, users: readonly string[]): Promise<void> {
  for (let at = 0; at < users.length; at += AT_A_TIME) {
    clients.push(...(await Promise.all(users.slice(at, at + AT_A_TIME).map((user) => StormClient.of(url, user)))));
  }
}

async function until(holds: (client: StormClient) => boolean, patience: number): Promise<number> {
  const end = performance.now() + patience;
  while (!clients.every(holds) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  return clients.filter(holds).length;
}

answer({
  open,
  /** Waits until all have read again what they had read, and gives how many have. */
  back: (times: number, patience: number) => until(({ repeated }) => repeated >= times * BOARDS.length, patience),
  /** Waits until all were shown everything, and gives how many were. */
  shown: (last: number, patience: number) => until((client) => client.has(last), patience),
  losses: () => clients.reduce((sum, { losses }) => sum + losses, 0),
  failed: () => clients.reduce((sum, { failed }) => sum + failed, 0),
});
