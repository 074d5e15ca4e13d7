import { type AnswerShape, parseShapes } from '../../../protocol/answer-shape.js';
import { ANY_TOPIC, parsePosition, parseTopics, POSITION_HEADER, TOPICS_HEADER } from '../../../protocol/position.js';
import type { SocketResponse } from '../../../protocol/request.js';
import { RESOURCE_HEADER } from '../../../protocol/subscription.js';
import { isRecord } from '../assertions.js';
import type { LoggedMessage } from './reads/message-log.js';
import { Rows } from './rows/rows.js';

/** What an answer says of itself: what it shows, how far it reaches, and which messages are about it. */
export class LiveAnswer {
  readonly shapes: readonly AnswerShape[];
  readonly #topics: ReadonlySet<string>;
  readonly #position: ReturnType<typeof parsePosition>;

  /** @param number that of the read, which is greater than those of all reads that were sent before */
  constructor(
    { headers }: SocketResponse,
    readonly number: number,
  ) {
    this.shapes = parseShapes(headers[RESOURCE_HEADER]);
    this.#topics = parseTopics(headers[TOPICS_HEADER]);
    this.#position = parsePosition(headers[POSITION_HEADER]);
  }

  get resources(): ReadonlySet<string> {
    return new Set(this.shapes.map(({ resource }) => resource));
  }

  /** Where the answer ends, for one of its resources. */
  endOf(resource: string): { epoch: string; base: number } | undefined {
    const base = this.#position?.resources.get(resource)?.base;
    return this.#position && base !== undefined ? { epoch: this.#position.epoch, base } : undefined;
  }

  /**
   * Tells whether a message is about what this answer shows: `certainly`, `maybe`, or `unclear` for who does not follow
   * topics, such as who hears some verbs only, and may lack what came before.
   */
  concerns({ resource, message, note: { topics } }: LoggedMessage): 'certainly' | 'maybe' | 'unclear' | undefined {
    if (!topics || this.#topics.size === 0) return 'unclear';
    if (Object.keys(topics).some((topic) => this.#topics.has(topic))) return 'certainly';
    if (this.#topics.has(ANY_TOPIC)) return 'maybe';
    const verb = isRecord(message) ? message.verb : undefined;
    const isWatchedFor = (shape: AnswerShape): boolean =>
      shape.resource === resource && shape.verbs?.some((one) => one === verb) === true;
    return this.shapes.some(isWatchedFor) ? 'unclear' : undefined;
  }

  /** Where a body in the shape of this answer holds the records of a resource; `undefined` if that is not known. */
  rowsOf(resource: string, body: unknown): Rows[] | undefined {
    const shapes = this.shapes.filter((shape) => shape.resource === resource);
    const rows = shapes.flatMap((shape) => Rows.in(body, shape) ?? []);
    return rows.length === shapes.length ? rows : undefined;
  }

  /** The rows of the route's own resource. */
  ownRows(body: unknown): Rows | undefined {
    const [shape] = this.shapes;
    return shape && Rows.in(body, shape);
  }
}

/** Says that nothing will be heard of what a route shows. */
export function warnOfSilence(url: string): true {
  // oxlint-disable-next-line no-console -- It is for who writes the page, and the page goes on.
  console.warn(`nestjs-sockets: live("${url}") hears nothing. Its route needs @SubscribeOnRead().`);
  return true;
}
