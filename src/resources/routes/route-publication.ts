import type { RecordId } from '../../wire/resource-message.js';
import type { PublicationComposer } from '../publication-composer.js';
import type { PublishMoveOptions } from '../publish.options.js';
import type { Publication } from '../publisher.js';
import type { Resource } from '../resource.js';
import { canonicalRecordId } from '../record-id.js';
import type { PublishContext } from './publish-context.js';
import type { PublisherMetadata } from './publisher-metadata.js';
import { serialized } from './serialized.js';
import { shownAs } from './shown-as.js';
import type { ApplyView } from './view.js';

/** What a route answered, and all that was known when it did. */
export interface Answer {
  response: unknown;
  context: PublishContext;
  /** The record as it was, if the decorator asked for it. */
  previous: unknown;
  /** The socket that is not told, being the one that asked. */
  requester: string | undefined;
}

/** Why nothing is published; said once for each route. */
export class NothingToPublish extends Error {}

/** One publishing decorator on one route: turns answers into publications. */
export class RoutePublication {
  constructor(
    readonly resource: Resource,
    readonly metadata: PublisherMetadata,
    /** The decorator and the route, for logs. */
    readonly name: string,
    private readonly composer: PublicationComposer,
    private readonly idParameters: ReadonlyArray<string | undefined>,
    private readonly childParameters: ReadonlyArray<string | undefined>,
    private readonly view: ApplyView | undefined,
  ) {}

  /** The publications that an answer gives rise to. */
  async compose(answer: Answer): Promise<Publication[]> {
    const selected = this.select(answer);
    const { kind } = this.metadata;
    if (kind === 'addedTo' || kind === 'removedFrom') return this.composeMembership(answer, selected);
    if (kind === 'replaced') return this.composeReplacement(answer, selected);

    const records: unknown[] = Array.isArray(selected) ? selected : [selected];
    const publications: Publication[] = [];
    for (const record of records) publications.push(...(await this.composeRecord(answer, record)));
    return publications;
  }

  private async composeRecord(answer: Answer, record: unknown): Promise<Publication[]> {
    if (!this.applies(answer, record)) return [];
    const { kind, verb = '' } = this.metadata;
    const id = this.idOf(answer, record);
    const options = this.optionsOf(answer, record);
    const shown = isRecord(record) ? await this.show(record) : undefined;
    const previous = isRecord(answer.previous) ? answer.previous : undefined;
    const shownPrevious = previous && (await this.showPrevious(answer, previous, record));
    // A response that says nothing of the record says at least which one it is about.
    const data = shown ?? { [this.resource.idField]: id };

    if (kind === 'destroyed')
      return this.composer.destroyed(
        this.resource,
        { id, previous: previous ?? objectOf(record), shownPrevious },
        options,
      );
    if (kind === 'custom') return [this.composer.own(this.resource, { verb, id, data }, options)];
    if (kind === 'updated') {
      return this.composer.updated(
        this.resource,
        { id, data, record: objectOf(record) ?? {}, previous, shownPrevious },
        options,
      );
    }
    if (!isRecord(record))
      throw new NothingToPublish('the response holds no record; say where it is with the option "select"');
    return this.composer.created(this.resource, { id, data, record }, options);
  }

  private async composeMembership(answer: Answer, selected: unknown): Promise<Publication[]> {
    if (!this.applies(answer, selected)) return [];
    const { kind, attribute = '', options: declared } = this.metadata;
    const id = this.parentIdOf(answer, selected);
    const child = this.childOf(answer, selected);
    const options = this.optionsOf(answer, selected);
    if (kind === 'removedFrom') return this.composer.removed(this.resource, { id, attribute, child }, options);
    // The record is told only where it is known that the response is that record and not its parent.
    const told = isRecord(child) ? child : declared.select === undefined ? undefined : objectOf(selected);
    const added = told && (await this.show(told));
    return this.composer.added(this.resource, { id, attribute, child, added }, options);
  }

