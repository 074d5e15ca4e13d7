import { isDeepStrictEqual } from 'node:util';
import { PlainClient, SocketIoClient } from './connection.mjs';
import { dataOf, followedBy, now, recordOf } from './updates.mjs';

const AT_ONCE = 50;
const TIMEOUT = 60_000;

/** How many distinct chunks are remembered, of which other connections get the same. */
const KNOWN = 4_000;

/**
 * The clients of one server. Each delivery is checked: it is about a record that the client follows, it has the content
 * that was published, and each client gets each update once, in order.
 */
export class Audience {
  clients = [];
  #known = new Map();
  #latest;
  #texts = new Map();
  #received = 0;
  #expected = Infinity;
  #resolve;
  #failure;
  #order = [];
  #error;

  /**
   * @param follows `{ count, records }`: how many of how many records each client follows
   * @param isOrdered whether updates are published in the order of their numbers; otherwise all clients have to hear
   *   them in the same order, whatever it is
   * @param verb `'updated'`, or `'destroyed'`, of which each client hears one for each record, in the order of ids
   */
  constructor(server, { follows = { count: 1, records: 1 }, isOrdered = true, size, verb = 'updated' } = {}) {
    this.server = server;
    this.verb = verb;
    this.follows = follows;
    this.isOrdered = isOrdered;
    this.size = size;
  }

  /** Connects clients; each follows its records. */
  async connect(count, { follow = (client, index) => this.follow(client, index), auth } = {}) {
    const Client = this.server.subject === 'ws' ? PlainClient : SocketIoClient;
    const first = this.clients.length;
    for (let begun = 0; begun < count; begun += AT_ONCE) {
      const indices = Array.from({ length: Math.min(AT_ONCE, count - begun) }, (_, n) => first + begun + n);
      const connected = await Promise.all(
        indices.map(async (index) => {
          const client = await Client.connect(this.server.port, this, { auth: auth?.(index) });
          client.followed = new Set(followedBy(index, this.follows));
          client.last = -1;
          client.heard = 0;
          await follow(client, index);
          return client;
        }),
      );
      this.clients.push(...connected);
    }
  }

  async follow(client, index) {
    const { count, records } = this.follows;
    const answer =
      this.server.subject === 'library'
        ? await client.request('get', { url: `/cards?index=${index}&count=${count}&records=${records}` })
        : await client.request('follow', { index, count, records });
    if (this.server.subject === 'library' && !answer.includes('"statusCode":200'))
      throw new Error(answer.slice(0, 300));
  }

  /** Has the server publish updates, and waits until everybody has heard them. Returns what that cost. */
  async hear({ from, count, perTurn = 1, perSecond }) {
    const deliveries = this.deliveriesOf(from, count);
    const heard = this.expect(deliveries);
    const updates = { from, count, perTurn, perSecond, records: this.follows.records, size: this.size };
    const publish = () => this.server.call('publish', updates);
    const { ms, ...each } = await this.server.spent(deliveries, () => Promise.all([publish(), heard]));
    return { rate: (deliveries / ms) * 1_000, ...each, ...this.latencies() };
  }

  /** Counts who is to hear these updates. */
  deliveriesOf(from, count) {
    const { records } = this.follows;
    if (records === 1) return this.clients.length * count;
    const followers = new Map();
    for (const { followed } of this.clients) for (const id of followed) followers.set(id, (followers.get(id) ?? 0) + 1);
    let sum = 0;
    for (let one = from; one < from + count; one++) sum += followers.get(recordOf(one, records)) ?? 0;
    return sum;
  }

