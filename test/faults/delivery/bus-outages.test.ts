import { describe, inject, it, type TestContext } from 'vitest';
import { Line } from '../../behaviour/client/support/line.js';
import { keep, keepKnockOut } from './support/keep.js';
import { withServers } from './support/servers.js';
import { joinedBy, REDIS, socketIo, type Subject } from './support/subject.js';
import { type Outage, type OutageOutcome, tryBusOutage } from './trials/bus-outage.js';

const isFull = inject('full');

const subjects = isFull
  ? [...REDIS, joinedBy('ioredis'), joinedBy('postgres'), socketIo]
  : [REDIS[0], joinedBy('ioredis')];

/** After so many seconds a server, and each client, takes for a message what it will take from then on. */
const WARM = 15;

const outages: Outage[] = isFull
  ? [
      { what: 'killed', seconds: 2, before: WARM },
      { what: 'killed', seconds: 5, before: WARM },
      { what: 'frozen', seconds: 2, before: WARM },
      { what: 'cut off', seconds: 5, before: WARM },
    ]
  : [
      { what: 'killed', seconds: 1, before: 1 },
      { what: 'frozen', seconds: 1, before: 1 },
      { what: 'cut off', seconds: 1, before: 1 },
    ];

const trials = outages.flatMap((outage) => subjects.map((subject) => ({ ...outage, subject, name: subject.name })));

type KnockOut = [guarantee: string, off: string, subject: Subject, outage: Outage, fault: string];

/** What is tried where it is not promised, and what has to be found there: in the full form, since it takes long. */
const KNOCK_OUTS: KnockOut[] = [
  [
    'no outage delays a server’s own clients',
    'on Socket.IO alone, by streams',
    { ...socketIo, engine: 'streams' },
    { what: 'frozen', seconds: 2, before: 1 },
    'waited',
  ],
  [
    'clients are told what an outage has cost them',
    'with a client that ignores positions',
    { ...REDIS[0], isPlain: true },
    { what: 'killed', seconds: 1, before: 1 },
    'not told',
  ],
  [
    'no outage ends a server',
    'on Socket.IO alone',
    socketIo,
    { what: 'killed', seconds: 6, before: 1 },
    'servers ended',
  ],
];

async function attempt(subject: Subject, context: TestContext, outage: Outage): Promise<OutageOutcome> {
  let line: Line | undefined;
  const reach = async (url: string): Promise<string> => {
    if (outage.what !== 'cut off') return url;
    line = await Line.to(url);
    const through = new URL(url);
    through.port = new URL(line.url).port;
    return through.href;
  };
  return withServers(subject, context, (servers) => tryBusOutage(servers, subject, outage, line), reach);
}

/** What is not as it is promised. Where other programs are busy, too, only what takes far too long is a fault. */
function faultsOf({
  deaths,
  twice,
  outOfOrder,
  untold,
  unheard,
  stall,
  usual,
  shownStall,
  refilled,
  cpu,
}: OutageOutcome): string[] {
  const [longest, latest] = isFull ? [Math.max(250, usual * 5), 3_000] : [Math.max(1_500, usual * 5), 15_000];
  return [
    ...(outOfOrder > 0 ? [`${outOfOrder} messages were out of order`] : []),
    ...(deaths > 0 ? [`${deaths} servers ended`] : []),
    ...(twice > 0 ? [`${twice} messages came twice`] : []),
    ...(untold > 0 ? [`${untold} clients were not told of their loss`] : []),
    ...(unheard > 0 ? [`${unheard} messages did not reach plain clients of their own server`] : []),
    ...(stall > longest ? [`a server's own clients waited ${Math.round(stall)} ms`] : []),
    ...(shownStall > longest ? [`they were shown nothing for ${Math.round(shownStall)} ms`] : []),
    ...(refilled > latest ? [`something was missing ${Math.round(refilled)} ms after the outage`] : []),
    ...(cpu > 0.2 && isFull ? [`a server took ${Math.round(cpu * 100)} % of a core`] : []),
  ];
}

/** The worst of several trials. */
function worstOf(outcomes: readonly OutageOutcome[]): OutageOutcome {
  const worst = { ...outcomes[0] };
  for (const outcome of outcomes) {
    for (const key of Object.keys(worst) as Array<keyof OutageOutcome>) worst[key] = Math.max(worst[key], outcome[key]);
  }
  return { ...worst, shown: Math.min(...outcomes.map(({ shown }) => shown)) };
}

function inWords({
  deaths,
  expected,
  shown,
  told,
  untold,
  outOfOrder,
  stall,
  shownStall,
  refilled,
  cpu,
}: OutageOutcome): string {
  const lost = `${expected - shown} of ${expected} not shown`;
  return [
    deaths > 0 ? `${deaths} servers ended` : 'alive',
    expected === shown ? 'nothing lost' : `${lost}, ${told} of ${told + untold} clients told`,
    ...(outOfOrder > 0 ? [`${outOfOrder} out of order`] : []),
    `own clients waited ${Math.round(stall)} ms, and were shown nothing for ${Math.round(shownStall)} ms`,
    `whole again after ${Math.round(refilled)} ms`,
    `${Math.round(cpu * 100)} % of a core`,
  ].join(', ');
}

describe('While what joins the servers is away', () => {
  it.for(trials)(
    '$what for $seconds s, nobody ends, waits or misses anything untold: $name',
    async (trial, context) => {
      const { subject, ...outage } = trial;
      const outcomes: OutageOutcome[] = [];
      for (let left = isFull ? 3 : 1; left > 0; left--) outcomes.push(await attempt(subject, context, outage));
      const faults = outcomes.flatMap(faultsOf);
      const who =
        outage.what === 'cut off' ? 'one server is cut off from the others' : `Redis or Postgres is ${outage.what}`;
      keep(`${who} for ${outage.seconds} s, while both servers publish`, subject, faults, inWords(worstOf(outcomes)));
    },
  );

  it.for(isFull ? KNOCK_OUTS : [])('%s: not so %s, so that the suite would see it', async (knockOut, context) => {
    const [guarantee, off, subject, outage, fault] = knockOut;
    let faults: string[] = [];
    // Whether something is lost or late is a matter of chance.
    for (let left = 3; left > 0 && faults.length === 0; left--) {
      const found = faultsOf(await attempt(subject, context, outage));
      faults = found.filter((one) => one.includes(fault));
    }
    keepKnockOut(guarantee, off, faults);
  });
});
