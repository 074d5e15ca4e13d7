import { describe, expect, it } from 'vitest';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { reaches } from '../support/client.js';
import { follow } from './support/followed.js';

describe('A client asks', () => {
  it('within 40 s whether the last message is missing, and again after that', async () => {
    const clock = stopClock();
    const { server, sockets, heard } = await clock.passUntil(follow());
    server.publish({ A: [10, 11] });
    await server.settle(sockets);

    const secondsUntilQuestion = async (): Promise<number> => {
      let tenths = 0;
      for (; server.unseenQuestions === 0; tenths++) {
        await clock.pass(100);
        await server.settle(sockets);
      }
      return tenths / 10;
    };
    const first = await secondsUntilQuestion();
    const question = await server.nextQuestion();
    server.publish({ B: [10, 12] });
    question.answer({ recovered: true, position: 'e1; card=12' });
    await server.settle(sockets);
    const second = await secondsUntilQuestion();

    for (const seconds of [first, second]) {
      expect(seconds).toBeGreaterThan(24);
      expect(seconds).toBeLessThan(41);
    }
    expect(question.since).toBe('e1; card=10 A=11');
    expect(question.topics).toBeUndefined();
    expect((await server.nextQuestion()).since).toBe('e1; card=12');
    expect(heard).toEqual([11, 12]);
  });

  it('nothing if it follows nothing, or is not connected', async () => {
    const clock = stopClock();
    const { server, sockets } = await clock.passUntil(follow(''));
    await clock.pass(100_000);
    await server.settle(sockets);
    expect(server.unseenQuestions).toBe(0);

    const followed = await clock.passUntil(follow('A'));
    followed.sockets.close();
    await clock.pass(100_000);
    followed.sockets.connect();
    await clock.passUntil(reaches(followed.sockets, 'connected'));
    await followed.server.settle(followed.sockets);
    expect(followed.server.unseenQuestions).toBe(0);
  });

  it('one thing at a time, about all resources with a gap', async () => {
    const { server, sockets, heard, gaps } = await follow();
    sockets.on('user', (message) => 'data' in message && heard.push(`user ${String(message.data)}`));
    const reading = sockets.get('/users');
    (await server.nextRead()).answer({ 'realtime-position': 'e1; user=3', 'realtime-topics': 'U' });
    await reading;

    server.publish({ A: [11, 12] });
    server.publish({ U: [4, 5] }, 'user');
    const question = await server.nextQuestion();
    expect(question).toMatchObject({ since: 'e1; card=10; user=3', topics: ['A', 'U'] });
    server.publish({ A: [10, 11] });
    server.publish({ U: [3, 4] }, 'user');
    question.answer({ recovered: true, position: 'e1; card=12; user=5' });

    await eventually(() => expect(gaps).toHaveLength(2));
    expect(heard).toEqual([11, 12, 'user 4', 'user 5']);
    expect(server.unseenQuestions).toBe(0);
  });

  it('again after a gap that shows while it waits for an answer', async () => {
    const clock = stopClock();
    const { server, sockets, heard } = await follow();
    server.publish({ A: [11, 12] });
    await server.settle(sockets);
    await clock.pass(50);
    const first = await server.nextQuestion();
    first.answer({ recovered: true, position: 'e1; card=12' });
    server.publish({ B: [13, 14] });
    await server.settle(sockets);
    await clock.pass(50);

    const second = await server.nextQuestion();
    server.publish({ B: [10, 13] });
    second.answer({ recovered: true, position: 'e1; card=14' });

    await eventually(() => expect(heard).toEqual([12, 13, 14]));
  });

  it('no sooner than it was told to', async () => {
    const clock = stopClock();
    const { server, sockets, heard } = await follow();
    server.publish({ A: [11, 12] });
    await server.settle(sockets);
    await clock.pass(50);
    (await server.nextQuestion()).refuse(429, { 'retry-after': '2' });
    await server.settle(sockets);
    await clock.pass(200);
    server.publish({ A: [13, 14] });
    await server.settle(sockets);
    await clock.pass(1_700);
    await server.settle(sockets);
    expect(server.unseenQuestions).toBe(0);
    server.publish({ A: [15, 16] });
    await server.settle(sockets);
    await clock.pass(150);

    expect((await server.nextQuestion()).topics).toEqual(['A']);
    expect(heard).toEqual([12, 14]);
  });

  it('and hands on what it holds when it is closed', async () => {
    const { server, sockets, heard, gaps } = await follow();
    server.publish({ A: [11, 12] });
    await server.nextQuestion();

    sockets.close();

    expect(heard).toEqual([12]);
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
  });

  it('and takes no answer when it waits for none any longer', async () => {
    const clock = stopClock();
    const { server, sockets, gaps } = await follow();
    server.publish({ A: [11, 12] });
    await server.settle(sockets);
    await clock.pass(50);
    const question = await server.nextQuestion();
    await clock.pass(5_000);

    question.answer({ recovered: false, resources: ['card'], position: 'e1; card=12' });
    await server.settle(sockets);

    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
  });
});

describe('What is not for a client', () => {
  it('is no gap, since the server tells its position', async () => {
    const { server, sockets, heard, gaps } = await follow();

    server.emit('sockets:position', { resource: 'card', epoch: 'e1', topics: { A: [10, 11] } });
    server.publish({ A: [11, 12] });
    await server.settle(sockets);

    expect(heard).toEqual([12]);
    expect(gaps).toEqual([]);
  });
});
