import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { SocketsHealth } from '../../../../src/index.js';
import { caller, withRequest } from '../../../support/caller.js';
import { sharesJournal, withCluster } from '../../../support/cluster.js';
import { Logs } from '../../../support/logs.js';

const startCluster = withCluster();

/** Two servers, and what has the first look up a socket of the other. Gives how long it has waited in vain. */
async function startHurt(context: TestContext) {
  const logs = new Logs();
  const { a, b, bus } = await startCluster(context, { ...caller, ownProgram: true, main: logs.open });
  const { program } = bus;
  if (!program) throw new Error('The program is the own one of this test.');
  const { id } = await b.connect();
  const lookUp = async (): Promise<string | undefined> => {
    const lines = (): string[] => logs.naming('X-Socket-Id').warnings;
    const before = lines().length;
    await withRequest(a, { 'x-socket-id': id }, (request) => a.sockets.blast('hello', 1, { except: request }));
    return /longer than (\d+ ms)/.exec(lines()[before] ?? '')?.[1];
  };
  expect(await lookUp()).toBeUndefined();
  return { a, program, lookUp };
}

describe('A request that names a socket of another server', () => {
  it('waits two seconds while the bus stands still, and the next one less, until it answers again', async (context) => {
    const { program, lookUp } = await startHurt(context);
    // Before the application is closed.
    onTestFinished(() => program.thaw());

    program.freeze();
    expect(await lookUp()).toBe('2000 ms');
    expect(await lookUp()).toBe('250 ms');

    program.thaw();
    await expect.poll(lookUp).toBeUndefined();
    program.freeze();
    expect(await lookUp()).toBe('2000 ms');
  });

  // The connections of other adapters are the application's, and nobody knows how they are.
  it.for(sharesJournal ? [250] : [])('waits %i ms if the bus is known to be away', async (waits, context) => {
    const { a, program, lookUp } = await startHurt(context);

    await program.stop();
    await expect.poll(() => a.get(SocketsHealth).check().status).toBe('degraded');

    expect(await lookUp()).toBe(`${waits} ms`);
  });
});
