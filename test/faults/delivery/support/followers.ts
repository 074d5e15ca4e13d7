import { io } from 'socket.io-client';
import { type ClientOptions, connect, type Gap } from '../../../../src/front-ends/client/index.js';
import { reaches } from '../../../behaviour/client/support/client.js';
import { Line } from '../../../behaviour/client/support/line.js';
import type { Card, Tick } from '../servers/joined-server.js';
import type { Subject } from './subject.js';

/** A message as clients receive it. */
type Message<T> = { verb: string; data: T };

/** How long anything may take until a trial goes on without it, in milliseconds. */
const PATIENCE = 30_000;

/** A client that has read all ticks and cards, on a connection that can be cut; and what it was shown, in order. */
export abstract class Follower {
  readonly ticks: Tick[] = [];
  readonly cards: Card[] = [];
  /** Of resources about which it was told that something is lost. */
  readonly losses: string[] = [];
  /** When each tick was shown, by the time of the day, in milliseconds. */
  readonly times: number[] = [];
  readonly #numbers = new Map<string, Set<number>>();

  protected constructor(private readonly line: Line) {}

  static async to(url: string, { isPlain, server }: Subject, options: ClientOptions = {}): Promise<Follower> {
    const line = await Line.to(url);
    const all = { transports: ['websocket'], forceNew: true, ...options };
    if (!isPlain) return OurFollower.on(line, all);
    return PlainFollower.on(line, all, server === 'library' ? ['/ticks', '/cards'] : []);
  }

  abstract get isConnected(): boolean;

  hasShown(source: string, number: number): boolean {
    return this.#numbers.get(source)?.has(number) === true;
  }

  cut(): void {
    this.line.cut();
  }

  comeBack(url: string): void {
    this.line.mend(url);
  }

  /** Waits until it holds, but not for ever. */
  async until(holds: (follower: this) => boolean, patience = PATIENCE): Promise<boolean> {
    const end = performance.now() + patience;
    while (!holds(this) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
    return holds(this);
  }

  close(): void {
    this.cut();
  }

  protected show(tick: Tick): void {
    this.ticks.push(tick);
    const numbers = this.#numbers.get(tick.source) ?? new Set();
    this.#numbers.set(tick.source, numbers.add(tick.number));
    this.times.push(performance.timeOrigin + performance.now());
  }
}

/** Our client, which follows positions and repeats its reads. */
class OurFollower extends Follower {
  private constructor(
    line: Line,
    private readonly sockets: ReturnType<typeof connect>,
  ) {
    super(line);
  }

  static async on(line: Line, options: ClientOptions): Promise<Follower> {
    const sockets = connect(line.url, options);
    const follower = new OurFollower(line, sockets);
    sockets.onGap((gap: Gap) => void (gap.recovered || follower.losses.push(gap.resource)));
    sockets.onStale(({ resource }) => void follower.losses.push(resource));
    sockets.on<Tick>('tick', (message) => {
      if (message.verb === 'created') follower.show(message.data);
    });
    sockets.on<Card>('card', (message) => {
      if (message.verb === 'created' || message.verb === 'updated') follower.cards.push(message.data as Card);
    });
    await reaches(sockets, 'connected');
    for (const path of ['/ticks', '/cards']) await sockets.get(path, undefined, { repeat: () => undefined });
    return follower;
  }

  get isConnected(): boolean {
    return this.sockets.socket.connected;
  }

  override close(): void {
    this.sockets.close();
    super.close();
  }
}

/** The client of Socket.IO, which reads whenever it is connected, if there is anything to read. */
class PlainFollower extends Follower {
  private constructor(
    line: Line,
    private readonly socket: ReturnType<typeof io>,
  ) {
    super(line);
  }

  static async on(line: Line, options: ClientOptions, paths: readonly string[]): Promise<Follower> {
    const socket = io(line.url, options as Parameters<typeof io>[1]);
    const follower = new PlainFollower(line, socket);
    socket.on('tick', ({ data }: Message<Tick>) => follower.show(data));
    socket.on('card', ({ data }: Message<Card>) => void follower.cards.push(data));
    const read = () => Promise.all(paths.map((url) => socket.emitWithAck('get', { url })));
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    await read();
    socket.on('connect', () => void read().catch(() => undefined));
    return follower;
  }

  get isConnected(): boolean {
    return this.socket.connected;
  }

  override close(): void {
    this.socket.close();
    super.close();
  }
}
