import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { RedisServer } from '../../support/redis.js';
import { seed } from '../attacks/random.js';
import { MB } from '../support/verdict.js';
import { keep, keepKnockOut } from './support/keep.js';
import { oneServer, REDIS, type Subject } from './support/subject.js';
import { type Soak, type SoakOutcome, trySoak } from './trials/soak.js';

const isFull = inject('full');

/** `FAULTS_SOAK=30` soaks for half an hour, as a nightly run does. */
const minutes = Number(process.env.FAULTS_SOAK ?? 0);

const soak: Soak = isFull
  ? {
      clients: 200,
      perSecond: 200,
      warmUp: minutes > 0 ? 330 : 30,
      seconds: minutes > 0 ? minutes * 60 : 60,
      patience: 30,
    }
  : { clients: 20, perSecond: 50, warmUp: 1, seconds: 3, patience: 30 };

/** What must not be let go of need not be waited for. */
const knockOut: Soak = { ...soak, warmUp: Math.min(soak.warmUp, 10), seconds: Math.min(soak.seconds, 30), patience: 2 };

/** By default, a journal grows for five minutes; in less time, it must not look like a leak. */
const options = minutes > 0 ? {} : { journal: { maxAge: 10_000 } };

const subjects = isFull ? [oneServer, REDIS[0]] : [oneServer];

async function attempt(subject: Subject, size: Soak, env: Record<string, string> = {}): Promise<SoakOutcome> {
  const bus = subject.engine && (await RedisServer.start());
  const setting = bus ? { engine: subject.engine, url: bus.url, prefix: randomUUID() } : {};
  try {
    return await trySoak(size, seed, { SETTING: JSON.stringify(setting), OPTIONS: JSON.stringify(options), ...env });
  } finally {
    await bus?.stop();
  }
}

/** What is not as it is promised. The heap is not judged by a few seconds. */
function faultsOf({ slope, leaked, files, heard, failed }: SoakOutcome): string[] {
  const grown = Object.entries(leaked).map(([name, count]) => `${count} ${name}`);
  return [
    ...(grown.length > 0 ? [`left behind: ${grown.join(', ')}`] : []),
    ...(slope > MB && isFull ? [`the heap grew by ${inTenths(slope)} MB a minute`] : []),
    ...(files > soak.clients / 10 && isFull ? [`${files} more files were open`] : []),
    ...(heard === 0 ? ['nobody has received anything'] : []),
    ...(failed > soak.clients * 10 ? [`${failed} requests have failed`] : []),
  ];
}

const inTenths = (bytes: number): string => (bytes / MB).toFixed(1);

describe('A server whose clients come and go', () => {
  it.for(subjects)('keeps nothing of them: $name', async (subject) => {
    const outcome = await attempt(subject, soak);
    const { slope, leaked, heard } = outcome;
    const { clients, perSecond, warmUp, seconds } = soak;
    const left = Object.keys(leaked).length === 0 ? 'nothing left behind' : JSON.stringify(leaked);
    keep(
      `${clients} clients come and go for ${warmUp + seconds} s, ${perSecond} messages per second`,
      subject,
      faultsOf(outcome),
      `heap ${slope < 0 ? '' : '+'}${inTenths(slope)} MB a minute, ${left}, ${heard} messages received`,
    );
  });

  it('keeps what the application forgets to let go of, so that the suite would see it', async () => {
    const faults = faultsOf(await attempt(oneServer, knockOut, { WITH_LEAK: 'true' }));
    keepKnockOut('nothing is kept of clients that have gone', 'with an application that keeps something', faults);
    expect(faults.join()).toMatch(/timers.* listeners/);
    if (isFull) expect(faults.join()).toContain('the heap grew');
  });
});
