import { isDeepStrictEqual } from 'node:util';
import { RESOURCE_VERBS, type RecordId } from '../../protocol/resource-message.js';
import {
  InvalidRecordIdError,
  InvalidResourceError,
  UnknownRecordKeyError,
  UnknownVerbError,
  VerbsRequiredError,
} from '../resources.errors.js';
import type { IdEvidence } from './id-kinds.js';
import { RecordIds } from './record-ids.js';
import { RecordKeys } from './keys/record-keys.js';
import { KnownAnswers } from './answers/known-answers.js';
import { assertResourceName, assertVerbName } from './resource-name.js';
import { assertResourceOptions, type ResourceOptions } from './resource.options.js';
import type { Select } from './answers/select.js';
import { type Recipients, ResourceRooms, type RoomDetail } from './resource-rooms.js';
import { RecordVersions } from '../record-versions/record-versions.js';
import { RecordLocations } from '../slices/record-locations.js';
import { Slices } from '../slices/slices.js';
import { isPolicy } from './subscription-policy.js';
import { Fields } from '../views/fields.js';
import { RecordViews } from '../views/record-views.js';

/**
 * A kind of record: its name, and what follows from its options for ids, verbs, rooms, slices and views. While the
 * application boots, several places may declare parts of it; `assertComplete()` ends that.
 */
export class Resource {
  readonly ids: RecordIds;
  readonly keys: RecordKeys;
  readonly rooms: ResourceRooms;
  readonly slices = new Slices((field) => Object.hasOwn(this.relations, field));
  readonly locations: RecordLocations;
  readonly versions = new RecordVersions();
  readonly views: RecordViews;
  readonly answers: KnownAnswers;
  /** The fields that depend on who looks at the record. */
  personal = Fields.NONE;
  private options: ResourceOptions = {};
  private declared = false;
  private readonly ownVerbs = new Set<string>();

  constructor(readonly name: string) {
    assertResourceName(name);
    this.ids = new RecordIds(name);
    this.keys = new RecordKeys(name, this.ids, (record) => this.shownIdOf(record));
    const canonicalFormOf = (id: RecordId): string => this.ids.canonicalFormOf(id);
    this.rooms = new ResourceRooms(name, canonicalFormOf);
    this.locations = new RecordLocations(this.slices, canonicalFormOf);
    this.views = new RecordViews(name);
    this.answers = new KnownAnswers(name);
  }

  /**
   * Adds the options that one place declares. Two places must not contradict each other.
   *
   * @throws InvalidResourceError
   */
  declare(options: ResourceOptions, where: string): void {
    this.declared = true;
    assertResourceOptions(options, where);
    for (const [key, value] of Object.entries(options) as Array<[keyof ResourceOptions, unknown]>) {
      if (value === undefined) continue;
      const known = this.options[key];
      if (known !== undefined && !isSame(known, value)) {
        throw new InvalidResourceError(
          `${where}: the option "${key}" of the resource "${this.name}" is declared differently elsewhere. ` +
            `Say it in one place.`,
        );
      }
      this.options = { ...this.options, [key]: value };
    }
    for (const verb of options.verbs ?? []) this.declareVerb(verb, where);
    if (options.idType !== undefined) {
      this.ids.type = options.idType;
      this.rooms.forgetNames();
    }
    if (options.key !== undefined) this.keys.field = options.key;
    if (options.version !== undefined) this.versions.field = options.version;
    if (options.rememberedVersions !== undefined) this.versions.remember(options.rememberedVersions);
    if (options.rememberedKeys !== undefined) this.keys.remember(options.rememberedKeys);
    this.views.declare(options, where);
    if (options.personal) this.personal = Fields.ofPaths(options.personal);
    if (options.slices) this.slices.declare(options.slices);
    if (options.rememberedSlices !== undefined) this.locations.remember(options.rememberedSlices);
  }

  /** Whether a controller, or the module's options, are about it; otherwise something only names it. */
  get isDeclared(): boolean {
    return this.declared;
  }

  declareVerb(verb: string, where: string): void {
    assertVerbName(verb, where);
    // Its message looks like that of a custom verb, and no decorator of its own publishes it.
    if (verb === 'messaged') return;
    if ((RESOURCE_VERBS as readonly string[]).includes(verb)) {
      throw new InvalidResourceError(
        `${where}: "${verb}" is a verb that every resource has. It is published by its own decorator, such as ` +
          `@PublishOnUpdate(), or its own method of the channel. Choose another name for a verb of your own.`,
      );
    }
    this.ownVerbs.add(verb);
  }

  /** Declares that a route has a numeric id parameter, so ids are numbers unless the resource or its records differ. */
  declareNumericRoute(): void {
    this.ids.areNumbersInRoutes = true;
  }

  /**
   * Checks what can be checked only once everything about the resource has been declared.
   *
   * @throws UnknownVerbError, InvalidResourceError
   */
  assertComplete(): void {
    this.views.assertComplete();
    if (this.keys.field === this.idField)
      throw new InvalidResourceError(
        `The option "key" of "${this.name}" names the field that holds its ids. Leave it out, or name another one.`,
      );
    const { autosubscribe } = this.options;
    if (Array.isArray(autosubscribe))
      this.assertVerbs(`The option "autosubscribe" of "${this.name}"`, autosubscribe as string[]);
  }

