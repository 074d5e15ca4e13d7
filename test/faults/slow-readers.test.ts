import { describe, inject, it } from 'vitest';
import { slowReaders } from './attacks/slow-readers.js';
import { library, others } from './support/scene.js';
import { trySlowReaders } from './support/slow.js';
import { tryFallingBehind } from './trials/falling-behind.js';
import { tryUnreadAnswers } from './trials/unread-answers.js';
import { keep, sceneOf, subjectsOf } from './support/subjects.js';
import { tryAgainIfLate } from './support/verdict.js';

const isFull = inject('full');
const published = { count: isFull ? 10_000 : 2_000, bytes: 10_000 };

/** Others cut nobody off within this time either, which is more than the library takes. */
const shorter = { ...published, patience: 12_000 };

describe.each(subjectsOf([library()], others))('Slow readers, $name', (subject) => {
  const open = sceneOf(subject);

  it.each(slowReaders.filter(({ full }) => isFull || !full))('$name', async (readers) => {
    const asked = subject.server === 'library' ? published : shorter;
    const { faults, result } = await tryAgainIfLate(async () => trySlowReaders(await open(), readers, asked));
    keep('Slow readers', `${readers.name}; 10 kB are published ${published.count} times`, subject, faults, result);
  });
});

/** It is about what waits, and not about how long: publishing takes its time on a busy machine. */
const patient = library({ limits: { stallTimeout: 40_000 } });

describe("A resource with overload: 'refetch'", () => {
  const open = sceneOf(patient);

  it('is read again by a client that has fallen behind', async () => {
    const { faults, result } = await tryAgainIfLate(async () => tryFallingBehind(await open()));
    const what = "one client that reads later, of a resource with `overload: 'refetch'`";
    keep('Slow readers', what, patient, faults, result);
  });
});

/** Cut off for taking nothing: less waits than may. */
const impatient = library({ limits: { stallTimeout: 2_000 } });

describe('Large answers that nobody reads', () => {
  const open = sceneOf(impatient);

  it('do not pile up', async () => {
    const askers = { clients: 1, answers: 100, url: '/large' };
    const { faults, result } = await tryAgainIfLate(async () => tryUnreadAnswers(await open(), askers));
    const what = 'one client that asks for 100 answers of 990 kB, and reads none; `stallTimeout` of 2 s';
    keep('Slow readers', what, impatient, faults, result);
  });
});
