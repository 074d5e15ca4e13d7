import { allSync, rejectInsteadOfThrow, thenSync } from '../../../common/promises.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import { copyAsJson, type Json } from '../../../common/json.js';
import { type ShowObject, withoutHiddenFields } from '../../../common/serializers/class-transformer.js';
import { isObject } from '../../../common/type-guards.js';
import { messageOf, type Publication, type PublishedRecord, type Version } from '../publication.js';
import { RelationGraph } from '../../relations/relation-graph.js';
import type { Resource } from '../../definition/resource.js';
import { PopulatedViews, RefusedViews, showEach } from './populated-views.js';
import type { ReadyView } from '../../views/view.js';

/** The fields of messages that hold records. */
const PARTS = ['data', 'previous', 'added'] as const;

type Message = Record<string, unknown>;

/** A record in a message. */
interface Part extends PublishedRecord {
  name: (typeof PARTS)[number];
  resource: Resource;
  /** What the message says without a view. */
  inMessage: unknown;
  /** Whether code gave it, and not a response. */
  isOfCode: boolean;
  /** Set for a reverse message: the record and its one field that the message is about. */
  change?: { id: RecordId; field: string };
}

/**
 * Shows the records in messages in the views that are declared for them. Each view is applied once to each publication.
 */
export class PublicationViews {
  private readonly refused = new RefusedViews();
  private readonly populated: PopulatedViews;

  constructor(
    private readonly relations: RelationGraph,
    private readonly maxNesting: number,
  ) {
    this.populated = new PopulatedViews(relations, this.refused);
  }

  /** Whether the resource, or one whose records may be populated in its own, has a view. */
  concern(resource: Resource): boolean {
    return resource.views.any || this.populated.areWithin(resource);
  }

  /**
   * Shows each record in the message as each audience sees it: synchronously, unless a view returns a promise.
   *
   * @throws UnfitRecordError, NotSerializableError, and whatever a view throws
   */
  show(publication: Publication): Publication | Promise<Publication> {
    const parts = this.partsOf(publication);
    if (parts.length === 0) return publication;
    const { resource } = publication;
    const message = messageOf(publication) as Message;
    const show = this.onceForEachView();
    const messageFor = (audience: string | undefined): Message | Promise<Message> =>
      thenSync(allSync(parts.map((part) => show(part, audience))), (shown) => ({
        ...message,
        ...Object.fromEntries(parts.map(({ name }, index) => [name, shown[index]])),
      }));
    const audiences = seesDifferently(parts, resource) ? resource.views.audiences : [];
    const versions = [...audiences, undefined].map((audience) =>
      thenSync(messageFor(audience), (one) => ({ audience, message: one })),
    );
    return thenSync(allSync<Version>(versions), (known) => ({ ...publication, versions: known }));
  }

  /**
   * Writes a message, without what is told beside the change itself if that cannot be sent: a view may have made of it
   * what JSON has no form for.
   *
   * @throws NotSerializableError
   */
  withoutUnsendable({ resource, verb }: Publication, message: unknown, write: (message: unknown) => Json): Json {
    const part = verb === 'destroyed' ? 'previous' : 'added';
    if (!isObject(message) || message[part] === undefined) return write(message);
    const show = (): unknown => write(message);
    const shown = this.refused.unlessRefused({ resource, part }, show, undefined) as Json | undefined;
    return shown ?? write({ ...message, [part]: undefined });
  }

  /** Returns the records in the message that a view is declared for. */
  private partsOf(publication: Publication): Part[] {
    const { resource, verb, records, isReverse } = publication;
    if (verb === undefined || verb === 'messaged') return [];
    const message = messageOf(publication) as Message;
    return PARTS.flatMap((name) => {
      const known = records?.[name];
      if (known?.isIdOnly || (known === undefined && message[name] === undefined)) return [];
      const of = name === 'added' ? this.relations.find(resource, message.attribute as string)?.other : resource;
      if (!of || !(of.views.any || this.populated.areWithin(of))) return [];
      const change = isReverse && name === 'data' ? changeIn(message) : undefined;
      const isOfCode = known === undefined;
      return [{ ...known, name, resource: of, inMessage: message[name], isOfCode, change }];
    });
  }

