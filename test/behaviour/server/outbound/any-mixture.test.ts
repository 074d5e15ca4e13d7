import type { Server, Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { Random } from '../../../faults/attacks/random.js';
import { start, type TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { clientRecorder, type Heard, type Recorder, webSocketRecorder } from './support/recorder.js';

const OTHER = '/other';
const ROOMS = ['a', 'b', 'c'];
const TURNS = 60;

/** Every kind of client. The last one upgrades while it is sent messages. */
const KINDS: ReadonlyArray<(url: string) => Promise<Recorder>> = [
  (url) => webSocketRecorder(url),
  (url) => webSocketRecorder(url),
  (url) => webSocketRecorder(url, { namespace: OTHER }),
  (url) => webSocketRecorder(url, { perMessageDeflate: true }),
  (url) => webSocketRecorder(url, { protocol: 3 }),
  (url) => clientRecorder(url, ['polling']),
  (url) => clientRecorder(url, ['websocket']),
  (url) => clientRecorder(url, ['polling', 'websocket']),
];

/** A client, and its socket on the server. */
interface Client {
  recorder: Recorder;
  socket: Socket;
  answers: number[];
  isEnded: boolean;
}

/** One of two servers that are told to do the same, with clients of the same kinds. */
class Scene {
  readonly clients: Client[] = [];

  private constructor(private readonly app: TestApplication) {}

  static async open(fastDelivery: boolean, perMessageDeflate: boolean): Promise<Scene> {
    const limits = { maxQueued: 1_000_000_000, stallTimeout: 600_000 };
    const options = { fastDelivery, limits, server: { perMessageDeflate } };
    const scene = new Scene(await start({ imports: [SocketsModule.forRoot(options)] }));
    scene.server.of(OTHER);
    for (const connect of KINDS) scene.add(await connect(scene.app.url));
    return scene;
  }

  get server(): Server {
    return this.app.sockets.server;
  }

  publish(room: string, number: number): void {
    void this.app.sockets.broadcast(room, 'published', number);
  }

  ask({ socket, answers }: Client, number: number): void {
    socket.emit('ask', number, (answer: number) => void answers.push(answer));
  }

  /** Resolves when nothing more can come. */
  async end(): Promise<void> {
    for (const { recorder, socket } of this.clients) {
      recorder.resume?.();
      socket.emit('end', Number.MAX_SAFE_INTEGER);
    }
    for (const { recorder, answers, isEnded } of this.clients) {
      if (isEnded) {
        await recorder.ended;
        continue;
      }
      await eventually(() => expect(recorder.heard.at(-1)?.[0]).toBe('end'));
      await eventually(() => expect(answers).toEqual(numbersOf(recorder.heard, 'ask')));
    }
  }

  private add(recorder: Recorder): void {
    const socket = this.server.sockets.sockets.get(recorder.ids['/']);
    if (!socket) throw new Error('The server does not know this client.');
    this.clients.push({ recorder, socket, answers: [], isEnded: false });
    if (recorder.ids[OTHER]) this.server.of(OTHER).in(recorder.ids[OTHER]).socketsJoin(ROOMS);
  }
}

type Step = (scene: Scene) => void;

/** Thinks of something that an application may do. */
function stepOf(random: Random, number: number): Step {
  const index = random.below(KINDS.length);
  const [room, second] = [random.of(ROOMS), random.of(ROOMS)];
  const data = 'x'.repeat(random.of([10, 100, 1_000, 10_000, 40_000, 70_000]));
  const forClient = (act: (client: Client, scene: Scene) => unknown): Step => {
    return (scene) => void act(scene.clients[index], scene);
  };
  const weighted: Array<[weight: number, step: Step]> = [
    [8, ({ server }) => void server.to(room).emit('in room', number, data)],
    [4, ({ server }) => void server.to([room, second]).except('c').emit('in rooms', number)],
    [3, (scene) => scene.publish(room, number)],
    [3, ({ server }) => void server.emit('everybody', number, data)],
    [3, ({ server }) => void server.of(OTHER).to(room).emit('elsewhere', number)],
    [3, forClient(({ socket }, { server }) => server.to(room).except(socket.id).emit('others', number))],
    [3, forClient(({ socket }, { server }) => server.to(socket.id).emit('own room', number, data))],
    [4, forClient(({ socket }) => socket.emit('alone', number, data))],
    [2, forClient((client, scene) => scene.ask(client, number))],
    [
      1,
      ({ server }) =>
        void server
          .to(room)
          .timeout(100)
          .emit('ask all', number, () => {}),
    ],
    [2, ({ server }) => void server.to(room).emit('bytes', number, Buffer.from(data))],
    [2, ({ server }) => void server.volatile.to(room).emit('volatile', number)],
    [1, forClient(({ socket }) => socket.volatile.emit('volatile', number))],
    [5, forClient(({ socket, isEnded }) => isEnded || socket.join(room))],
    [2, forClient(({ socket }) => socket.leave(room))],
    [1, forClient(({ recorder }) => recorder.pause?.())],
    [1, forClient(({ recorder }) => recorder.resume?.())],
  ];
  let left = random.below(weighted.reduce((sum, [weight]) => sum + weight, 0));
  return weighted.find(([weight]) => (left -= weight) < 0)?.[1] ?? (() => {});
}

/** Sends one client more than the operating system takes while it does not read. */
function flood(index: number, number: number): Step {
  return ({ clients, server }) => {
    clients[index].recorder.pause?.();
    for (let part = 0; part < 300; part++) {
      server.to(clients[index].socket.id).emit('flood', number + 1 + part, 'x'.repeat(30_000));
    }
  };
}

/** Disconnects a client that does not upgrade just now. */
function disconnect(random: Random): Step {
  const index = random.below(KINDS.length - 1);
  const end = random.of<(socket: Socket) => unknown>([(socket) => socket.disconnect(true), ({ conn }) => conn.close()]);
  return ({ clients }) => {
    clients[index].isEnded = true;
    end(clients[index].socket);
  };
}

const PAUSES: ReadonlyArray<() => unknown> = [
  () => Promise.resolve(),
  () => new Promise<void>((resolve) => process.nextTick(resolve)),
  () => new Promise((resolve) => setImmediate(resolve)),
  () => new Promise((resolve) => setTimeout(resolve, 2)),
];

function numbersOf(heard: readonly Heard[], event: string): number[] {
  return heard.filter(([name]) => name === event).map(([, number]) => number);
}

/** What is volatile may be left out whenever a client cannot take it at once. */
function reliable(heard: readonly Heard[]): Heard[] {
  return heard.filter(([event]) => event !== 'volatile');
}

describe('Whatever the clients, and whatever they are sent', () => {
  it.each([1, 2, 3, 4, 5, 6])('each hears the same as without fast delivery, in the same order (%i)', async (seed) => {
    const random = new Random(seed);
    const compresses = seed % 3 === 0;
    const scenes = [await Scene.open(true, compresses), await Scene.open(false, compresses)];
    let number = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      for (let rest = random.below(12); rest >= 0; rest--) {
        const step = stepOf(random, ++number);
        for (const scene of scenes) step(scene);
      }
      if (turn % 20 === 10) for (const scene of scenes) flood(turn % 3, number)(scene);
      number += 300;
      if (turn % 15 === 14) {
        const step = disconnect(random);
        for (const scene of scenes) step(scene);
      }
      await random.of(PAUSES)();
    }
    for (const scene of scenes) await scene.end();

    const [fast, plain] = scenes.map(({ clients }) => clients.map(({ recorder }) => recorder.heard));
    for (const [client, heard] of fast.entries()) {
      expect(reliable(heard)).toEqual(reliable(plain[client]));
      const numbers = heard.map(([, one]) => one);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(new Set(numbers).size).toBe(numbers.length);
    }
    expect(fast.flat().length).toBeGreaterThan(500);
  });
});
