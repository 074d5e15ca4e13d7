import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What comes late: what others have published, or the answers to commands. */
type Late = 'publications' | 'answers';

/**
 * A way to Redis on which what is published comes later than answers do, or the other way round, for as long as a test
 * wants it, and which breaks when a test wants it.
 */
export class LateRedis {
  private readonly held: Array<[to: Socket, chunk: Buffer]> = [];
  private readonly clients = new Set<Socket>();
  private holding: Late | undefined;
  private isShut = false;
  private isMute = false;
  private isDeaf = false;
  private readonly listening = new Set<Socket>();
  /** What connections that are to listen ask for, while none may. */
  private readonly unasked: Array<() => void> = [];

  private constructor(readonly url: string) {}

  static async to(redis: string): Promise<LateRedis> {
    const listener = createServer();
    const ends = new Set<Socket>();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const late = new LateRedis(`redis://127.0.0.1:${(listener.address() as AddressInfo).port}`);
    listener.on('connection', (near) => {
      if (late.isShut) return void near.destroy();
      const far = connect(Number(new URL(redis).port), '127.0.0.1');
      let isListening = false;
      late.clients.add(near);
      near.on('close', () => {
        late.clients.delete(near);
        late.listening.delete(near);
      });
      for (const end of [near, far]) {
        ends.add(end);
        end.on('error', () => undefined).on('close', () => [near, far].forEach((one) => one.destroy()));
      }
      near.on('data', (chunk) => {
        isListening ||= /\r\ns?subscribe\r\n/i.test(chunk.toString());
        if (isListening) late.listening.add(near);
        const ask = (): void => void far.write(chunk);
        if (isListening && late.isDeaf) late.unasked.push(ask);
        else ask();
      });
      far.on('data', (chunk: Buffer) => {
        if (late.isMute) return;
        if (late.holding === (isListening ? 'publications' : 'answers')) late.held.push([near, chunk]);
        else near.write(chunk);
      });
    });
    onTestFinished(() => {
      for (const end of ends) end.destroy();
      listener.close();
    });
    return late;
  }

  hold(what: Late = 'publications'): void {
    this.holding = what;
  }

  release(): void {
    this.holding = undefined;
    this.takeHeld()();
  }

  /** Whether something with this text in it is held. */
  holds(text: string): boolean {
    return Buffer.concat(this.held.map(([, chunk]) => chunk)).includes(text);
  }

  /** Returns what lets through what is held by now, and nothing that came later. */
  takeHeld(): () => void {
    const held = this.held.splice(0);
    return () => {
      for (const [to, chunk] of held) to.write(chunk);
    };
  }

  /** Ends the connections that listen, and lets none listen until they may again. What they are not told yet is lost. */
  deafen(): void {
    this.isDeaf = true;
    this.holding = undefined;
    this.takeHeld();
    for (const one of this.listening) one.destroy();
  }

  /** Lets connections listen again. */
  hear(): void {
    this.isDeaf = false;
    for (const ask of this.unasked.splice(0)) ask();
  }

  /** Lets nothing through to Redis any more: what is sent from now on is on its way. */
  stall(): void {
    for (const client of this.clients) client.pause();
  }

  /** Loses whatever Redis says, until all connections are cut. */
  mute(): void {
    this.isMute = true;
  }

  /** Ends all connections, and loses what is on its way. Clients may come again. */
  cut(): void {
    this.isMute = false;
    for (const client of this.clients) client.destroy();
  }

  /** Ends all connections, and lets none come until it is open again. */
  shut(): void {
    this.isShut = true;
    this.cut();
  }

  open(): void {
    this.isShut = false;
  }
}
