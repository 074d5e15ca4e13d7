import { describe, expect, inject, it } from 'vitest';
import { keep, keepKnockOut } from './support/keep.js';
import { oneServer } from './support/subject.js';
import { type Storm, type StormOutcome, tryStorm } from './trials/storm.js';

const isFull = inject('full');
const storm: Storm = isFull
  ? { clients: 1_500, users: 100, processes: 3, times: 3 }
  : { clients: 90, users: 6, processes: 1, times: 1 };

/** How long their return may take, in milliseconds: longer where other programs are busy, too. */
const BACK = isFull ? 5_000 : 30_000;

function faultsOf({
  clients,
  back,
  took,
  handlers,
  policies,
  asked,
  complete,
  losses,
  failed,
}: StormOutcome): string[] {
  const seconds = Math.ceil(took / 1_000);
  return [
    ...(back < clients ? [`${clients - back} clients did not come back`] : []),
    ...(failed > 0 ? [`${failed} reads failed`] : []),
    ...(took > BACK ? [`the last was back after ${Math.round(took)} ms`] : []),
    ...(handlers > Math.min(clients, asked * seconds) ? [`handlers were called ${handlers} times`] : []),
    ...(policies > asked * seconds ? [`policies were called ${policies} times`] : []),
    ...(complete < clients ? [`${clients - complete} clients have missed something`] : []),
    ...(losses > 0 ? [`clients were told ${losses} times of a loss`] : []),
  ];
}

describe('When all connections break at once', () => {
  it('clients are back soon, with what they have missed, for few calls of handlers and policies', async () => {
    const outcome = await tryStorm(storm);
    const { clients, back, took, tookFirst, handlers, policies, asked, complete, others } = outcome;
    const first = storm.times > 1 ? ` (${(tookFirst / 1_000).toFixed(1)} s the first time)` : '';
    keep(
      `${storm.clients} clients of ${storm.users} users, with 3 subscriptions each, are cut off at once`,
      oneServer,
      faultsOf(outcome),
      `${back} of ${clients} back after ${(took / 1_000).toFixed(1)} s${first}, ${complete} complete, ${handlers} calls of ` +
        `handlers, ${policies} of policies for ${asked} topics of users; HTTP p99 ${Math.round(others)} ms`,
    );
  });

  it('handlers and policies are called for each without sharing, so that the suite would see it', async () => {
    const faults = faultsOf(
      await tryStorm({ clients: 90, users: 6, processes: 1, times: 1 }, { WITHOUT_SHARING: 'true' }),
    );
    keepKnockOut('reads of clients that come back together are shared', 'without `shareable`', faults);
    expect(faults.join()).toContain('handlers were called');
  });
});
