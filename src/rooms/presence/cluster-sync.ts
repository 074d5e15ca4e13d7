import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';
import { hearOtherServers, tellOtherServers } from '../../server/cluster/server-messages.js';
import { type Change, type OnChange, OtherServers, readNews, type ServerNews } from './other-servers.js';

/** Runs `work` once, `milliseconds` after the first `schedule()`; further calls until then are ignored. */
class Debounced {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly milliseconds: number,
    private readonly work: () => void,
  ) {}

  schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.work();
    }, this.milliseconds).unref();
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

const PRESENCE_NEWS = 'presence';

/**
 * When the other servers are asked again, in milliseconds after the start: the first answers come while some adapters
 * do not listen yet.
 */
const ASK_AGAIN_AFTER = [250, 1_000, 3_000];
/** How long, in milliseconds, questions or gaps are gathered into one. */
const DEBOUNCE = 20;

type Unsigned = ServerNews extends infer News ? (News extends ServerNews ? Omit<News, 'server'> : never) : never;

/**
 * Keeps the servers of a cluster in step about one namespace.
 *
 * Each server sends its changes as they happen and, at intervals, the number of the last one (a beat). A server that
 * finds a gap asks for the whole state. Nobody waits for an answer, and a message that is lost, duplicated or late does
 * no harm.
 */
export class ClusterSync {
  private readonly server = randomUUID();
  private readonly others: OtherServers;
  private version = 0;
  private unsent: Change[] = [];
  private readonly stopListening: () => void;
  private readonly askTimers: NodeJS.Timeout[];
  private readonly asking = new Debounced(DEBOUNCE, () => this.ask());
  private readonly sendingState = new Debounced(DEBOUNCE, () => this.sendState());

  /** @param state returns everybody who is in a room through a socket of this server */
  constructor(
    private readonly namespace: Namespace,
    private readonly state: () => Change[],
    onChange: OnChange,
  ) {
    this.others = new OtherServers(onChange);
    this.stopListening = hearOtherServers(namespace, PRESENCE_NEWS, (news) => this.receive(news));
    this.askTimers = ASK_AGAIN_AFTER.map((milliseconds) => setTimeout(() => this.ask(), milliseconds).unref());
    this.ask();
  }

  /** Sends a change of this server, in one message with whatever else changes synchronously. */
  add(change: Change): void {
    if (this.unsent.push(change) === 1) queueMicrotask(() => this.sendChanges());
  }

  /**
   * Says that this server is alive, and forgets those that are not.
   *
   * @param silence how many milliseconds a server may be silent
   * @param interval how often this is called
   */
  beat(silence: number, interval: number): void {
    this.others.sweep(silence, interval);
    if (this.version > 0) this.send({ kind: 'beat', version: this.version });
  }

  /** Says goodbye; nothing is sent or received any more. */
  end(): void {
    this.stopListening();
    this.askTimers.forEach(clearTimeout);
    this.asking.cancel();
    this.sendingState.cancel();
    this.unsent = [];
    if (this.version > 0) this.send({ kind: 'bye' });
  }

  private receive(message: unknown): void {
    const news = readNews(message);
    // Some adapters bring back what this server sent itself.
    if (!news || news.server === this.server) return;
    if (this.apply(news) === 'gap') this.asking.schedule();
  }

  /** Reports a gap when something that was sent before these news has not arrived. */
  private apply(news: ServerNews): 'gap' | undefined {
    const { server } = news;
    switch (news.kind) {
      case 'changes':
        return this.others.change(server, news.version, news.changes) ? undefined : 'gap';
      case 'beat':
        return this.others.heard(server, news.version) ? undefined : 'gap';
      case 'state':
        this.others.replace(server, news.version, news.changes);
        return undefined;
      case 'ask':
        if ((new Map(news.known).get(this.server) ?? 0) < this.version) this.sendingState.schedule();
        return undefined;
      case 'bye':
        this.others.forget(server);
        return undefined;
      default:
        return undefined;
    }
  }

  private ask(): void {
    this.send({ kind: 'ask', known: this.others.versions });
  }

  private sendChanges(): void {
    const changes = this.unsent;
    this.unsent = [];
    if (changes.length > 0) this.send({ kind: 'changes', version: ++this.version, changes });
  }

  private sendState(): void {
    this.sendChanges();
    this.send({ kind: 'state', version: this.version, changes: this.state() });
  }

  private send(news: Unsigned): void {
    tellOtherServers(this.namespace, PRESENCE_NEWS, [{ server: this.server, ...news }]);
  }
}
