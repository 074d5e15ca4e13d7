import { randomUUID } from 'node:crypto';
import { Json } from '../../common/json.js';
import type { DeliveryNote } from '../../protocol/notes.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { Recipients } from '../definition/resource-rooms.js';
import type { Resource } from '../definition/resource.js';
import type { MovedFrom } from '../relations/reverse-messages.js';
import type { VersionedChange } from '../record-versions/newest-versions.js';
import type { RecordVersion } from '../record-versions/record-version.js';
import type { SliceEvidence } from '../slices/placement.js';
import type { RecordLocation, SliceFields } from '../slices/slices.js';

/** Says of a message that it shows what a route has answered: the writer's view, which others may not be shown. */
interface Answer {
  /** The rooms of the writer's own sockets, on any server. */
  writer: readonly string[];
  /** Whether the decorator has a view, which says what everybody may be shown. */
  isViewed: boolean;
}

/** Options of a change: who else hears of it, what it is called, and what follows from it. */
export interface ChangeOptions {
  /** Rooms that receive it in addition to the record's subscribers and the watchers. */
  to?: string | readonly string[];
  /** Sends no messages for the records on the other side of relations. */
  noReverse?: boolean;
  /** The name that its originator gave the change. */
  mutation?: string;
  /** Its key, if it is to be sent only if nothing with the same key was. */
  once?: string;
  movedFrom?: MovedFrom;
  /** The decorator and the route, or the method of the channel: for warnings. */
  by?: string;
  /** Set if the change was read from the answer of a route. */
  answer?: Answer;
}

interface AnyChange {
  resource: Resource;
  options: ChangeOptions;
  /** The records in the message, if they came from a response. */
  records?: PublishedRecords;
}

/** A change of one record. */
interface RecordChange extends AnyChange {
  id: RecordId;
  /** Fields of the record's slices that the record does not show. */
  given?: object;
}

/** A record of a collection, or the id of one. */
interface Membership extends AnyChange {
  id: RecordId;
  attribute: string;
  child: unknown;
}

interface Created extends RecordChange {
  kind: 'created';
  /** What is published of the record. */
  data: unknown;
  /** The record itself, which says what it refers to. */
  record: object;
}

interface Updated extends RecordChange {
  kind: 'updated';
  /** What is published of the changes. */
  data: unknown;
  /** The changes themselves, which say what the record refers to now. */
  record: object;
  /** The record as it was, which says what it referred to. */
  previous?: object;
  /** What is published of `previous`. */
  shownPrevious?: unknown;
}

interface Destroyed extends RecordChange {
  kind: 'destroyed';
  previous?: object;
  shownPrevious?: unknown;
}

export interface AddedTo extends Membership {
  kind: 'addedTo';
  /** What is published of the record that was added. */
  added?: unknown;
}

interface RemovedFrom extends Membership {
  kind: 'removedFrom';
}

export interface Replaced extends AnyChange {
  kind: 'replaced';
  id: RecordId;
  attribute: string;
  /** What the collection holds now, and what it held before: records, or their ids. */
  children: readonly unknown[];
  previous: readonly unknown[];
}

/** A verb of the application's own, or `messaged`. */
interface Custom extends AnyChange {
  kind: 'custom';
  id: RecordId;
  verb: string;
  data: unknown;
  /** The evidence of which slices the record is in; absent if there is none. */
  evidence?: SliceEvidence<object>;
}

/** Data without an envelope, about one record or several. */
interface Raw extends AnyChange {
  kind: 'raw';
  ids: RecordId[];
  data: unknown;
}

/** Something that happened, as a route or a channel reports it. Every publication begins as one of these. */
export type Change = Created | Updated | Destroyed | AddedTo | RemovedFrom | Replaced | Custom | Raw;

/** A record inside a message, in the forms that views may need. */
export interface PublishedRecord {
  /** As the response shows it: for views that are functions. */
  response?: unknown;
  /** As the handler returned it: for views that name the fields which may be sent. */
  whole?: unknown;
  /** Whether the response shows only part of it, so that a view that is a function may fail on it. */
  isPartial?: boolean;
  /** Whether the message already shows it in the view of the decorator. */
  isViewed?: boolean;
  /** Whether only the id is published. */
  isIdOnly?: boolean;
}

/** The records inside a message, by its fields. One that is absent was given by code, and is published as it is. */
export type PublishedRecords = Partial<Record<'data' | 'previous' | 'added', PublishedRecord>>;

/** The message as one audience sees it; without an audience, as everybody else does. */
export interface Version {
  audience?: string;
  /**
   * `Json` once it can be sent; `STOPPED` where a `@BeforePublication` method said that it must not be.
   *
   * @see messageIn
   */
  message: unknown;
  /** Whether it has the id of a record that would have been too large. */
  isShortened?: true;
}

/** Where a publication takes its record. */
export interface Placed {
  readonly now: RecordLocation;
  /** Whether other servers may remember it elsewhere. */
  readonly isNews: boolean;
  /** The fields that have changed, if some have. */
  readonly changed?: readonly string[] | undefined;
}

/** Takes the place of a message that must not be sent. Not `null`, which is data like any other. */
export const STOPPED = Symbol('stopped');

