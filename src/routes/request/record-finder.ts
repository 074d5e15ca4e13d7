import type { RecordId } from '../../protocol/resource-message.js';
import { thenSync } from '../../common/promises.js';
import { isObject } from '../../common/type-guards.js';
import { numberIn, readId } from '../../resources/definition/record-id.js';
import type { IdEvidence } from '../../resources/definition/id-kinds.js';
import { isSameInAnyCase } from '../../resources/definition/keys/record-keys.js';
import type { Resource } from '../../resources/definition/resource.js';
import { type RouteResult, containsRecord, recordOf } from './route-result.js';
import { runOption } from './option-functions.js';
import { Skipped } from './skipped.js';
import type { PublishContext, ReadValue } from '../publish-context.js';
import type { PublisherOptions } from '../decorators/publish.options.js';
import { idParameterNames, PathKey, readPathValue } from './path-key.js';
import { selectIn, type Selection } from './selection.js';

/** A path parameter; `undefined` for a path that has none. */
export type PathParameter = string | undefined;

/** The path parameters of a route that name records, one for each path that leads to it. */
export interface RecordParameters {
  /** The record itself, or the owner of the collection. */
  ids: readonly PathParameter[];
  /** Those of all these that the handler declares to be numbers. */
  numbers: readonly string[];
  /** Readers of those that an argument of the handler takes: as its pipes left them. */
  taken: ReadonlyMap<string, ReadValue>;
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

  /** Finds the part of the response that is the record, or the records. */
  select({ response, context }: RouteResult): Selection | Promise<Selection> {
    if (this.options.select === undefined && this.selecting.every(({ select }) => select === undefined))
      return { value: response };
    return thenSync(selectIn(response, this.options, this.selecting, context), (selection) => {
      const { isComputed = false, value } = selection;
      if (!isComputed || this.isViewed || containsRecord(response, value)) return selection;
      throw new Skipped(
        `the option "select" gave something that is not part of the response, so no serializer has seen it; ` +
          this.wayOut,
      );
    });
  }

  /**
   * Returns the id of a record: as the decorator says; otherwise the record's own, and then the route's. Of several
   * records, the route can name at most one.
   */
  idOf(record: unknown, result: RouteResult, several: boolean): RecordId | Promise<RecordId> {
    const { id } = this.options;
    const shown = recordOf(record);
    if (typeof id === 'function')
      return thenSync(this.askForId(id, record, result), (said) => this.identify(said, shown, result));
    const own = idIn(shown?.[this.namedField ?? this.resource.idField]);
    // What merely repeats the request does not show what the ids of records look like.
    if (!isEcho(own, result.context)) this.learn(own, 'publication');
    const ofRoute = several ? undefined : this.routeId(result);
    if (ofRoute instanceof PathKey) {
      // The record that was read by this key is the one; the response may be about another, such as a job that began.
      const before = this.resource.keys.findIn(recordsBefore(result), ofRoute.key);
      return this.identify(before ?? idIn(shown?.[this.resource.idField]) ?? ofRoute, shown, result);
    }
    return this.identify(this.namedField === undefined ? (own ?? ofRoute) : (ofRoute ?? own), shown, result);
  }

  /**
   * Returns the id of a record that was read. The fields of the response come before anything that a client may choose,
   * so the path counts only if the decorator names it.
   */
  idOfRead(record: object, result: RouteResult, several: boolean): RecordId | Promise<RecordId> {
    const { id } = this.options;
    const shown = record as Record<string, unknown>;
    if (typeof id === 'function')
      return thenSync(this.askForId(id, record, result), (said) => this.identify(said, shown, result));
    const { namedField } = this;
    const named = namedField === undefined ? undefined : idIn(shown[namedField]);
    const own = named ?? idIn(shown[this.resource.idField]);
    this.learn(own, isEcho(own, result.context) ? 'echo' : 'read');
    const ofRoute = several || id === undefined ? undefined : this.routeId(result);
    return this.identify(own ?? ofRoute, shown, result);
  }

  /** Tells whether a value has an id or a key of its own, in a field of the resource or of the decorator. */
  hasOwnId(value: object): boolean {
    const { id } = this.options;
    const { idField, keys } = this.resource;
    const fields = [idField, keys.field, typeof id === 'string' ? id : undefined].filter(
      (field) => field !== undefined,
    );
    return fields.some((field) => idIn((value as Record<string, unknown>)[field]) !== undefined);
  }

  /** Whether the decorator says by a function where the id is. */
  get hasIdElsewhere(): boolean {
    return typeof this.options.id === 'function';
  }

  /** Returns what the path names the record by: its id, or a `PathKey`. */
  routeId({ context }: RouteResult): unknown {
    return this.pathParameter(context, this.parameters.ids, this.resource);
  }

