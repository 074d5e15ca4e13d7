import type { RecordId } from '../../wire/resource-message.js';
import type { PublicationComposer } from '../publication-composer.js';
import type { PublishMoveOptions } from '../publish.options.js';
import type { Publication } from '../publisher.js';
import type { Resource } from '../resource.js';
import { isRecord, NothingToDo, recordOf, type Answer } from './answer.js';
import type { CollectionFinder } from './collection-finder.js';
import { hasFunctions, type PublisherMetadata } from './decorator-metadata.js';
import { isPartOf } from './part-of.js';
import type { RecordShape } from './record-shape.js';

/** One publishing decorator on one route: turns answers into publications. */
export class RoutePublication {
  constructor(
    readonly resource: Resource,
    readonly metadata: PublisherMetadata,
    /** The decorator and the route, for logs. */
    readonly name: string,
    private readonly composer: PublicationComposer,
    readonly finder: CollectionFinder,
    private readonly shape: RecordShape,
  ) {}

  /** Whether it needs to know what the handler was called with. */
  get observesHandler(): boolean {
    return hasFunctions(this.metadata.options);
  }

  /** What an answer gives rise to: for each record that it is about, the publications that belong together, or why there are none. */
  async compose(answer: Answer): Promise<Array<PromiseSettledResult<Publication[]>>> {
    const selected = await this.finder.select(answer);
    const { kind } = this.metadata;
    if (kind === 'addedTo' || kind === 'removedFrom')
      return Promise.allSettled([this.composeMembership(answer, selected)]);
    if (kind === 'replaced') return Promise.allSettled([this.composeReplacement(answer, selected)]);
    const several = Array.isArray(selected);
    const records: unknown[] = several ? selected : [selected];
    return Promise.allSettled(records.map((record) => this.composeRecord(answer, record, several)));
  }

  private async composeRecord(answer: Answer, selected: unknown, several: boolean): Promise<Publication[]> {
    if (!(await this.applies(answer, selected))) return [];
    const { kind, verb = '' } = this.metadata;
    const { resource, composer } = this;
    const id = await this.finder.idOf(selected, answer, several);
    const options = await this.optionsOf(answer, selected);
    const record = recordOf(selected);
    // A response that says nothing of the record says at least which one it is about.
    const data = record ? await this.shape.show(record) : { [resource.idField]: id };

    const given = await this.sliceFieldsOf(answer, selected);

    if (kind === 'custom')
      return [{ ...composer.own(resource, { verb, id, data }, options), source: { given, record } }];
    if (kind === 'created') {
      if (record) return composer.created(resource, { id, data, record, given }, options);
      throw new NothingToDo('the response holds no record; say where it is with the option "select"');
    }
    const { previous, shownPrevious } = await this.previousOf(answer, id, record, several);
    return kind === 'destroyed'
      ? composer.destroyed(resource, { id, previous: previous ?? record, shownPrevious, given }, options)
      : composer.updated(resource, { id, data, record: record ?? {}, previous, shownPrevious, given }, options);
  }

  private async composeMembership(answer: Answer, selected: unknown): Promise<Publication[]> {
    if (!(await this.applies(answer, selected))) return [];
    const { attribute = '' } = this.metadata;
    const id = await this.finder.parentIdOf(selected, answer);
    const children = await this.finder.childrenOf(selected, answer);
    const options = await this.optionsOf(answer, selected);
    const publications = children.map(async (child) => {
      if (this.metadata.kind === 'removedFrom')
        return this.composer.removed(this.resource, { id, attribute, child }, options);
      const added = await this.showAdded(child, selected, answer);
      return this.composer.added(this.resource, { id, attribute, child, added }, options);
    });
    return (await Promise.all(publications)).flat();
  }

  private async composeReplacement(answer: Answer, selected: unknown): Promise<Publication[]> {
    if (!(await this.applies(answer, selected))) return [];
    const { attribute = '' } = this.metadata;
    const collection = {
      id: await this.finder.parentIdOf(selected, answer),
      attribute,
      children: await this.finder.listOf(selected, attribute, answer),
      previous: this.finder.previousListOf(answer, attribute),
    };
    return this.composer.replaced(this.resource, collection, await this.optionsOf(answer, selected));
  }

  /** What the decorator says of the slice that the record is in now. */
  private async sliceFieldsOf({ context }: Answer, record: unknown): Promise<object | undefined> {
    const { slice } = this.metadata.options;
    if (!slice) return undefined;
    const values = Object.entries(slice).map(async ([field, read]) => [field, await read(record, context)] as const);
    return Object.fromEntries(await Promise.all(values));
  }

  private async applies({ context }: Answer, record: unknown): Promise<boolean> {
    return (await this.metadata.options.when?.(record, context)) ?? true;
  }

  /** The record is told only where it is known that the response is that record and not its parent, or in its view. */
  private async showAdded(child: unknown, selected: unknown, { response }: Answer): Promise<unknown> {
    const { select, view } = this.metadata.options;
    if (isRecord(child)) return view !== undefined || isPartOf(response, child) ? this.shape.show(child) : undefined;
    const told = select === undefined ? undefined : recordOf(selected);
    return told && this.shape.show(told);
  }

  private async previousOf(
    answer: Answer,
    id: RecordId,
    record: object | undefined,
    several: boolean,
  ): Promise<{ previous?: object; shownPrevious?: unknown }> {
    const previous = this.finder.previousOf(answer, id, several);
    if (!previous) return {};
    const shape = record ?? { [this.resource.idField]: id };
    return { previous, shownPrevious: await this.shape.showPrevious(previous, shape, answer.context.execution) };
  }

  private async optionsOf(
    { context, previous, omitted, mutation }: Answer,
    record: unknown,
  ): Promise<PublishMoveOptions> {
    const { to, noReverse, movedFrom } = this.metadata.options;
    return {
      to: typeof to === 'function' ? await to(record, context) : to,
      except: omitted,
      mutation,
      noReverse,
      movedFrom:
        typeof movedFrom === 'function'
          ? (childId, attribute) => movedFrom(childId, attribute, context, previous)
          : movedFrom,
    };
  }
}
