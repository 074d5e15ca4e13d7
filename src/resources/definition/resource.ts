import { isDeepStrictEqual } from 'node:util';
import { RESOURCE_VERBS, type RecordId } from '../../protocol/resource-message.js';
import {
  InvalidRecordIdError,
  InvalidResourceError,
  UnknownVerbError,
  VerbsRequiredError,
} from '../resources.errors.js';
import { canonicalRecordId } from './record-id.js';
import { assertResourceName, assertVerbName } from './resource-name.js';
import { assertResourceOptions, type ResourceOptions } from './resource.options.js';
import { ResourceRooms, type RoomDetail } from './resource-rooms.js';
import { RecordLocations } from '../slices/record-locations.js';
import { Slices } from '../slices/slices.js';
import { isPolicy } from './subscription-policy.js';
import { RecordViews } from '../views/record-views.js';

/** The rooms that a publication goes to, by what it is about. */
export interface Recipients {
  /** Those who hear of this verb only are among them. */
  verb?: string;
  /** The subscribers of these records. */
  ids: readonly RecordId[];
  /** Who watches these slices. */
  slices: readonly string[];
  /** Who watches everything. */
  collection: boolean;
}

/** A kind of record: its name, its ids, its verbs, its slices and the names of its rooms. */
export class Resource {
  readonly slices = new Slices();
  readonly locations = new RecordLocations(this.slices);
  readonly views: RecordViews;
  private readonly rooms: ResourceRooms;
  private options: ResourceOptions = {};
  private numericRoutes = false;
  private readonly ownVerbs = new Set<string>();

  constructor(readonly name: string) {
    assertResourceName(name);
    this.rooms = new ResourceRooms(name);
    this.views = new RecordViews(name);
  }

  /** Adds what one place says of the resource; two places must not contradict each other. */
  declare(options: ResourceOptions, where: string): void {
    assertResourceOptions(options, where);
    for (const [key, value] of Object.entries(options) as Array<[keyof ResourceOptions, unknown]>) {
      if (value === undefined) continue;
      const known = this.options[key];
      if (known !== undefined && !isSame(known, value)) {
        throw new InvalidResourceError(
          `${where}: the option "${key}" of the resource "${this.name}" is declared differently elsewhere. Say it in one place.`,
        );
      }
      this.options = { ...this.options, [key]: value };
    }
    for (const verb of options.verbs ?? []) this.declareVerb(verb, where);
    this.views.declare(options, where);
    if (options.slices) this.slices.declare(options.slices);
    if (options.rememberedSlices !== undefined) this.locations.remember(options.rememberedSlices);
  }

  declareVerb(verb: string, where: string): void {
    assertVerbName(verb, where);
    // Its message is like one of the application's own, and no other decorator publishes it.
    if (verb === 'messaged') return;
    if ((RESOURCE_VERBS as readonly string[]).includes(verb)) {
      throw new InvalidResourceError(
        `${where}: "${verb}" is a verb that every resource has. It is published by its own decorator, such as @PublishOnUpdate(), or its own method of the ` +
          `channel. Choose another name for a verb of yours.`,
      );
    }
    this.ownVerbs.add(verb);
  }

  /** A route declares its id parameter a number; that decides unless the resource itself says what its ids are. */
  declareNumericRoute(): void {
    this.numericRoutes = true;
  }

  /**
   * What can be said only once everybody has declared what they know of the resource.
   *
   * @throws UnknownVerbError, InvalidResourceError
   */
  assertComplete(): void {
    this.views.assertComplete();
    const { autosubscribe } = this.options;
    if (Array.isArray(autosubscribe))
      this.assertVerbs(`The option "autosubscribe" of "${this.name}"`, autosubscribe as string[]);
  }

  get idField(): string {
    return this.options.id ?? 'id';
  }

  get relations(): NonNullable<ResourceOptions['relations']> {
    return this.options.relations ?? {};
  }

  /** Who says which readers may be subscribed. */
  get authorize(): ResourceOptions['authorize'] {
    return this.options.authorize;
  }

  /** Whether a subscription that names no verbs is for any. */
  get autosubscribes(): boolean {
    return this.options.autosubscribe !== false;
  }

  get verbs(): string[] {
    return [...new Set([...RESOURCE_VERBS, ...this.ownVerbs])];
  }

  /**
   * The canonical id of a record, given by its id or as the record itself.
   *
   * @throws InvalidRecordIdError
   */
  idOf(idOrRecord: unknown): RecordId {
    const id = this.findIdOf(idOrRecord);
    if (id === undefined) throw new InvalidRecordIdError(this.name, this.idField, idOrRecord, this.idType);
    return id;
  }

