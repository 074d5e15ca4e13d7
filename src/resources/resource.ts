import { RESOURCE_VERBS, type RecordId } from '../wire/resource-message.js';
import { InvalidRecordIdError } from './errors/invalid-record-id.error.js';
import { InvalidResourceError } from './errors/invalid-resource.error.js';
import { UnknownVerbError, VerbsRequiredError } from './errors/unknown-verb.error.js';
import { canonicalRecordId } from './record-id.js';
import { assertResourceName, assertVerbName } from './resource-name.js';
import { assertResourceOptions, type ResourceOptions } from './resource.options.js';

/** A kind of record: its name, its ids, its verbs and the names of its rooms. */
export class Resource {
  private options: ResourceOptions = {};
  private numericRoutes = false;
  private readonly ownVerbs = new Set<string>();

  constructor(readonly name: string) {
    assertResourceName(name);
  }

  /** Adds what one place says of the resource; two places must not contradict each other. */
  declare(options: ResourceOptions, where: string): void {
    assertResourceOptions(options, where);
    for (const [key, value] of Object.entries(options) as Array<[keyof ResourceOptions, unknown]>) {
      if (value === undefined) continue;
      const known = this.options[key];
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value)) {
        throw new InvalidResourceError(
          `${where}: the option "${key}" of the resource "${this.name}" is declared differently elsewhere. Say it in one place.`,
        );
      }
      this.options = { ...this.options, [key]: value };
    }
    for (const verb of options.verbs ?? []) this.declareVerb(verb, where);
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
   * @throws UnknownVerbError
   */
  assertComplete(): void {
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

  /** The room of a record: all that happens to it, or one verb only. */
  recordRoom(id: RecordId, verb?: string): string {
    return `${this.collectionRoom(verb)}/${id}`;
  }

  /** The room of all records: all that happens to any, or one verb only. */
  collectionRoom(verb?: string): string {
    return verb === undefined ? `resource:${this.name}` : `resource:${this.name}#${verb}`;
  }

  /** The rooms of a subscription to a record. */
  recordRooms(id: RecordId, verbs?: readonly string[]): string[] {
    return verbs ? verbs.map((verb) => this.recordRoom(id, verb)) : [this.recordRoom(id)];
  }

  /** The rooms of somebody who watches. */
  collectionRooms(verbs?: readonly string[]): string[] {
    return verbs ? verbs.map((verb) => this.collectionRoom(verb)) : [this.collectionRoom()];
  }

  /** Whether a room is one of this resource's: of its records or of the collection, for whatever verbs. */
  hasRoom(room: string): boolean {
    const collection = this.collectionRoom();
    // No name of another resource goes on with one of these.
    return room === collection || ['/', '#'].some((separator) => room.startsWith(collection + separator));
  }

  /** Every room that somebody may be in because of a record. */
  allRecordRooms(id: RecordId): string[] {
    return [this.recordRoom(id), ...this.verbs.map((verb) => this.recordRoom(id, verb))];
  }

  /** Every room that somebody may be in because of the collection. */
  allCollectionRooms(): string[] {
    return [this.collectionRoom(), ...this.verbs.map((verb) => this.collectionRoom(verb))];
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

  private get idType(): ResourceOptions['idType'] {
    return this.options.idType ?? (this.numericRoutes ? 'number' : undefined);
  }
}
