import type { Live, SocketsClient } from '../client/index.js';

/** How long a query goes on for a component that is not shown yet, after its first answer, in milliseconds. */
const PATIENCE = 5_000;

/** How long a failure counts, in milliseconds: React renders several times before it shows an error. */
const RECENTLY = 1_000;

/** A first read that components wait for. React throws away what they have made before, so it is kept here. */
interface FirstRead {
  /** Resolves in any case: then React tries again. */
  readonly settled: Promise<void>;
  failure?: { readonly error: unknown; readonly at: number };
}

const ofClients = new WeakMap<SocketsClient, Map<string, FirstRead>>();

/**
 * Returns what a component waits for that has nothing to show.
 *
 * @param key the same for equal queries of one client
 * @throws what the read was refused with, if it was; the next one who asks reads again, such as after an error boundary
 * was reset
 */
export function firstRead<Body>(client: SocketsClient, key: string, live: Live<Body>): Promise<void> {
  const reads = ofClients.get(client) ?? new Map<string, FirstRead>();
  ofClients.set(client, reads);
  const before = reads.get(key);
  if (before?.failure && performance.now() - before.failure.at < RECENTLY) throw before.failure.error;
  if (before && !before.failure) return before.settled;
  const read = begin(live);
  reads.set(key, read);
  const forget = (): boolean => reads.get(key) === read && reads.delete(key);
  void read.settled.then(() => (read.failure ? setTimeout(forget, PATIENCE) : forget()));
  return read.settled;
}

function begin<Body>(live: Live<Body>): FirstRead {
  const release = live.subscribe(() => undefined);
  const answer = live.status === 'error' ? live.reload() : live.ready();
  const read: FirstRead = {
    settled: answer.then(
      () => undefined,
      (error: unknown) => void (read.failure = { error, at: performance.now() }),
    ),
  };
  void read.settled.then(() => setTimeout(release, PATIENCE));
  return read;
}
