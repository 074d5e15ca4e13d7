import { describe, inject, it } from 'vitest';
import { slowReaders } from './attacks/slow-readers.js';
import { library, others } from './support/scene.js';
import { trySlowReaders } from './support/slow.js';
import { keep, sceneOf, subjectsOf } from './support/subjects.js';

const isFull = inject('full');
const published = { count: isFull ? 10_000 : 2_000, bytes: 10_000 };

describe.each(subjectsOf([library()], others))('Slow readers, $name', (subject) => {
  const open = sceneOf(subject);

  it.each(slowReaders.filter(({ full }) => isFull || !full))('$name', async (readers) => {
    const { faults, result } = await trySlowReaders(await open(), readers, published);
    keep('Slow readers', `${readers.name}; 10 kB are published ${published.count} times`, subject, faults, result);
  });
});
