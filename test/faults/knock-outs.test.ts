import { describe, expect, inject, it } from 'vitest';
import type { Attack } from './attacks/attack.js';
import { floods } from './attacks/floods.js';
import { frames } from './attacks/frames.js';
import { gateways } from './attacks/gateways.js';
import { handshakes } from './attacks/handshakes.js';
import { payloads } from './attacks/payloads.js';
import { perform } from './attacks/perform.js';
import { slowReaders } from './attacks/slow-readers.js';
import { tryFlood } from './support/flood.js';
import { Random, seed } from './attacks/random.js';
import { inShort, record } from './support/record.js';
import { library, others, type Scene } from './support/scene.js';
import { runSequence } from './support/sequence.js';
import { trySlowReaders } from './support/slow.js';
import { sceneOf } from './support/subjects.js';
import { faultsOf, isOfTime } from './support/verdict.js';
import { tryFallingBehind } from './trials/falling-behind.js';
import { tryHandshakes } from './trials/handshakes.js';
import { tryLargeRecord } from './trials/large-record.js';

/** A guarantee, and an attempt that must find fault where what gives the guarantee is off, and only there. */
interface KnockOut {
  guarantee: string;
  attempt: (scene: Scene) => Promise<string[]>;
  full?: true;
}

const isFull = inject('full');
const MANY = 1_000_000_000;

/** Handshakes of one address that may lead to connections, where the mechanism is on. */
const MOST = 200;

const attack =
  (attacks: readonly Attack[], row: Attack['row'], name: string, patience = 1_500) =>
  async (scene: Scene) => {
    const one = attacks.find((other) => other.row === row && other.name === name)!;
    const complaints = await perform(scene, one.only ?? 'websocket', one, patience);
    scene.hangUp();
    await scene.server.ask('polluted');
    return [...faultsOf(scene.server), ...complaints];
  };

const flood = (name: string) => async (scene: Scene) =>
  (
    await tryFlood(
      scene,
      floods.find((one) => one.name === name)!,
    )
  ).faults;

const readers = (name: string) => async (scene: Scene) => {
  const published = { count: 2_000, bytes: 10_000, patience: 2_000 };
  return (
    await trySlowReaders(
      scene,
      slowReaders.find((one) => one.name === name)!,
      published,
    )
  ).faults;
};

const sequences = async (scene: Scene) => {
  const faults: string[] = [];
  for (let number = 0; number < (isFull ? 10 : 3); number++) {
    faults.push(...(await runSequence(scene, new Random(seed + number), `${number}`)).faults);
  }
  return faults;
};

/** The library as it is, except for times that nobody would wait for. */
const limited = library({ server: { connectTimeout: 1_000 }, limits: { connectionsPerAddress: MOST } });

/** The library with every limit so high that there is none. */
const unlimited = library({
  gateways: 'as in Nest',
  origins: '*',
  maxNesting: 1_000,
  requests: { queue: 100_000 },
  server: { connectTimeout: MANY },
  limits: {
    packetsPerSecond: MANY,
    packetBurst: MANY,
    bytesPerSecond: MANY,
    byteBurst: MANY,
    maxKeys: MANY,
    namespacesPerConnection: MANY,
    joinedRooms: MANY,
    maxQueued: MANY,
    stallTimeout: MANY,
    maxPublication: MANY,
    connectionsPerAddress: MANY,
    handshakesPerSecond: MANY,
  },
});

const withoutLimits: KnockOut[] = [
  { guarantee: 'payloads are not too deep', attempt: attack(payloads, 'nesting', '33 lists, to a handler') },
  { guarantee: 'payloads have not too many keys', attempt: attack(payloads, 'keys', '100,001 members, to a handler') },
  { guarantee: 'records are no instructions', attempt: attack(gateways, 'results', 'disconnect') },
  { guarantee: 'what cannot be sent ends no process', attempt: attack(gateways, 'unsendable', 'circular') },
  { guarantee: 'failures are answered', attempt: attack(gateways, 'failures', 'error') },
  { guarantee: 'pages of other origins do not connect', attempt: attack(handshakes, 'origins', 'another site') },
  { guarantee: 'CONNECT is sent in time', attempt: attack(frames, 'silent', 'at all', 3_000) },
  { guarantee: 'clients that do not read are cut off', attempt: readers('20 clients that have stopped reading') },
  { guarantee: 'large records are not sent', attempt: async (scene) => (await tryLargeRecord(scene)).faults },
  { guarantee: 'packets are counted', attempt: flood('100,000 events') },
  { guarantee: 'namespaces are counted', attempt: flood('1,000 namespaces') },
  { guarantee: 'rooms are counted', attempt: flood('300,000 rooms, by routes'), full: true },
  { guarantee: 'requests in one body are counted', attempt: flood('10,000 requests in one body'), full: true },
  {
    guarantee: 'connections of one address are counted',
    attempt: async (scene) => (await tryHandshakes(scene, 300, MOST)).faults,
  },
];

/** Where the library has no option that would turn it off, there is a server without the library. */
const withoutLibrary: KnockOut[] = [
  { guarantee: 'CONNECT is sent once', attempt: attack(frames, 'connects', 'ten at once') },
  { guarantee: 'nothing is answered by JSONP', attempt: attack(handshakes, 'origins', 'none, as a script') },
  { guarantee: 'bytes are named once', attempt: attack(frames, 'attachments', 'one, named in 100 places') },
  { guarantee: 'unknown events are answered', attempt: attack(payloads, 'events', 'unknown') },
  { guarantee: 'CONNECTs are counted', attempt: flood('20,000 CONNECTs in one body'), full: true },
];

/** An application that takes a right away, and forgets to tell the library. */
const withoutRevocation: KnockOut[] = [{ guarantee: 'nothing is received after a revocation', attempt: sequences }];

/** A resource that is not declared with `overload: 'refetch'`. */
const withoutRefetch: KnockOut[] = [
  {
    guarantee: 'clients that fall behind read again',
    attempt: async (scene) => (await tryFallingBehind(scene)).faults,
  },
];

const groups = [
  ['with every limit raised', unlimited, withoutLimits],
  ['on Nest alone', others[0], withoutLibrary],
  ['where the application forgets to revoke', { ...library(), env: { WITHOUT_REVOCATION: 'true' } }, withoutRevocation],
  ['without the option', { ...library(), env: { WITHOUT_REFETCH: 'true' } }, withoutRefetch],
] as const;

describe.each(groups)('The suite finds fault %s:', (off, subject, knockOuts) => {
  const open = sceneOf(subject);

  it.each(knockOuts.filter(({ full }) => isFull || !full))('$guarantee', async ({ guarantee, attempt }) => {
    // Time is no proof: a busy machine takes it, too.
    const faults = (await attempt(await open())).filter((fault) => !isOfTime(fault));
    const result = faults[0] === undefined ? '**nothing**' : inShort(faults[0]);
    record({
      suite: 'Knock-outs',
      what: `${guarantee}, tried ${off}`,
      subject: 'What the suite finds',
      faults: [],
      result,
    });
    expect(faults).not.toEqual([]);
  });
});

describe.each(isFull ? [limited] : [])('With all mechanisms on, the same attempts find none:', (subject) => {
  const open = sceneOf(subject);

  it.each(groups.flatMap(([, , knockOuts]) => knockOuts))('$guarantee', async ({ attempt }) => {
    const faults = await attempt(await open());
    expect(faults.filter((fault) => !isOfTime(fault))).toEqual([]);
  });
});
