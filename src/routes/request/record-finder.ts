import type { RecordId } from '../../protocol/resource-message.js';
import { canonicalRecordId } from '../../resources/definition/record-id.js';
import type { Resource } from '../../resources/definition/resource.js';
import { type RouteResult, containsRecord, recordOf } from './route-result.js';
import { Skipped } from './skipped.js';
import type { PublishContext } from '../publish-context.js';
import type { PublisherOptions } from '../decorators/publish.options.js';

/** A path parameter; `undefined` for a path that has none. */
export type PathParameter = string | undefined;

/** The path parameters of a route that name records, one for each path that leads to it. */
export interface RecordParameters {
  /** The record itself, or the owner of the collection. */
  ids: readonly PathParameter[];
  /** Those of all these that the handler declares to be numbers. */
  numbers: readonly string[];
}

/** The options of a decorator that say where the records are. */
export type RecordOptions = Pick<PublisherOptions, 'id' | 'select' | 'view'>;

/** Finds the records that a result is about. */
export class RecordFinder {
  constructor(
    protected readonly resource: Resource,
    protected readonly options: RecordOptions,
    protected readonly parameters: RecordParameters,
  ) {}

  /** Returns the part of the response that is the record, or the records. */
  async select({ response, context }: RouteResult): Promise<unknown> {
    const { select } = this.options;
    if (select === undefined) return response;
    if (typeof select !== 'function') return recordOf(response)?.[select];
    const selected: unknown = await select(response, context);
    if (this.isViewed || containsRecord(response, selected)) return selected;
    throw new Skipped(
      `the option "select" gave something that is not part of the response, so no serializer has seen it; ` +
        this.wayOut,
    );
  }

  /**
   * Returns the id of a record: as the decorator says; otherwise the record's own, and then the route's. Of several
   * records, the route can name at most one.
   */
  async idOf(record: unknown, result: RouteResult, several: boolean): Promise<RecordId> {
    const { id } = this.options;
    if (typeof id === 'function') return this.canonical(await id(record, result.context));
    const own = canonicalRecordId(recordOf(record)?.[id ?? this.resource.idField]);
    const ofRoute = several ? undefined : this.routeId(result);
    return this.canonical(id === undefined ? (own ?? ofRoute) : (ofRoute ?? own));
  }

  /**
   * Returns the id of a record that was read. The fields of the response come before anything that a client may choose,
   * so the path counts only if the decorator names it.
   */
  async idOfRead(record: object, result: RouteResult, several: boolean): Promise<RecordId> {
    const { id } = this.options;
    if (typeof id === 'function') return this.canonical(await id(record, result.context));
    const fields = id === undefined ? [this.resource.idField] : [id, this.resource.idField];
    const own = fields.map((field) => canonicalRecordId((record as Record<string, unknown>)[field]));
    const ofRoute = several || id === undefined ? undefined : this.routeId(result);
    return this.canonical([...own, ofRoute].find((known) => known !== undefined));
  }

  /** Returns the id in the path. */
  routeId({ context }: RouteResult): unknown {
    return this.pathParameter(context, this.parameters.ids);
  }

  /** @throws Skipped if it is not an id */
  canonical(id: unknown): RecordId {
    const canonical = canonicalRecordId(id) === undefined ? undefined : this.resource.findIdOf(id);
    if (canonical !== undefined) return canonical;
    throw new Skipped('neither the response nor the route holds the id; say where it is with the option "id"');
  }

  /** Tells whether the application has declared what may be told of the record. */
  protected get isViewed(): boolean {
    return this.options.view !== undefined;
  }

  protected get wayOut(): string {
    return 'give a part of it';
  }

  protected pathParameter({ params }: PublishContext, names: readonly PathParameter[]): unknown {
    const name = names.find((candidate) => candidate !== undefined && params[candidate] !== undefined);
    if (name === undefined) return undefined;
    const value = params[name];
    return this.parameters.numbers.includes(name) ? (canonicalRecordId(value, 'number') ?? value) : value;
  }
}
