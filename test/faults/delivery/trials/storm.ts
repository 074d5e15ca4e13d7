import { inject } from 'vitest';
import { Child } from '../../support/child.js';

export interface Storm {
  clients: number;
  /** To how many users they belong. */
  users: number;
  /** In how many processes they are. */
  processes: number;
  /** How often their connections break: the last time is what counts, since programs are slow when they have just begun. */
  times: number;
}

export interface StormOutcome {
  clients: number;
  /** How many had read all of their boards again, and after how many milliseconds the last of them. */
  back: number;
  took: number;
  /** How long it took the first time. */
  tookFirst: number;
  handlers: number;
  policies: number;
  /** About how many pairs of a user and a board policies were asked. */
  asked: number;
  /** How many clients were shown everything once and in order. */
  complete: number;
  losses: number;
  failed: number;
  /** The longest that somebody else waited for an answer over HTTP meanwhile, of 99 % of answers, in milliseconds. */
  others: number;
}

/** How long anything may take until the trial goes on without it, in milliseconds. */
const PATIENCE = 60_000;

const BOARDS = [1, 2, 3];

/** Breaks all connections of a server at once, while it goes on publishing. */
export async function tryStorm(
  { clients, users, processes, times }: Storm,
  env?: Record<string, string>,
): Promise<StormOutcome> {
  const programs = inject('faultPrograms')[12];
  const server = await Child.start(programs, 'storm-server', env);
  const crowd = await Promise.all(Array.from({ length: processes }, () => Child.start(programs, 'storm-clients')));
  const sumOf = async (question: string, ...given: unknown[]): Promise<number> => {
    const answers = await Promise.all(crowd.map((some) => some.ask<number>(question, ...given)));
    return answers.reduce<number>((sum, answer) => sum + (answer ?? 0), 0);
  };
  const publish = (number: number) => Promise.all(BOARDS.map((id) => server.ask('publish', id, number)));
  try {
    const url = `http://127.0.0.1:${await server.ask<number>('port')}`;
    const names = Array.from({ length: clients }, (_, index) => `user ${index % users}`);
    const open = (some: Child, at: number) =>
      some.ask(
        'open',
        url,
        names.filter((_, index) => index % processes === at),
      );
    await Promise.all(crowd.map(open));
    await publish(1);
    await sumOf('shown', 1, PATIENCE);
    const breakAll = async (time: number) => {
      await server.ask('take');
      const begin = performance.now();
      await server.ask('cut');
      const others = measureOthers(url);
      await publish(time + 1);
      const back = await sumOf('back', time, PATIENCE);
      const took = performance.now() - begin;
      const waits = await others();
      const { handlers, policies, asked } = (await server.ask<StormOutcome>('take'))!;
      return { back, took, handlers, policies, asked, others: waits };
    };
    const first = await breakAll(1);
    let last = first;
    for (let time = 2; time <= times; time++) last = await breakAll(time);
    await publish(times + 2);
    const complete = await sumOf('shown', times + 2, PATIENCE);
    const [losses, failed] = [await sumOf('losses'), await sumOf('failed')];
    return { clients, ...last, tookFirst: first.took, complete, losses, failed };
  } finally {
    await Promise.all([server, ...crowd].map((child) => child.end()));
  }
}

/** Has somebody ask over HTTP again and again. Returns what ends that and says how long the answers took. */
function measureOthers(url: string): () => Promise<number> {
  const times: number[] = [];
  const over = new AbortController();
  const asking = (async () => {
    do {
      const begin = performance.now();
      await (await fetch(`${url}/ping`)).text();
      times.push(performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, 20));
    } while (!over.signal.aborted);
  })();
  return async () => {
    over.abort();
    await asking;
    return times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.99)];
  };
}
