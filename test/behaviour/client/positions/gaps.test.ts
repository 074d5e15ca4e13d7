import { describe, expect, it } from 'vitest';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { reaches } from '../support/client.js';
import { follow } from './support/followed.js';

describe('A message before which something is missing', () => {
  it('is held until that has come, and then handed on after it', async () => {
    const { server, sockets, heard, gaps } = await follow();

    server.publish({ A: [10, 11] });
    server.publish({ A: [12, 13] });
    server.publish({ B: [10, 14] });
    await server.settle(sockets);
    expect(heard).toEqual([11]);
    server.publish({ A: [11, 12] });
    await server.settle(sockets);

    expect(heard).toEqual([11, 12, 13, 14]);
    expect(gaps).toEqual([]);
  });

  it('is asked about, and handed on after what the server sends again', async () => {
    const { server, heard, gaps } = await follow();

    server.publish({ A: [10, 11] });
    server.publish({ A: [12, 13], B: [10, 13] });
    const question = await server.nextQuestion();
    expect(question).toMatchObject({ since: 'e1; card=10 A=11', topics: ['A'] });
    server.publish({ A: [11, 12] });
    server.publish({ A: [12, 13], B: [10, 13] });
    question.answer({ recovered: true, position: 'e1; card=13' });

    await eventually(() => expect(gaps).toEqual([{ resource: 'card', recovered: true }]));
    expect(heard).toEqual([11, 12, 13]);
  });

  it('may be one of two in different topics: each is asked about once, and all are handed on in order', async () => {
    const clock = stopClock();
    const { server, sockets, heard, gaps } = await clock.passUntil(follow());

    server.publish({ A: [11, 12] });
    server.publish({ B: [13, 14] });
    await server.settle(sockets);
    await clock.pass(50);
    const question = await server.nextQuestion();
    expect(question.topics).toEqual(['A', 'B']);
    server.publish({ A: [10, 11] });
    await server.settle(sockets);
    expect(heard).toEqual([11, 12]);
    await clock.pass(129);
    server.publish({ A: [11, 12] });
    server.publish({ B: [10, 13] });
    server.publish({ B: [13, 14] });
    question.answer({ recovered: true, position: 'e1; card=14' });
    await server.settle(sockets);
    await clock.pass(1_000);
    await server.settle(sockets);

    expect(heard).toEqual([11, 12, 13, 14]);
    expect(gaps).toEqual([{ resource: 'card', recovered: true }]);
    expect(server.unseenQuestions).toBe(0);
  });

  it('is handed on within 200 ms where the server does not answer, and the reads are repeated', async () => {
    const { server, sockets, heard, gaps } = await follow('A, B', { isRepeated: true });
    const clock = stopClock();

    server.publish({ A: [12, 14] });
    server.publish({ B: [12, 13] });
    await server.settle(sockets);
    await clock.pass(179);
    expect(heard).toEqual([]);
    await clock.pass(1);
    expect(heard).toEqual([13, 14]);
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);

    await clock.pass(250);
    const read = await server.nextRead();
    read.answer({ 'realtime-position': 'e1; card=14', 'realtime-topics': 'A, B', 'realtime-recovery': '1' }, 'again');
    server.emit('sockets:recovered', { id: '1', recovered: true, resources: [], position: 'e1; card=14' });
    await eventually(() => expect(heard).toEqual([13, 14, ['again']]));
    await clock.pass(1_000);
    await server.settle(sockets);
    expect(server.unseenReads).toBe(0);
  });

  describe('while a read is repeated', () => {
    /** A client that was sent less than it reads, and so reads again after 250 ms, some of which have passed. */
    async function readingAgain(passed: number) {
      const follower = await follow('A', { isRepeated: true });
      const clock = stopClock();
      const note = { id: 'x', epoch: 'e1', topics: { A: [10, 11] }, more: true };
      follower.server.emit('card', { verb: 'messaged', id: 1, data: 11 }, note);
      await follower.server.settle(follower.sockets);
      await clock.pass(passed);
      return { ...follower, clock };
    }

    it('waits no longer', async () => {
      const { server, sockets, heard, gaps, clock } = await readingAgain(210);

      server.publish({ A: [12, 13] });
      await server.settle(sockets);
      await clock.pass(40);
      await server.nextRead();
      await clock.pass(139);
      expect(heard).toEqual([11]);
      await clock.pass(1);

      expect(heard).toEqual([11, 13]);
      expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
    });

    it('is asked about, and handed on after what the server sends again', async () => {
      const { server, sockets, heard, gaps, clock } = await readingAgain(250);
      await server.nextRead();

      server.publish({ A: [12, 13] });
      await server.settle(sockets);
      await clock.pass(50);
      const question = await server.nextQuestion();
      server.publish({ A: [11, 12] });
      question.answer({ recovered: true, position: 'e1; card=13' });
      await server.settle(sockets);
      await clock.pass(180);

      expect(heard).toEqual([11, 12, 13]);
      expect(gaps).toEqual([]);
    });

    it('is told as a loss where something that is in order is held, too', async () => {
      const { server, sockets, heard, gaps, clock } = await readingAgain(250);
      await server.nextRead();

      server.publish({ A: [13, 14] });
      await server.settle(sockets);
      await clock.pass(100);
      server.publish({ A: [11, 12] });
      await server.settle(sockets);
      await clock.pass(79);
      expect(heard).toEqual([11]);
      await clock.pass(1);

      expect(heard).toEqual([11, 12, 14]);
      expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
    });
  });

  it('is not handed on while there is no connection, whatever was to follow it', async () => {
    const { server, sockets, heard } = await follow('A', { isRepeated: true });
    const reading = sockets.get('/notes');
    const note = { 'realtime-resource': 'note', 'realtime-position': 'e1; note=10', 'realtime-topics': 'N' };
    (await server.nextRead()).answer(note);
    await reading;
    const clock = stopClock();

    server.publish({ A: [12, 13] });
    server.publish({ N: [12, 13] }, 'note');
    // Of a room, so it follows what is held of all resources.
    server.emit('revoked', { room: 'team' });
    await server.settle(sockets);
    const lost = reaches(sockets, 'reconnecting');
    server.cut();
    await lost;
    await clock.pass(180);

    expect(heard).toEqual([]);
  });

  it('waits no longer since it came without its position first', async () => {
    const { server, sockets, heard } = await follow('A');
    const clock = stopClock();
    const message = { verb: 'messaged', id: 1, data: 14 };

    server.publish({ A: [11, 12] });
    await server.settle(sockets);
    await clock.pass(100);
    server.emit('card', message, { id: 'late' });
    await server.settle(sockets);
    await clock.pass(70);
    server.emit('card', message, { id: 'late', epoch: 'e1', topics: { A: [13, 14] } });
    await server.settle(sockets);
    await clock.pass(109);
    expect(heard).toEqual([12]);
    await clock.pass(1);

    expect(heard).toEqual([12, 14]);
  });

  it('is followed by what the server sends before it knows the position, which is handed on once', async () => {
    const { server, sockets, heard } = await follow();
    const message = { verb: 'messaged', id: 1, data: 13 };

    server.publish({ A: [11, 12] });
    server.emit('card', message, { id: 'late' });
    server.publish({ A: [10, 11] });
    await server.settle(sockets);
    expect(heard).toEqual([11, 12, 13]);
    server.emit('card', message, { id: 'late', epoch: 'e1', topics: { A: [12, 13] } });
    server.emit('card', message, { id: 'late' });
    server.publish({ A: [13, 14] });
    await server.settle(sockets);

    expect(heard).toEqual([11, 12, 13, 14]);
  });

  it('gives way to what the server has sent before it knew the position, once that is known', async () => {
    const { server, sockets, heard } = await follow();

    server.publish({ A: [12, 13] });
    server.emit('card', { verb: 'messaged', id: 1, data: 11 }, { id: 'late' });
    await server.settle(sockets);
    expect(heard).toEqual([]);
    server.emit('sockets:position', { resource: 'card', id: 'late', epoch: 'e1', topics: { A: [10, 11] } });
    server.publish({ A: [11, 12] });
    await server.settle(sockets);

    expect(heard).toEqual([11, 12, 13]);
  });

  it('is passed by nothing that the server has sent after it, before it knew the position of either', async () => {
    const { server, sockets, heard } = await follow();
    const sendUnplaced = (data: number): void =>
      server.emit('card', { verb: 'messaged', id: 1, data }, { id: `late ${data}` });
    const tellPosition = (position: number): void =>
      server.emit('sockets:position', {
        ...{ resource: 'card', id: `late ${position}`, epoch: 'e1' },
        topics: { A: [position - 1, position] },
      });

    server.publish({ A: [11, 12] });
    for (const data of [14, 15, 16]) sendUnplaced(data);
    tellPosition(14);
    server.publish({ A: [10, 11] });
    await server.settle(sockets);
    expect(heard).toEqual([11, 12]);
    server.publish({ A: [12, 13] });
    for (const position of [15, 16]) tellPosition(position);
    await server.settle(sockets);

    expect(heard).toEqual([11, 12, 13, 14, 15, 16]);
  });

  it('waits for what has come while the program was busy, however long that was', async () => {
    const { server, sockets, heard, gaps } = await follow();

    server.publish({ A: [11, 12] });
    await server.settle(sockets);
    server.publish({ A: [10, 11] });
    const end = performance.now() + 300;
    while (performance.now() < end);
    await server.settle(sockets);

    expect(heard).toEqual([11, 12]);
    expect(gaps).toEqual([]);
  });

  it('is handed on when the server says that what is missing is lost, and the reads are repeated', async () => {
    const { server, heard, gaps } = await follow('A', { isRepeated: true });

    server.publish({ A: [12, 13] });
    (await server.nextQuestion()).answer({ recovered: false, resources: ['card'], position: 'e1; card=13' });

    expect((await server.nextRead()).since).toBe('e1; card=13');
    expect(heard).toEqual([13]);
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
  });

  it('is dropped if it comes when it was given up, as an older state must not follow a newer one', async () => {
    const { server, sockets, heard } = await follow();
    const clock = stopClock();
    server.publish({ A: [11, 12] });
    await server.settle(sockets);
    await clock.pass(200);

    server.publish({ A: [10, 11], B: [10, 11] });
    server.publish({ A: [12, 13] });
    await server.settle(sockets);

    expect(heard).toEqual([12, 13]);
  });

  it('holds up no other resource', async () => {
    const { server, sockets, heard } = await follow();
    sockets.on('user', () => heard.push('user'));

    server.publish({ A: [11, 12] });
    server.publish({ U: [1, 2] }, 'user');
    await server.settle(sockets);

    expect(heard).toEqual(['user']);
  });

  it('is none in a topic that the client does not follow, of which it knows only copies', async () => {
    const { server, sockets, heard } = await follow('A');

    server.publish({ A: [10, 15], X: [14, 15] });
    server.publish({ X: [17, 18] });
    server.publish({ X: [16, 17] });
    server.publish({ X: [17, 18] });
    await server.settle(sockets);

    expect(heard).toEqual([15, 18, 17]);
  });

  it('is none in a topic that the server calls foreign, from then on', async () => {
    const { server, sockets, heard, gaps } = await follow('*');

    server.publish({ A: [3, 11], X: [10.5 * 2, 22] });
    const question = await server.nextQuestion();
    expect(question.topics).toEqual(['X']);
    question.answer({ recovered: true, position: 'e1; card=22', foreign: ['X'] });
    await eventually(() => expect(heard).toEqual([11]));
    server.publish({ X: [30, 31] });
    await server.settle(sockets);

    expect(heard).toEqual([11, 31]);
    expect(gaps).toEqual([]);
  });
});