  get idField(): string {
    return this.options.id ?? 'id';
  }

  /** Where answers hold records, unless a decorator says it. */
  get select(): Select | undefined {
    return this.options.select;
  }

  get relations(): NonNullable<ResourceOptions['relations']> {
    return this.options.relations ?? {};
  }

  /** The policy that decides which readers may be subscribed. */
  get authorize(): ResourceOptions['authorize'] {
    return this.options.authorize;
  }

  /** Whether a client that falls behind is told to read again, rather than sent all messages. */
  get isRefetched(): boolean {
    return this.options.overload === 'refetch';
  }

  /** Whether a subscription may name no verbs. */
  get autosubscribes(): boolean {
    return this.options.autosubscribe !== false;
  }

  /** Whether all subscribers to a record are in one room, unless they name verbs. */
  get hasOneRoomForAll(): boolean {
    const { autosubscribe = true } = this.options;
    return autosubscribe === true && !this.views.haveAudiences;
  }

  get verbs(): string[] {
    return [...new Set([...RESOURCE_VERBS, ...this.ownVerbs])];
  }

  /**
   * Returns the id of a record in the form of the resource's ids, given its id, its key or the record itself.
   *
   * @throws InvalidRecordIdError, UnknownRecordKeyError
   */
  idOf(idOrRecord: unknown): RecordId {
    const id = this.findIdOf(idOrRecord);
    if (id !== undefined) return id;
    const problem = this.keys.problemWith(idOrRecord);
    if (problem !== undefined) throw new UnknownRecordKeyError(this.name, idOrRecord, problem);
    const where = { resource: this.name, idField: this.idField, expected: this.ids.expected };
    throw new InvalidRecordIdError(where, idOrRecord, this.inexactnessOf(idOrRecord));
  }

  /**
   * Returns the id of a record in the form of the resource's ids, given its id, its key or the record itself, or
   * `undefined` where it has none, or none that is known.
   */
  findIdOf(idOrRecord: unknown): RecordId | undefined {
    if (typeof idOrRecord === 'string') return this.keys.resolve(idOrRecord);
    const isObject = typeof idOrRecord === 'object' && idOrRecord !== null;
    const inField = isObject ? this.ids.find(this.fieldOf(idOrRecord)) : undefined;
    // An object may be an id itself, such as an `ObjectId`.
    const id = inField ?? this.ids.find(idOrRecord);
    const key = isObject && id === undefined ? this.keys.in(idOrRecord) : undefined;
    return key === undefined ? id : this.keys.find(key);
  }

  /** Returns the id that a record shows. */
  shownIdOf(record: object): RecordId | undefined {
    return this.ids.find(this.fieldOf(record));
  }

  /** Learns the form of the resource's ids from a record. */
  learnIds(record: object, evidence: IdEvidence): void {
    this.ids.learn(this.fieldOf(record), evidence);
  }

  /** Returns every room that a subscriber to a record may be in. */
  allRecordRooms(id: RecordId): string[] {
    return this.allDetails().map((detail) => this.rooms.record(id, detail));
  }

  /** Returns every room that a watcher of the collection, or of a slice of it, may be in. */
  allCollectionRooms(slice?: string): string[] {
    return this.allDetails().map((detail) => this.rooms.collection({ ...detail, slice }));
  }

  /** Returns the rooms of the recipients that belong to this audience, or to none. */
  roomsOf({ verb, ids, slices, collection }: Recipients, audience?: string): string[] {
    const rooms: string[] = [];
    // Every publication passes here.
    for (const one of verb === undefined ? WHOLE : [undefined, verb]) {
      const start = this.rooms.start(audience, one);
      if (collection) rooms.push(start);
      for (const slice of slices) rooms.push(this.rooms.sliceAt(start, slice));
      for (const id of ids) rooms.push(this.rooms.recordAt(start, id));
    }
    return rooms;
  }

  /**
   * Returns the verbs that a subscription is for; `undefined` stands for all of them.
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

  /** @throws UnknownVerbError unless this is a verb of the application's own */
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

  private fieldOf(record: object): unknown {
    return (record as Record<string, unknown>)[this.idField];
  }

  private inexactnessOf(idOrRecord: unknown): string | undefined {
    const isObject = typeof idOrRecord === 'object' && idOrRecord !== null;
    return this.ids.inexactnessOf(isObject ? this.fieldOf(idOrRecord) : idOrRecord);
  }
}

/** All verbs at once. */
const WHOLE: readonly undefined[] = [undefined];

/** Compares plain values by content, and classes, functions and policies by identity. */
function isSame(one: unknown, other: unknown): boolean {
  const isPlain = [one, other].every((value) => !isPolicy(value) && typeof value !== 'function');
  return one === other || (isPlain && isDeepStrictEqual(one, other));
}