  /** The same, or `undefined` where there is none. */
  findIdOf(idOrRecord: unknown): RecordId | undefined {
    const given =
      typeof idOrRecord === 'object' && idOrRecord !== null
        ? (idOrRecord as Record<string, unknown>)[this.idField]
        : idOrRecord;
    return canonicalRecordId(given, this.idType);
  }

  /** The room of a record, where all that happens to it is told, or less. */
  recordRoom(id: RecordId, detail?: RoomDetail): string {
    return this.rooms.record(id, detail);
  }

  /** The rooms of a subscription to a record. */
  recordRooms(id: RecordId, verbs?: readonly string[]): string[] {
    return perVerb(verbs).map((detail) => this.rooms.record(id, detail));
  }

  /** The rooms of somebody who watches: all records, or a slice of them; then, for whatever verbs, also what enters and leaves. */
  collectionRooms(verbs?: readonly string[], slice?: string): string[] {
    const heard = verbs && slice !== undefined ? [...new Set([...verbs, 'entered', 'left'])] : verbs;
    return perVerb(heard).map((detail) => this.rooms.collection({ ...detail, slice }));
  }

  /** Whether a room is one of this resource's: of its records or of the collection, for whatever verbs. */
  hasRoom(room: string): boolean {
    return this.rooms.has(room);
  }

  /** The same room for another audience. */
  roomFor(room: string, audience: string | undefined): string {
    return this.rooms.for(room, audience);
  }

  /** What a room of this resource is about. */
  readRoom(room: string): ReturnType<ResourceRooms['read']> {
    return this.rooms.read(room);
  }

  /** Every room that somebody may be in because of a record. */
  allRecordRooms(id: RecordId): string[] {
    return this.allDetails().map((detail) => this.rooms.record(id, detail));
  }

  /** Every room that somebody may be in because of the collection, or of a slice of it. */
  allCollectionRooms(slice?: string): string[] {
    return this.allDetails().map((detail) => this.rooms.collection({ ...detail, slice }));
  }

  /** The rooms of those who hear of something, and belong to this audience, or to none. */
  roomsOf({ verb, ids, slices, collection }: Recipients, audience?: string): string[] {
    const details = (verb === undefined ? [undefined] : [undefined, verb]).map((one) => ({ audience, verb: one }));
    return details.flatMap((detail) => [
      ...(collection ? [this.rooms.collection(detail)] : []),
      ...slices.map((slice) => this.rooms.collection({ ...detail, slice })),
      ...ids.map((id) => this.rooms.record(id, detail)),
    ]);
  }

  /**
   * The verbs that a subscription is for; `undefined` stands for all of them.
   *
   * @throws UnknownVerbError, VerbsRequiredError
   */
  subscribedVerbs(where: string, verbs?: string | readonly string[]): readonly string[] | undefined {
    const { autosubscribe = true } = this.options;
    const wanted = verbs ?? (autosubscribe === true ? undefined : autosubscribe);
    if (wanted === false) throw new VerbsRequiredError(where, this.name);
    if (wanted === undefined) return undefined;
    const list = typeof wanted === 'object' ? wanted : [wanted];
    this.assertVerbs(where, list);
    return list;
  }

  /** @throws UnknownVerbError when it is none of the application's own */
  assertOwnVerb(where: string, verb: string): void {
    if (!this.ownVerbs.has(verb)) throw new UnknownVerbError(where, this.name, verb, [...this.ownVerbs]);
  }

  private assertVerbs(where: string, verbs: readonly unknown[]): void {
    const known: readonly unknown[] = this.verbs;
    const position = verbs.findIndex((verb) => !known.includes(verb));
    if (position >= 0) throw new UnknownVerbError(where, this.name, verbs[position], this.verbs);
  }

  private allDetails(): RoomDetail[] {
    return [undefined, ...this.views.audiences].flatMap((audience) =>
      [undefined, ...this.verbs].map((verb) => ({ audience, verb })),
    );
  }

  private get idType(): ResourceOptions['idType'] {
    return this.options.idType ?? (this.numericRoutes ? 'number' : undefined);
  }
}

/** Two classes, or objects of one, are the same only if they are one. */
function isSame(one: unknown, other: unknown): boolean {
  const isPlain = [one, other].every((value) => !isPolicy(value) && typeof value !== 'function');
  return one === other || (isPlain && isDeepStrictEqual(one, other));
}

function perVerb(verbs: ReadonlyArray<string | undefined> = [undefined]): RoomDetail[] {
  return verbs.map((verb) => ({ verb }));
}
