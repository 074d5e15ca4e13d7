import type { RecordId } from '../../protocol/resource-message.js';
import type { PublicationComposer } from '../../resources/pubsub/steps/publication-composer.js';
import type { PublishMoveOptions } from '../../resources/pubsub/channel.options.js';
import type { Publication, ToldRecord, ToldRecords } from '../../resources/pubsub/publication.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { PublicationViews } from '../../resources/pubsub/steps/publication-views.js';
import { type RouteResult, containsRecord, isRecord, Skipped, recordOf } from '../request/route-result.js';
import type { CollectionFinder } from '../request/collection-finder.js';
import { hasFunctions, type PublisherMetadata } from '../decorators/decorator-metadata.js';
import { returnedRecord } from './returned-record.js';
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
    private readonly views: PublicationViews,
  ) {}

  /** Whether it needs to know what the handler was called with. */
  get observesHandler(): boolean {
    return this.isViewed || hasFunctions(this.metadata.options);
  }

  /** Whether what everybody is told of the record is what the response shows. */
  get tellsResponse(): boolean {
    const { kind } = this.metadata;
    const tells = kind === 'created' || kind === 'updated' || kind === 'custom';
    return tells && !this.shape.isViewed && this.resource.views.default === undefined;
  }

  /** Whether what is told may depend on what the handler returned. */
  get isViewed(): boolean {
    return this.views.concern(this.resource, this.metadata.attribute);
  }

  /** What an answer gives rise to: for each record that it is about, the publications that belong together, or why there are none. */
  async compose(answer: RouteResult): Promise<Array<PromiseSettledResult<Publication[]>>> {
    const composed = await this.composeAll(answer);
    return Promise.allSettled(composed.map(async (publications) => this.views.show(await publications)));
  }

  /** The same, before the views. */
  private async composeAll(answer: RouteResult): Promise<Array<Promise<Publication[]>>> {
    const selected = await this.finder.select(answer);
    const { kind } = this.metadata;
    if (kind === 'addedTo' || kind === 'removedFrom') return [this.composeMembership(answer, selected)];
    if (kind === 'replaced') return [this.composeReplacement(answer, selected)];
    const several = Array.isArray(selected);
    const records: unknown[] = several ? selected : [selected];
    return records.map((record) => this.composeRecord(answer, record, several));
  }

  private async composeRecord(answer: RouteResult, selected: unknown, several: boolean): Promise<Publication[]> {
    if (!(await this.applies(answer, selected))) return [];
    const { kind, verb = '' } = this.metadata;
    const { resource, composer } = this;
    const id = await this.finder.idOf(selected, answer, several);
    const options = await this.optionsOf(answer, selected);
    const record = recordOf(selected);
    // A response that says nothing of the record says at least which one it is about.
    const data = record ? await this.shape.show(record) : { [resource.idField]: id };

    const given = await this.sliceFieldsOf(answer, selected);
    const told = await this.toldOf(answer, id, record);

    if (kind === 'custom')
      return [{ ...composer.own(resource, { verb, id, data }, options), source: { given, record }, told }];
    if (kind === 'created') {
      if (record) return composer.created(resource, { id, data, record, given, told }, options);
      throw new Skipped('the response holds no record; say where it is with the option "select"');
    }
    const { previous, shownPrevious, response } = await this.previousOf(answer, id, record, several);
    if (previous) told.previous = { response, whole: previous, isPartial: true, isViewed: this.shape.isViewed };
    const slicesBefore = previous && answer.slicesBefore?.get(previous);
    const change = { id, slicesBefore, shownPrevious, given, told };
    return kind === 'destroyed'
      ? composer.destroyed(resource, { ...change, previous: previous ?? record }, options)
      : composer.updated(resource, { ...change, data, record: record ?? {}, previous }, options);
  }

  private async composeMembership(answer: RouteResult, selected: unknown): Promise<Publication[]> {
    if (!(await this.applies(answer, selected))) return [];
    const { attribute = '' } = this.metadata;
    const id = await this.finder.parentIdOf(selected, answer);
    const children = await this.finder.childrenOf(selected, answer);
    const options = await this.optionsOf(answer, selected);
    const publications = children.map(async (child) => {
      if (this.metadata.kind === 'removedFrom')
        return this.composer.removed(this.resource, { id, attribute, child }, options);
      const shown = await this.showAdded(child, selected, answer);
      return this.composer.added(this.resource, { id, attribute, child, ...shown }, options);
    });
    return (await Promise.all(publications)).flat();
  }

  private async composeReplacement(answer: RouteResult, selected: unknown): Promise<Publication[]> {
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
  private async sliceFieldsOf({ context }: RouteResult, record: unknown): Promise<object | undefined> {
    const { slice } = this.metadata.options;
    if (!slice) return undefined;
    const values = Object.entries(slice).map(async ([field, read]) => [field, await read(record, context)] as const);
    return Object.fromEntries(await Promise.all(values));
  }

  private async applies({ context }: RouteResult, record: unknown): Promise<boolean> {
    return (await this.metadata.options.when?.(record, context)) ?? true;
  }

  /** The record is told only where it is known that the response is that record and not its parent, or in a view. */
  private async showAdded(
    child: unknown,
    selected: unknown,
    answer: RouteResult,
  ): Promise<{ added?: unknown; told?: ToldRecords }> {
    const { select, view } = this.metadata.options;
    const selectedRecord = select === undefined ? undefined : recordOf(selected);
    const record = isRecord(child) ? child : selectedRecord;
    if (!record) return {};
    const isSeen = containsRecord(answer.response, record);
    const other = this.views.relatedBy(this.resource, this.metadata.attribute);
    const id = other?.findIdOf(record);
    const whole = other && id !== undefined ? await returnedRecord(answer, id, other, { select }) : undefined;
    return {
      added: isSeen || view !== undefined ? await this.shape.show(record) : undefined,
      told: { added: this.toldRecord(record, whole, isSeen) },
    };
  }

  private async toldOf(answer: RouteResult, id: RecordId, record: object | undefined): Promise<ToldRecords> {
    if (!record) return { data: { isId: true } };
    const { resource, shape } = this;
    if (!resource.views.any) return { data: this.toldRecord(record, undefined, true) };
    const whole = await returnedRecord(answer, id, resource, this.metadata.options);
    // Only in a view of the decorator may it come from elsewhere.
    const isSeen = !shape.isViewed || containsRecord(answer.response, record);
    return { data: this.toldRecord(record, whole, isSeen) };
  }

  private toldRecord(record: object, whole: object | undefined, isSeen: boolean): ToldRecord {
    return { response: isSeen ? record : undefined, whole: whole ?? record, isViewed: this.shape.isViewed };
  }

  private async previousOf(
    answer: RouteResult,
    id: RecordId,
    record: object | undefined,
    several: boolean,
  ): Promise<{ previous?: object; shownPrevious?: unknown; response?: unknown }> {
    const previous = this.finder.previousOf(answer, id, several);
    if (!previous) return {};
    const shape = record ?? { [this.resource.idField]: id };
    const { shown, response } = await this.shape.showPrevious(previous, shape, answer.context.execution);
    return { previous, shownPrevious: shown, response };
  }

  private async optionsOf(
    { context, previous, omitted, mutation }: RouteResult,
    record: unknown,
  ): Promise<PublishMoveOptions & Pick<Publication, 'by'>> {
    const { to, noReverse, movedFrom } = this.metadata.options;
    return {
      to: typeof to === 'function' ? await to(record, context) : to,
      except: omitted,
      mutation,
      noReverse,
      by: this.name,
      movedFrom:
        typeof movedFrom === 'function'
          ? (childId, attribute) => movedFrom(childId, attribute, context, previous)
          : movedFrom,
    };
  }
}
