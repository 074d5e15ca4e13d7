import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import { withCluster } from '../../support/cluster.js';
import { say } from '../../support/server-messages.js';

@Controller('cards')
@Resourceful('card', { idType: 'number' })
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

const startCluster = withCluster();

/** What may stand in the place of anything. */
const JUNK: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  'x'.repeat(10_000),
  [],
  [[]],
  {},
  { length: 3 },
  [null, 7],
];

/** What may be wrong: each part of a value, deeper parts included, left out or something else. */
function mutationsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [...JUNK];
  const parts = Object.entries(value).flatMap(([key, part]) => {
    const put = (mutation: unknown): unknown =>
      Array.isArray(value) ? value.with(Number(key), mutation) : { ...value, [key]: mutation };
    return [put(undefined), ...mutationsOf(part).map(put)];
  });
  return [...JUNK, ...parts];
}

/** The messages of servers about what was published, as the library sends them. */
const messagesAbout = (socket: string): Readonly<Record<string, unknown[]>> => ({
  published: [
    {
      versions: [{ message: { verb: 'updated', id: 1, data: { title: 'told' } }, rooms: ['resource:card/1'] }],
      ...{
        resource: 'card',
        topics: ['resource:card/1', 'resource:card'],
        note: { id: 'told' },
        omitted: [],
        bytes: 9,
      },
      ...{ change: { key: '1', version: 1 }, answer: { writer: [socket], isFiltered: true, by: 'a route' } },
    },
    { run: 'run', epoch: { id: 'epoch', key: 'key' }, position: 7, previous: [5, 6] },
    3,
  ],
  'catch-up': [
    {
      socket,
      position: { read: 'epoch; card=7', since: 'epoch; card=5', recovery: 'recovery' },
      entered: [{ resource: 'card', rooms: ['resource:card/1'] }],
    },
  ],
});

interface Heard {
  verb: string;
  data?: { title?: unknown } | null;
}

it('servers with a journal outlive whatever others may say was published, or read', async (context) => {
  const cluster = await startCluster(context, { controllers: [CardsController] });
  const { a, b } = cluster;
  const victim = await cluster.connect(b);
  await victim.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': 'new' } });

  for (const [name, told] of Object.entries(messagesAbout(victim.id))) {
    for (const mutation of mutationsOf(told)) say(a, name, ...(Array.isArray(mutation) ? mutation : [mutation]));
    await cluster.settle();
  }

  const bystander = await cluster.connect(b);
  for (const { socket } of [victim, bystander]) {
    expect(await socket.emitWithAck('get', { url: '/cards/1' })).toMatchObject({ statusCode: 200, body: { id: 1 } });
  }
  await a.channel('card').publishUpdate(1, { title: 'last' });
  const isLast = ({ data }: Heard): boolean => data?.title === 'last';
  await Promise.all([victim, bystander].map((client) => client.next('card', isLast)));
  // Some of it says what may be so, and reaches those whom it names.
  const verbs = (victim.heard('card') as Heard[]).map(({ verb }) => typeof verb);
  expect(new Set(verbs)).toEqual(new Set(['string']));
});
