// Healthy clients in a process of their own, which use a server that is attacked and one that is not, side by side:
// whatever else makes this machine slow is the same for both.
import { io, type Socket } from 'socket.io-client';
import { answer } from '../support/answering.js';

/** Something between a beat of the heart and a request of a page. */
const PAUSE = 20;

/** How often it says how far it is, at most, in milliseconds: no page sends more than the library lets it by default. */
const SEEN_PAUSE = 10;

/** One client, which asks again and again, and keeps how long each answer took. */
class HealthyClient {
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asked = 0;
  private wrong = 0;
  private times: number[] = [];
  private drops = 0;
  private ticks = new Map<number, number>();
  private seenTimer: NodeJS.Timeout | undefined;
  private last = 0;

  async connect(url: string, read: string | null): Promise<void> {
    this.end();
    const socket = (this.socket = io(url, { transports: ['websocket'], forceNew: true }));
    socket.on('disconnect', () => this.drops++);
    socket.on('tick', (tick: { id: number }) => this.tick(tick.id));
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
    if (read) await socket.emitWithAck('get', { url: read });
    this.timer = setInterval(() => this.ping(socket), PAUSE);
  }

  /** Waits for the answers that are under way, of some questions at least, and begins anew. */
  async report(): Promise<object> {
    const end = performance.now() + 30_000;
    while (this.asked < 20 && this.socket?.connected && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    clearInterval(this.timer);
    while (this.times.length + this.wrong < this.asked && this.socket?.connected && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const times = this.times.toSorted((a, b) => a - b);
    const at = (part: number) => Math.round((times[Math.floor(times.length * part)] ?? 0) * 10) / 10;
    const { asked, wrong, drops } = this;
    const report = { asked, answered: times.length, wrong, drops, p50: at(0.5), p99: at(0.99), max: at(0.999_999) };
    Object.assign(this, { asked: 0, wrong: 0, drops: 0, times: [] });
    const { socket } = this;
    if (socket) this.timer = setInterval(() => this.ping(socket), PAUSE);
    return report;
  }

  readTicks(): object {
    const times = [...this.ticks.values()];
    const ticks = { different: times.length, all: times.reduce((sum, count) => sum + count, 0) };
    this.ticks = new Map();
    return ticks;
  }

  end(): void {
    clearInterval(this.timer);
    this.socket?.removeAllListeners();
    this.socket?.disconnect();
    Object.assign(this, { socket: undefined, asked: 0, wrong: 0, drops: 0, times: [], ticks: new Map() });
  }

  private ping(socket: Socket): void {
    const begin = performance.now();
    const number = ++this.asked;
    socket.emit('echo', { number }, (echo: { number?: number } | undefined) => {
      if (echo?.number === number) this.times.push(performance.now() - begin);
      else this.wrong++;
    });
  }

  private tick(id: number): void {
    this.ticks.set(id, (this.ticks.get(id) ?? 0) + 1);
    this.last = id;
    this.seenTimer ??= setTimeout(() => {
      this.seenTimer = undefined;
      this.socket?.emit('seen', this.last);
    }, SEEN_PAUSE);
  }
}

const attacked = new HealthyClient();
const control = new HealthyClient();

answer({
  connect: (url: string, read: string | null) => attacked.connect(url, read),
  connectControl: (url: string) => control.connect(url, null),
  report: async () => ({ attacked: await attacked.report(), control: await control.report() }),
  ticks: () => attacked.readTicks(),
});