  private onceForEachView(): (part: Part, audience: string | undefined) => unknown {
    const shown = new Map<Part, Map<ReadyView | undefined, unknown>>();
    return (part, audience) => {
      const known = shown.get(part) ?? new Map<ReadyView | undefined, unknown>();
      shown.set(part, known);
      const view = viewOf(part, audience);
      // An audience without a view of its own sees populated records in the default view, too.
      const within = part.resource.views.find(audience) ? audience : undefined;
      const work = (): unknown => (view ? this.showIn(view, part, within) : this.showWithoutView(part));
      // If a failure were thrown now, nobody would handle rejected promises of other views.
      if (!known.has(view)) known.set(view, rejectInsteadOfThrow(work));
      return known.get(view);
    };
  }

  private showWithoutView({ resource, inMessage, isViewed }: Part): unknown {
    if (isViewed || inMessage === undefined || !this.populated.areWithin(resource)) return inMessage;
    const record = this.plain(resource, inMessage, withoutHiddenFields());
    return this.populated.show(resource, record, record);
  }

  private showIn(view: ReadyView, part: Part, audience: string | undefined): unknown {
    const { name, resource, change, isOfCode, isPartial, response } = part;
    if (change) return this.showField(view, part, change);
    const show = (): unknown => this.showRecord(view, part, audience);
    if (name === 'data') return show();
    // The change has happened, so it is told, even if not all that belongs to it can be.
    const isShownInPart = isPartial && !view.namesFields && isObject(response);
    const otherwise = isShownInPart ? { [resource.idField]: response[resource.idField] } : undefined;
    return this.refused.unlessRefused({ resource, part: name, mustBePlain: isOfCode }, show, otherwise);
  }

  private showRecord(view: ReadyView, part: Part, audience: string | undefined): unknown {
    const { resource, inMessage, response = inMessage, whole = response } = part;
    const given = view.namesFields ? whole : response;
    const record = this.plain(resource, given);
    return thenSync(this.withinShown(part, { record, given, response }, audience), (ready) =>
      showEach(ready, (one) => view.apply(one)),
    );
  }

  /** Returns what a view of the record is given: populated records are in their own views already. */
  private withinShown(
    { resource }: Part,
    { record, given, response }: Record<'record' | 'given' | 'response', unknown>,
    audience: string | undefined,
  ): unknown {
    if (!this.populated.areWithin(resource)) return record;
    const seen = given === response ? record : this.plain(resource, response);
    return this.populated.show(resource, record, seen, audience);
  }

  /** Shows one field in a view, without what the view fills in for absent fields. */
  private showField(
    view: ReadyView,
    { resource, inMessage }: Part,
    { id, field }: NonNullable<Part['change']>,
  ): unknown {
    const onlyId = { [resource.idField]: id };
    const show = (): unknown =>
      thenSync(view.apply({ ...onlyId, ...(inMessage as Message) }), (shown) =>
        isObject(shown) && shown[field] !== undefined ? { [field]: shown[field] } : onlyId,
      );
    return this.refused.unlessRefused({ resource }, show, onlyId);
  }

  /** Makes a copy for each view, since a view may change it. */
  private plain(resource: Resource, value: unknown, show?: ShowObject): unknown {
    return copyAsJson(resource.name, value, this.maxNesting, show);
  }
}

function viewOf({ resource, isViewed }: Part, audience: string | undefined): ReadyView | undefined {
  return resource.views.find(audience) ?? (isViewed ? undefined : resource.views.default);
}

/** Whether an audience sees something different from everybody else. If not, one message serves all. */
function seesDifferently(parts: readonly Part[], { views }: Resource): boolean {
  return views.audiences.some((audience) => parts.some((part) => viewOf(part, audience) !== viewOf(part, undefined)));
}

function changeIn({ id, data }: Message): Part['change'] {
  return { id: id as RecordId, field: Object.keys(data as object)[0] };
}