/** One message on its way to the sockets. Each step of the pipeline returns a new one. */
export interface Publication {
  readonly resource: Resource;
  /** Absent for data that is published as it is. */
  readonly verb?: string;
  /** The record that the message is about; absent for data that is published as it is. */
  readonly id?: RecordId;
  /** From the richest, which is emitted first, to the one for everybody else. */
  readonly versions: readonly Version[];
  readonly recipients: Recipients;
  /** Further rooms. */
  readonly to?: readonly string[];
  /** The rooms of sockets that it does not concern, although they are in rooms of its recipients. */
  readonly except?: readonly string[];
  /** Sent with the message, with the same id to all recipients. */
  readonly note: DeliveryNote;
  /** The decorator and the route, or the method. Absent for reverse messages, where no warning could be acted on. */
  readonly by?: string;
  /** Absent for what code publishes. */
  readonly answer?: Answer;
  readonly records?: PublishedRecords;
  /** The evidence of which slices the record is in, if there is any. */
  readonly evidence?: SliceEvidence<object>;
  /** The slices that `evidence` showed when it was read. */
  readonly located?: SliceEvidence<SliceFields>;
  /** Where it takes the record, once that is known. Nothing remembers it before it is sent. */
  readonly placed?: Placed;
  /** The records of which it is not known here in which slices they are, or were; another server may know. */
  readonly unplaced?: readonly RecordId[];
  /** Where the record may be, by what was known before this server has missed something. */
  readonly doubted?: SliceFields | undefined;
  /** The fields of slices where the record held something that is not a value. */
  readonly unfit?: readonly string[];
  /** The keys that `evidence` showed when it was read: of the record as it is, and as it was. */
  readonly keys?: { readonly record?: string; readonly previous?: string };
  /** The version of the record that `evidence` or the message shows. */
  readonly recordVersion?: RecordVersion;
  /** The record that has joined a collection, if it shows its key. */
  readonly member?: { readonly resource: Resource; readonly id: RecordId; readonly key: string };
  /** Whether it is data without an envelope. */
  readonly isBare?: boolean;
  /** Whether it is about a record on the other side of a relation, and about nothing but that relation. */
  readonly isReverse?: boolean;
  /** Set if it is to be sent only if none with the same key was. */
  readonly once?: string;
  /** Whether the subscriptions to the record end with it. */
  readonly retires?: boolean;
  /** What follows from it on the other servers, which they are told with it: plain data. */
  readonly elsewhere?: object | undefined;
}

/** A publication, and those for the slices that its record has left and entered. */
export type PlacedGroup = readonly [own: Publication, ...moves: Publication[]];

export function newNote(mutation: string | undefined): DeliveryNote {
  const id = randomUUID();
  return mutation === undefined ? { id } : { id, mutation };
}

/** Returns the message itself, whether it can be sent already or not. */
export function messageIn({ message }: Version): unknown {
  return message instanceof Json ? message.value : message;
}

/** Returns the message for everybody who is in no audience. */
export function messageOf({ versions }: Publication): unknown {
  return messageIn(versions[versions.length - 1]);
}

/** Returns the rooms of one version. A message with one version goes to all audiences at once. */
export function roomsOf(
  { resource, recipients, versions, to = [] }: Publication,
  { audience }: Version,
  audiences: readonly string[],
): string[] {
  const isOnly = versions.length === 1;
  const rooms = resource.roomsOf(recipients, isOnly ? undefined : audience);
  if (isOnly) for (const one of audiences) rooms.push(...resource.roomsOf(recipients, one));
  return audience === undefined && to.length > 0 ? [...new Set([...to, ...rooms])] : rooms;
}

/** The rooms of sockets that hear nothing of a publication. */
export function omittedOf({ except }: Publication, omitted: readonly string[]): readonly string[] {
  return except ? [...omitted, ...except] : omitted;
}

/** Says in a few words what a publication tells, and who has published it. */
export function describePublication({ resource, verb, id, by }: Publication): string {
  const what = `${verb ?? 'data'} of ${resource.name}${id === undefined ? '' : ` ${id}`}`;
  return `${what}, by ${by ?? 'the other side of a relation'}`;
}

/** The verbs whose messages show no record of the resource itself. */
export const WITHOUT_RECORD: readonly unknown[] = [undefined, 'messaged', 'addedTo', 'removedFrom'];

/** The verbs that say something of the record even where its version is not known. */
const ABOUT_STATE: readonly unknown[] = ['created', 'updated', 'destroyed', 'left', 'entered'];

/** Returns what decides whether a publication may follow others of the same record. */
export function versionedChangeOf(publication: Publication): VersionedChange | undefined {
  const { resource, verb, id, recordVersion, versions } = publication;
  if (resource.versions.field === undefined || id === undefined || verb === undefined) return undefined;
  // What nobody is sent is no reason to leave out others.
  if (versions.every(({ message }) => message === STOPPED)) return undefined;
  if (WITHOUT_RECORD.includes(verb) || (recordVersion === undefined && !ABOUT_STATE.includes(verb))) return undefined;
  return {
    id: resource.ids.canonicalFormOf(id),
    verb,
    ...(recordVersion !== undefined && { version: recordVersion }),
  };
}
