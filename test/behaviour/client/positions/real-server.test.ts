import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { Gap, Repetition, SocketsClient } from '../../../../src/front-ends/client/index.js';
import { Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { sharesJournal, withCluster } from '../../../support/cluster.js';
import { eventually } from '../../../support/eventually.js';
import { client, reaches } from '../support/client.js';
import { DeskController, Journal, type Note, NotesController, startDesk } from '../support/desk.js';
import { Line } from '../support/line.js';

const startCluster = withCluster();

/** What a client hears of notes: texts of messages, and texts of all notes of each answer in a list. */
async function follow(sockets: SocketsClient): Promise<{ heard: unknown[]; gaps: Gap[]; outcomes: boolean[] }> {
  const heard: unknown[] = [];
  const gaps: Gap[] = [];
  const outcomes: boolean[] = [];
  sockets.onGap((gap) => void gaps.push(gap));
  sockets.on<Note>('note', (message) => 'data' in message && heard.push((message.data as Note).text));
  const repeat = ({ response, recovered }: Repetition<Note[]>): void => {
    outcomes.push(recovered);
    heard.push(response?.body.map(({ text }) => text));
  };
  await sockets.get<Note[]>('/notes', undefined, { repeat });
  return { heard, gaps, outcomes };
}

async function cut(line: Line, sockets: SocketsClient): Promise<void> {
  line.cut();
  await reaches(sockets, 'reconnecting');
}

/** Changes the note, and tells of it. */
async function change(app: TestApplication, text: string): Promise<void> {
  app.get(NotesController).notes[0].text = text;
  await app.channel<Note>('note').publishUpdate(1, { text });
}

@Controller('tasks')
@Resourceful('task', { idType: 'number' })
class TasksController {
  @Get()
  @SubscribeOnRead({ watch: true })
  all() {
    return [{ id: 1 }];
  }

  @Get('new')
  @SubscribeOnRead({ watch: ['created'], slice: false })
  created() {
    return [{ id: 1 }];
  }
}

describe('A client that was not away', () => {
  it.each(['/tasks', '/tasks/new'])('is sent nothing again when it checks that it has all: %s', async (url) => {
    const clock = stopClock();
    const app = await clock.passUntil(start({ controllers: [TasksController] }));
    const sockets = client(app.url);
    const frames: string[] = [];
    sockets.socket.on('task', ({ data }: { data: { text: string } }) => void frames.push(data.text));
    await clock.passUntil(sockets.get(url, undefined, { repeat: () => undefined }));
    const tasks = app.channel<{ id: number; text: string }>('task');
    const hasBeenSent = (frame: string): Promise<void> =>
      clock.passUntil(eventually(() => expect(frames).toContain(frame)));

    await tasks.publishUpdate(1, { text: 'first' });
    await hasBeenSent('first');
    const asked = new Promise<void>((resolve) =>
      sockets.socket.onAnyOutgoing((event) => event === 'sockets:missing' && resolve()),
    );
    await clock.passUntil(asked);
    await tasks.publishUpdate(1, { text: 'second' });
    await hasBeenSent('second');

    expect(frames).toEqual(['first', 'second']);
  });
});

describe('A client that was away', () => {
  it('hears what it has missed, once and in order, before its read is repeated', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const { heard, gaps, outcomes } = await follow(sockets);
    await change(app, 'a');
    await eventually(() => expect(heard).toEqual(['a']));

    for (const [first, second] of ['bc', 'de']) {
      await cut(line, sockets);
      await change(app, first);
      await change(app, second);
      line.mend();
      await reaches(sockets, 'connected');
      await eventually(() => expect(heard.at(-1)).toEqual([second]));
    }
    await change(app, 'f');

    await eventually(() => expect(heard).toEqual(['a', 'b', 'c', ['c'], 'd', 'e', ['e'], 'f']));
    expect(outcomes).toEqual([true, true]);
    expect(gaps).toEqual([
      { resource: 'note', recovered: true },
      { resource: 'note', recovered: true },
    ]);
  });

  it('hears what is published while its read is repeated after the answer', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const { heard } = await follow(sockets);
    await cut(line, sockets);
    await change(app, 'a');
    const notes = app.get(NotesController);
    notes.before = async () => {
      notes.before = undefined;
      await app.channel<Note>('note').publishUpdate(1, { text: 'b' });
    };

    line.mend();

    await eventually(() => expect(heard).toEqual(['a', ['a'], 'b']));
  });

  it('hears what is published between a read and its answer after the caller has the answer', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const heard: unknown[] = [];
    sockets.on<Note>('note', (message) => 'data' in message && heard.push(message.data));
    app.get(NotesController).before = () => app.channel<Note>('note').publishUpdate(1, { text: 'between' });

    const { body } = await sockets.get<Note[]>('/notes');
    heard.unshift(body);

    await eventually(() => expect(heard).toEqual([[{ id: 1, text: 'first' }], { text: 'between' }]));
  });

  it('does not take its own changes for missed ones', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const { heard, gaps } = await follow(sockets);

    for (const text of ['a', 'b']) {
      await app.channel<Note>('note').publishUpdate(1, { text: 'mine' }, { except: sockets.id! });
      await app.channel<Note>('note').publishUpdate(1, { text });
    }

    await eventually(() => expect(heard).toEqual(['a', 'b']));
    expect(gaps).toEqual([]);
  });

  it('has it on its next server, or is told once where that does not know it, and reads again once', async (context) => {
    const cluster = await startCluster(context, {
      controllers: [NotesController, DeskController],
      providers: [Journal],
    });
    const { a, b } = cluster;
    const line = await Line.to(a.url);
    const sockets = client(line.url);
    const { heard, gaps, outcomes } = await follow(sockets);
    await change(b, 'a');
    await eventually(() => expect(heard).toEqual(['a']));

    await cut(line, sockets);
    await change(b, 'b');
    line.mend(b.url);
    const missed = sharesJournal ? ['b'] : [];
    await eventually(() => expect(heard).toEqual(['a', ...missed, ['b']]));
    await change(a, 'c');
    await eventually(() => expect(heard).toEqual(['a', ...missed, ['b'], 'c']));

    expect(outcomes).toEqual([sharesJournal]);
    expect(gaps).toEqual([{ resource: 'note', recovered: sharesJournal }]);
    expect(b.get(Journal).count('read')).toBe(1);
  });
});