  /**
   * Returns the id of a record that an id, or else a key, names: a key leads to what is shown by the record in the
   * response, by the record as it was, or by what this process has seen, in that order.
   *
   * @throws Skipped if none of them tells
   */
  protected identify(value: unknown, shown: object | undefined, result: Pick<RouteResult, 'previous'>): RecordId {
    const { keys } = this.resource;
    if (keys.field === undefined || !(value === undefined || value instanceof PathKey)) return this.canonical(value);
    const before = recordsBefore(result);
    const named = value && (keys.findIn([shown, ...before], value.key) ?? this.findRemembered(value));
    if (named !== undefined) return named;
    const own = keys.in(shown);
    if (own === undefined) return this.canonical(value);
    // What a client calls a record must not lead to another one, which was known by that key.
    const isNamed = value === undefined || isSameInAnyCase(own, value.key);
    const id = isNamed ? (keys.findIn([shown, ...before], own) ?? keys.find(own)) : keys.findIn(before, own);
    return id ?? this.canonical(value ?? new PathKey(own, false));
  }

  protected findRemembered({ key, mayBeId }: PathKey): RecordId | undefined {
    const { keys } = this.resource;
    return mayBeId ? keys.resolve(key) : keys.find(key);
  }

  /** Returns what the option `id`, a function, says of a record: its id, or what may be its key. */
  protected askForId(
    id: (record: unknown, context: PublishContext) => unknown,
    record: unknown,
    { context }: RouteResult,
  ): unknown {
    const isKeyed = this.resource.keys.field !== undefined;
    return thenSync(
      runOption('id', () => id(record, context)),
      (said) => (isKeyed && typeof said === 'string' ? new PathKey(said, true) : said),
    );
  }

  /** The field of the id that the decorator names, unless it is that of the key. */
  protected get namedField(): string | undefined {
    const { id } = this.options;
    return typeof id === 'string' && id !== this.resource.keys.field ? id : undefined;
  }

  /** The path parameters that may name the record. */
  get idParameters(): string[] {
    return this.parameters.ids.filter((parameter) => parameter !== undefined);
  }

  /** Whether the path may name the record by its key. */
  get mayNameByKey(): boolean {
    const { resource, idParameters } = this;
    const ids = idParameterNames(resource);
    return resource.keys.field !== undefined && idParameters.some((parameter) => !ids.includes(parameter));
  }

  /** @throws Skipped if it is not an id, or a key that leads to none */
  canonical(id: unknown): RecordId {
    const { ids, keys } = this.resource;
    const isKey = id instanceof PathKey;
    const canonical = isKey ? this.findRemembered(id) : ids.find(id);
    if (canonical !== undefined) return canonical;
    if (isKey) throw new Skipped(`${keys.problemOf(id.key, id.mayBeId)}; ${this.adviceOnKeys}`);
    throw new Skipped(
      ids.problemWith(id) ?? 'neither the response nor the route holds the id; say where it is with the option "id"',
    );
  }

  /** The resources that may say where the answer holds what the decorator is about. */
  protected get selecting(): readonly Resource[] {
    return [this.resource];
  }

  private learn(id: unknown, evidence: IdEvidence): void {
    if (id !== undefined) this.resource.ids.learn(id, evidence);
  }

  /** Tells whether the application has declared what may be told of the record. */
  protected get isViewed(): boolean {
    return this.options.view !== undefined;
  }

  protected get adviceOnKeys(): string {
    const { name, keys } = this.resource;
    return (
      `show the id, or read the record first by a route that does. Records that never show one are declared by their ` +
      `${keys.field}: @Resourceful('${name}', { id: '${keys.field}' })`
    );
  }

  protected get wayOut(): string {
    return 'give a part of it';
  }

  /**
   * Returns the first of these parameters that the request has: as the pipes left it, or else as the URL has it.
   *
   * @param resource that of the record, if it is known: a pipe may have put the record in the place of its id, and the
   *   URL may have the key
   */
  protected pathParameter(
    context: PublishContext,
    names: readonly PathParameter[],
    resource: Resource | undefined,
  ): unknown {
    const { params } = context;
    const name = names.find((candidate) => candidate !== undefined && params[candidate] !== undefined);
    if (name === undefined) return undefined;
    const taken = context.knowsArguments ? this.parameters.taken.get(name)?.(context) : undefined;
    const loaded = isObject(taken) ? (readId(taken) ?? resource?.findIdOf(taken)) : undefined;
    // What a pipe has loaded is known by its id, even where that looks like a key.
    if (loaded !== undefined) return loaded;
    const value = isObject(taken) ? params[name] : (taken ?? params[name]);
    const isNumber = typeof value === 'string' && this.parameters.numbers.includes(name);
    const read = isNumber ? (numberIn(value) ?? value) : value;
    return resource?.keys.field === undefined ? read : readPathValue(resource, name, read, params[name]);
  }
}

/** Returns the records as they were. */
function recordsBefore({ previous }: Pick<RouteResult, 'previous'>): object[] {
  return (Array.isArray(previous) ? (previous as unknown[]) : [previous]).filter(isObject);
}

/**
 * Returns a value unless it is absent; whether it can be an id at all is decided later, so that the log can say why.
 */
function idIn(value: unknown): unknown {
  return typeof value === 'number' || readId(value) !== undefined ? value : undefined;
}

/** Tells whether a response has an id only because the request said so. */
export function isEcho(id: unknown, context: PublishContext): boolean {
  if (typeof id !== 'string') return false;
  // Express reads the query anew each time.
  const inputs: unknown[] = [context.params, context.query, context.body];
  return inputs.some((input) => typeof input === 'object' && input !== null && Object.values(input).includes(id));
}