  private composeReplacement(answer: Answer, selected: unknown): Publication[] {
    if (!this.applies(answer, selected)) return [];
    const { attribute = '' } = this.metadata;
    const id = this.parentIdOf(answer, selected);
    const children =
      this.listOf(this.childFunction(answer) ?? selected, attribute) ?? this.listOf(answer.context.body, attribute);
    if (!children)
      throw new NothingToPublish(
        `neither the response nor the body holds the list of ${attribute}; give it with the option "child"`,
      );
    const previous = this.listOf(answer.previous, attribute) ?? [];
    return this.composer.replaced(
      this.resource,
      { id, attribute, children, previous },
      this.optionsOf(answer, selected),
    );
  }

  private select({ response, context }: Answer): unknown {
    const { select } = this.metadata.options;
    if (select === undefined) return response;
    return typeof select === 'function' ? select(response, context) : objectOf(response)?.[select];
  }

  private applies({ context }: Answer, record: unknown): boolean {
    return this.metadata.options.when?.(record, context) ?? true;
  }

  /** By what the decorator says; otherwise the record's own id, and then the route's. */
  private idOf(answer: Answer, record: unknown): RecordId {
    const { id } = this.metadata.options;
    if (typeof id === 'function') return this.canonical(id(record, answer.context));
    const own = objectOf(record)?.[id ?? this.resource.idField];
    // Of several records the route can name one at the most.
    const ofRoute = Array.isArray(this.select(answer)) ? undefined : pathParameter(answer.context, this.idParameters);
    return this.canonical(id === undefined ? (known(own) ?? ofRoute) : (ofRoute ?? own));
  }

  /** The record whose collection it is: the route says which, for the response may be either of the two. */
  private parentIdOf(answer: Answer, selected: unknown): RecordId {
    const { id } = this.metadata.options;
    if (typeof id === 'function') return this.canonical(id(selected, answer.context));
    return this.canonical(
      pathParameter(answer.context, this.idParameters) ?? objectOf(selected)?.[id ?? this.resource.idField],
    );
  }

  private childOf(answer: Answer, selected: unknown): unknown {
    const child = this.childFunction(answer) ?? pathParameter(answer.context, this.childParameters) ?? selected;
    if (child === undefined || child === null)
      throw new NothingToPublish('neither the route nor the response says which record it is about');
    return child;
  }

  private childFunction({ response, context }: Answer): unknown {
    const { child } = this.metadata.options;
    return typeof child === 'function' ? child(response, context) : undefined;
  }

  private listOf(value: unknown, attribute: string): unknown[] | undefined {
    const list = Array.isArray(value) ? value : objectOf(value)?.[attribute];
    return Array.isArray(list) ? list : undefined;
  }

  private canonical(id: unknown): RecordId {
    const canonical = known(id) === undefined ? undefined : this.resource.findIdOf(id);
    if (canonical === undefined) {
      throw new NothingToPublish(
        'neither the response nor the route holds the id; say where it is with the option "id"',
      );
    }
    return canonical;
  }

  private optionsOf({ context, requester }: Answer, record: unknown): PublishMoveOptions {
    const { to, mirror, noReverse, movedFrom } = this.metadata.options;
    return {
      to: typeof to === 'function' ? to(record, context) : to,
      except: mirror ? undefined : requester,
      noReverse,
      movedFrom,
    };
  }

  private async show(record: object): Promise<unknown> {
    return this.view ? this.view(record) : record;
  }

  /** No serializer saw the record as it was. */
  private async showPrevious({ context }: Answer, previous: object, record: unknown): Promise<unknown> {
    if (this.view) return this.view(previous);
    const shape = isRecord(record)
      ? (JSON.parse(JSON.stringify(record)) as unknown)
      : { [this.resource.idField]: null };
    return shownAs(shape, serialized(previous, context.execution));
  }
}

function pathParameter({ params }: PublishContext, names: ReadonlyArray<string | undefined>): unknown {
  const name = names.find((candidate) => candidate !== undefined && params[candidate] !== undefined);
  return name === undefined ? undefined : params[name];
}

function known(id: unknown): RecordId | undefined {
  return canonicalRecordId(id);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return isRecord(value) ? value : undefined;
}
