import { isReservedEvent } from '../sockets/emission.js';
import { RESOURCE_VERBS, type RecordId } from '../wire/resource-message.js';
import { InvalidRecordIdError } from './errors/invalid-record-id.error.js';
import { InvalidResourceError } from './errors/invalid-resource.error.js';
import { UnknownVerbError, VerbsRequiredError } from './errors/unknown-verb.error.js';
import { canonicalRecordId } from './record-id.js';
import type { ResourceOptions } from './resource.options.js';

/** No `/` and no `#`: they separate the parts of a room's name. */
const NAME = /^[A-Za-z][\w.-]*$/;

/** A kind of record: its name, its ids, its verbs and the names of its rooms. */
export class Resource {
  private options: ResourceOptions = {};
  private numericRoutes = false;
  private readonly ownVerbs = new Set<string>();

  constructor(readonly name: string) {
    if (typeof name !== 'string' || !NAME.test(name) || isReservedEvent(name)) {
      throw new InvalidResourceError(
        `"${String(name)}" cannot be the name of a resource: it is also the name of an event. ` +
          `Use letters, digits, "_", "-" and ".", beginning with a letter, and none of Socket.IO's own events.`,
      );
    }
  }

  /** Adds what one place says of the resource; two places must not contradict each other. */
  declare(options: ResourceOptions, where: string): void {
    for (const [key, value] of Object.entries(options) as Array<[keyof ResourceOptions, never]>) {
      const known = this.options[key];
      if (known !== undefined && value !== undefined && JSON.stringify(known) !== JSON.stringify(value)) {
        throw new InvalidResourceError(
          `${where}: the option "${key}" of the resource "${this.name}" is declared differently elsewhere. Say it in one place.`,
        );
      }
      this.options = { ...this.options, [key]: value };
    }
    for (const verb of options.verbs ?? []) this.declareVerb(verb, where);
    if (Array.isArray(options.autosubscribe)) this.assertVerbs(where, options.autosubscribe as string[]);
  }

  declareVerb(verb: string, where: string): void {
    if (!NAME.test(verb)) {
      throw new InvalidResourceError(
        `${where}: "${verb}" cannot be a verb. Use letters, digits, "_", "-" and ".", beginning with a letter.`,
      );
    }
    this.ownVerbs.add(verb);
  }

  /** A route declares its id parameter a number; that decides unless the resource itself says what its ids are. */
  declareNumericRoute(): void {
    this.numericRoutes = true;
  }

  get idField(): string {
    return this.options.id ?? 'id';
  }

  get relations(): NonNullable<ResourceOptions['relations']> {
    return this.options.relations ?? {};
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
  subscribedVerbs(where: string, verbs?: readonly string[]): readonly string[] | undefined {
    const { autosubscribe = true } = this.options;
    const wanted = verbs ?? (autosubscribe === true ? undefined : autosubscribe);
    if (wanted === false) throw new VerbsRequiredError(where, this.name);
    if (wanted !== undefined) this.assertVerbs(where, wanted);
    return wanted;
  }

  private get idType(): ResourceOptions['idType'] {
    return this.options.idType ?? (this.numericRoutes ? 'number' : undefined);
  }

  /** @throws UnknownVerbError */
  assertVerbs(where: string, verbs: readonly unknown[]): void {
    const unknown = verbs.find((verb) => !this.verbs.includes(verb as string));
    if (unknown !== undefined) throw new UnknownVerbError(where, this.name, unknown, this.verbs);
  }
}
