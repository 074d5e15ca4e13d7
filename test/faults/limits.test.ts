import { describe, inject, it } from 'vitest';
import { floods } from './attacks/floods.js';
import { tryFlood } from './support/flood.js';
import { library, others } from './support/scene.js';
import { keep, sceneOf, subjectsOf } from './support/subjects.js';
import { tryAgainIfLate } from './support/verdict.js';
import { tryHandshakes } from './trials/handshakes.js';
import { tryLargeRecord } from './trials/large-record.js';

const isFull = inject('full');

describe.each(subjectsOf([library()], others))('Limits, $name', (subject) => {
  const open = sceneOf(subject);

  it.each(floods.filter(({ own }) => subject.server === 'library' || !own))('$name', async (flood) => {
    const { faults, result } = await tryAgainIfLate(async () => tryFlood(await open(), flood));
    keep('Limits', flood.name, subject, faults, result);
  });
});

const attempts = isFull ? 3_000 : 300;
const most = isFull ? 2_000 : 200;

/** In the short form, fewer handshakes meet a lower limit. */
const own = library(isFull ? {} : { limits: { connectionsPerAddress: most } });

describe.each(subjectsOf([own], others))('Handshakes, $name', (subject) => {
  const open = sceneOf(subject);

  it('are bounded for one address', async () => {
    const { faults, result } = await tryHandshakes(await open(), attempts, most);
    keep('Limits', `${attempts} handshakes of one address`, subject, faults, result);
  });
});

describe.each(subjectsOf([library()], others))('Large records, $name', (subject) => {
  const open = sceneOf(subject);

  it('are not sent as they are', async () => {
    const { faults, result } = await tryLargeRecord(await open());
    keep('Limits', 'a record of 5 MB is published', subject, faults, result);
  });
});
