import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';
import { logFailure } from '../../common/log.js';
import { emitToOtherServers, listenToServers } from '../../server/cluster/server-events.js';
import { type Change, type OnChange, OtherServers, readNews, type ServerNews } from './other-servers.js';

/** Does a thing once, soon, however often it is wished for until then. */
class Soon {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly milliseconds: number,
    private readonly work: () => void,
  ) {}

  wish(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.work();
    }, this.milliseconds).unref();
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

const PRESENCE_NEWS = 'nestjs-sockets:presence';

/** Milliseconds after the beginning at which the others are asked again: the first answers come while some adapters do not listen yet. */
const ASKING = [250, 1_000, 3_000];
/** Milliseconds in which several questions, or several gaps, count as one. */
const GATHERING = 20;

type Kinds = ServerNews extends infer News ? (News extends ServerNews ? Omit<News, 'server'> : never) : never;

/**
 * Keeps the servers of a cluster in step about one namespace. Each tells what changes on it and, now and then, how much it has told; who finds that something
 * is missing asks for all of it. Nobody waits for an answer, and a message that is lost, doubled or late does no harm.
 */
export class ServerBus {
  private readonly logger = new Logger('SocketsModule');
  private readonly server = randomUUID();
  private readonly others: OtherServers;
  private version = 0;
  private untold: Change[] = [];
  private readonly stopListening: () => void;
  private readonly asking: NodeJS.Timeout[];
  private readonly askSoon = new Soon(GATHERING, () => this.ask());
  private readonly stateSoon = new Soon(GATHERING, () => this.tellState());

  constructor(
    private readonly namespace: Namespace,
    private readonly state: () => Change[],
    onChange: OnChange,
  ) {
    this.others = new OtherServers(onChange);
    this.stopListening = listenToServers(namespace, PRESENCE_NEWS, (said) => this.hear(said));
    this.asking = ASKING.map((milliseconds) => setTimeout(() => this.ask(), milliseconds).unref());
    this.ask();
  }

  /** Told to the others with whatever else changes in the same breath. */
  note(change: Change): void {
    if (this.untold.push(change) === 1) queueMicrotask(() => this.tellChanges());
  }

  /** To be called in this interval. */
  beat(silence: number, interval: number): void {
    this.others.sweep(silence, interval);
    if (this.version > 0) this.tell({ kind: 'beat', version: this.version });
  }

  /** Says goodbye; nothing is told or heard any more. */
  end(): void {
    this.stopListening();
    this.asking.forEach(clearTimeout);
    this.askSoon.end();
    this.stateSoon.end();
    this.untold = [];
    if (this.version > 0) this.tell({ kind: 'bye' });
  }

  private hear(said: unknown): void {
    const news = readNews(said);
    // Some adapters bring back what this server said itself.
    if (!news || news.server === this.server) return;
    if (this.take(news) === 'gap') this.askSoon.wish();
  }

  /** A gap is whatever was told before this and is not known. */
  private take(news: ServerNews): 'gap' | undefined {
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
        if ((new Map(news.known).get(this.server) ?? 0) < this.version) this.stateSoon.wish();
        return undefined;
      case 'bye':
        this.others.forget(server);
        return undefined;
      default:
        return undefined;
    }
  }

  private ask(): void {
    this.tell({ kind: 'ask', known: this.others.versions });
  }

  private tellChanges(): void {
    const changes = this.untold;
    this.untold = [];
    if (changes.length > 0) this.tell({ kind: 'changes', version: ++this.version, changes });
  }

  private tellState(): void {
    this.tellChanges();
    this.tell({ kind: 'state', version: this.version, changes: this.state() });
  }

  private tell(news: Kinds): void {
    try {
      emitToOtherServers(this.namespace, PRESENCE_NEWS, [{ server: this.server, ...news }]);
    } catch (error) {
      logFailure(this.logger, 'Other servers could not be told who is in which room.', error);
    }
  }
}
