import type { RecordId } from '../../wire/resource-message.js';
import { canonicalRecordId } from '../record-id.js';
import type { Resource } from '../resource.js';
import { NothingToPublish, recordOf, type Answer } from './answer.js';
import { isPartOf } from './part-of.js';
import type { PublishContext } from './publish-context.js';
import type { PublisherMetadata } from './publisher-metadata.js';

/** A path parameter; `undefined` for a path that has none. */
type PathParameter = string | undefined;

/** The path parameters of a route that name records, one for each path that leads to it. */
export interface RecordParameters {
  /** The record itself, or the one whose collection it is. */
  ids: readonly PathParameter[];
  /** The record that is put into the collection or taken out of it. */
  children: readonly PathParameter[];
  /** Which of them the handler declares to be numbers. */
  numbers: readonly string[];
}

/** Finds out which records an answer is about. */
export class RecordFinder {
  constructor(
    private readonly resource: Resource,
    private readonly metadata: PublisherMetadata,
    private readonly parameters: RecordParameters,
  ) {}

  /** The part of the response that is the record, or the records. */
  async select({ response, context }: Answer): Promise<unknown> {
    const { select } = this.metadata.options;
    if (select === undefined) return response;
    if (typeof select !== 'function') return recordOf(response)?.[select];
    const selected: unknown = await select(response, context);
    if (this.metadata.options.view !== undefined || isPartOf(response, selected)) return selected;
    throw new NothingToPublish(
      'the option "select" gave something that is no part of the response, so no serializer has seen it; declare what of it may be told with the option "view"',
    );
  }

  /** By what the decorator says; otherwise the record's own id, and then the route's. Of several records the route can name one at the most. */
  async idOf(record: unknown, { context }: Answer, several: boolean): Promise<RecordId> {
    const { id } = this.metadata.options;
    if (typeof id === 'function') return this.canonical(await id(record, context));
    const own = canonicalRecordId(recordOf(record)?.[id ?? this.resource.idField]);
    const ofRoute = several ? undefined : this.pathParameter(context, this.parameters.ids);
    return this.canonical(id === undefined ? (own ?? ofRoute) : (ofRoute ?? own));
  }

  /** The record whose collection it is: the route says which, for the response may be either of the two. */
  async parentIdOf(selected: unknown, { context }: Answer): Promise<RecordId> {
    const { id } = this.metadata.options;
    if (typeof id === 'function') return this.canonical(await id(selected, context));
    const ofRoute = this.pathParameter(context, this.parameters.ids);
    return this.canonical(ofRoute ?? recordOf(selected)?.[id ?? this.resource.idField]);
  }

  /** The records, or their ids, that are put into a collection or taken out of it. */
  async childrenOf(selected: unknown, answer: Answer): Promise<unknown[]> {
    const said = await this.childOption(answer);
    const child = said ?? this.pathParameter(answer.context, this.parameters.children) ?? selected;
    if (child === undefined || child === null)
      throw new NothingToPublish('neither the route nor the response says which record it is about');
    return asArray(child);
  }

  /** All that a collection holds now. */
  async listOf(selected: unknown, attribute: string, answer: Answer): Promise<unknown[]> {
    const said = await this.childOption(answer);
    const list = listIn(said ?? selected, attribute) ?? listIn(answer.context.body, attribute);
    if (list) return list;
    throw new NothingToPublish(
      `neither the response nor the body holds the list of ${attribute}; give it with the option "child"`,
    );
  }

  /** What a collection held before. */
  previousListOf({ previous }: Answer, attribute: string): unknown[] {
    return listIn(previous, attribute) ?? [];
  }

  /** The record as it was: where there are several, the one with this id. */
  previousOf({ previous }: Answer, id: RecordId, several: boolean): object | undefined {
    if (!several && !Array.isArray(previous)) return recordOf(previous);
    return recordOf(
      asArray(previous).find((one) => String(recordOf(one) && this.resource.findIdOf(one)) === String(id)),
    );
  }

  private async childOption({ response, context }: Answer): Promise<unknown> {
    const { child } = this.metadata.options;
    return typeof child === 'function' ? child(response, context) : undefined;
  }

  private pathParameter({ params }: PublishContext, names: readonly PathParameter[]): unknown {
    const name = names.find((candidate) => candidate !== undefined && params[candidate] !== undefined);
    if (name === undefined) return undefined;
    const value = params[name];
    return this.parameters.numbers.includes(name) ? (canonicalRecordId(value, 'number') ?? value) : value;
  }

  private canonical(id: unknown): RecordId {
    const canonical = canonicalRecordId(id) === undefined ? undefined : this.resource.findIdOf(id);
    if (canonical !== undefined) return canonical;
    throw new NothingToPublish('neither the response nor the route holds the id; say where it is with the option "id"');
  }
}

function listIn(value: unknown, attribute: string): unknown[] | undefined {
  const list = Array.isArray(value) ? value : recordOf(value)?.[attribute];
  return Array.isArray(list) ? list : undefined;
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