  /** Waits until so many more deliveries have come. One too many, or a wrong one, fails. */
  expect(deliveries) {
    if (this.#error) throw this.#error;
    this.#known.clear();
    this.#latest = undefined;
    this.#texts.clear();
    this.#received = 0;
    this.#expected = deliveries;
    this.arrivals = [];
    const timeout = setTimeout(() => {
      this.onEnd(new Error(`${this.#received} of ${deliveries} deliveries came within ${TIMEOUT} ms.`));
    }, TIMEOUT);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#failure = reject;
    }).finally(() => clearTimeout(timeout));
  }

  /** Fails whatever is waited for now, or else what is waited for next. */
  onEnd(error) {
    this.#error ??= error;
    this.#failure?.(error);
  }

  /**
   * Takes a chunk that another client has received and checked before. It is mostly the one that came last, and bytes
   * are compared faster than texts are looked up.
   */
  takeKnown(bytes, client) {
    const chunk = this.#latest?.bytes.equals(bytes) ? this.#latest : this.#known.get(bytes.latin1Slice());
    if (chunk === undefined) return false;
    chunk.bytes ??= Buffer.from(bytes);
    this.#latest = chunk;
    if (!this.#countAll(chunk, client)) for (const update of chunk.updates) this.#count(update, client);
    return true;
  }

  /** Takes the events of one chunk. `whole` is the chunk, if it holds nothing else. */
  take(events, client, whole) {
    const updates = events.map((text) => this.#read(text)).filter((update) => update !== undefined);
    for (const update of updates) this.#count(update, client);
    if (whole !== undefined && updates.length === events.length && this.#known.size < KNOWN) {
      this.#known.set(whole.latin1Slice(), { updates, range: rangeOf(updates), bytes: undefined });
    }
  }

  /** Returns the 50th and the 99th percentile of the time from publishing to hearing, in ms, where it was measured. */
  latencies() {
    if (this.arrivals.length === 0) return {};
    const sorted = this.arrivals.toSorted((a, b) => a - b);
    return { p50: sorted[sorted.length >> 1], p99: sorted[Math.floor(sorted.length * 0.99)] };
  }

  close() {
    for (const client of this.clients) client.close();
    this.clients = [];
  }

  #read(text) {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const [event, message] = JSON.parse(text);
    if (event !== 'card') return undefined;
    const update = message.verb === 'destroyed' ? this.#readDestroyed(message) : this.#readUpdated(message);
    if (message.verb !== this.verb || update === undefined) {
      this.onEnd(new Error(`A wrong message: ${text.slice(0, 300)}`));
    }
    this.#texts.set(text, update);
    return update;
  }

  #readDestroyed({ id, data }) {
    return data === undefined ? { id: Number(id), sequence: Number(id) } : undefined;
  }

  #readUpdated({ id, data = {} }) {
    const { at, ...shown } = data;
    const { sequence } = shown;
    const { id: shownId = id, ...changed } = shown;
    if (Number(shownId) !== Number(id) || !isDeepStrictEqual(changed, dataOf(sequence, this.size))) return undefined;
    if (this.isOrdered && Number(id) !== recordOf(sequence, this.follows.records)) return undefined;
    return { id: Number(id), sequence, at };
  }

  /** Counts the updates of a chunk at once, where they are in order and the client may hear all of them. */
  #countAll({ range }, client) {
    if (!range || !this.isOrdered || !client.followed.has(range.id) || range.first <= client.last) return false;
    if (this.#received + range.count >= this.#expected) return false;
    client.last = range.last;
    this.#received += range.count;
    return true;
  }

  #count({ id, sequence, at }, client) {
    if (at !== undefined) this.arrivals.push(now() - at);
    if (!client.followed.has(id))
      this.onEnd(new Error(`Update ${sequence} of ${id}, which the client does not follow`));
    if (!this.isOrdered) {
      const place = client.heard++;
      if (place === this.#order.length) this.#order.push(sequence);
      else if (this.#order[place] !== sequence) this.onEnd(new Error('Two clients hear updates in different orders.'));
    } else if (sequence <= client.last) {
      this.onEnd(new Error(`Update ${sequence} came after ${client.last}`));
    }
    client.last = sequence;
    this.#received++;
    if (this.#received === this.#expected) this.#resolve();
    else if (this.#received > this.#expected) this.onEnd(new Error('More deliveries came than were published.'));
  }
}

/** Returns what is to be checked of updates of one record, if they are in order. */
function rangeOf(updates) {
  const [{ id, sequence: first }] = updates;
  let last = first - 1;
  for (const update of updates) {
    if (update.id !== id || update.at !== undefined || update.sequence <= last) return undefined;
    last = update.sequence;
  }
  return { id, first, last, count: updates.length };
}
