import type { RecordId } from '../../protocol/resource-message.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';
import { InvalidRelationError } from '../resources.errors.js';
import type { Relation } from '../definition/relation.js';
import { undeclaredRelation } from './undeclared-relation.js';

/** One end of a relation, seen from `resource.attribute`: what the attribute holds, and which attribute points back. */
export interface Association {
  readonly attribute: string;
  readonly kind: Relation['kind'];
  /** Whether the attribute holds many records, not one. */
  readonly plural: boolean;
  readonly other: Resource;
  /** The other end, if the relation has one. */
  readonly inverse?: { readonly attribute: string; readonly plural: boolean };
}

/** The kinds that may face each other. The first is the kind of a side that does not declare the relation itself. */
const FACING: Record<Relation['kind'], readonly [Relation['kind'], ...Array<Relation['kind']>]> = {
  belongsTo: ['hasMany', 'hasOne'],
  hasMany: ['belongsTo'],
  hasOne: ['hasOne', 'belongsTo'],
  manyToMany: ['manyToMany'],
};

const NONE: readonly Association[] = [];

/** Knows all relations of the application, each from both ends. Empty until `build()`. */
export class RelationGraph {
  private readonly relations = new Map<string, Map<string, Relation>>();
  private readonly associations = new Map<string, readonly Association[]>();

  /** Whether all relations are known. */
  isBuilt = false;

  constructor(private readonly registry: ResourceRegistry) {}

  /**
   * Reads the relations that the resources declare, and adds the ends that they imply.
   *
   * @throws UnknownResourceError, InvalidRelationError
   */
  build(): void {
    const resources = this.registry.all();
    for (const { name, relations } of resources) this.relations.set(name, new Map(Object.entries(relations)));
    for (const { name, relations } of resources) {
      for (const [attribute, relation] of Object.entries(relations)) this.connect(name, attribute, relation);
    }
    for (const [name, ends] of this.relations) {
      this.associations.set(
        name,
        [...ends].map(([attribute, relation]) => this.association(attribute, relation)),
      );
    }
    this.isBuilt = true;
  }

  /** Returns everything that records of this resource are related to. */
  associationsOf(resource: Resource): readonly Association[] {
    return this.associations.get(resource.name) ?? NONE;
  }

  /** Returns the relation of an attribute of the resource, if it has one. */
  find(resource: Resource, attribute: string | undefined): Association | undefined {
    return this.associationsOf(resource).find((association) => association.attribute === attribute);
  }

  /** Returns the relations whose other side hears of changes. */
  twoSidedOf(resource: Resource): readonly Association[] {
    return this.associationsOf(resource).filter(({ inverse }) => inverse);
  }

  /** Whether the other side of a relation hears of changes of this resource's records. */
  hasReverse(resource: Resource): boolean {
    return this.twoSidedOf(resource).length > 0;
  }

  /**
   * Returns the canonical id of a record in a collection, given its id or the record itself. Where no relation declares
   * the collection, the resource of its records is not known: the ids are read like this resource's, or else as they
   * are.
   *
   * @throws InvalidRecordIdError
   */
  relatedId(resource: Resource, attribute: string, record: unknown): RecordId {
    const association = this.find(resource, attribute);
    if (association) return association.other.idOf(record);
    return this.findRelatedId(resource, attribute, record) ?? resource.idOf(record);
  }

  /** Returns the same id, or `undefined` if the value does not show it. */
  findRelatedId(resource: Resource, attribute: string, record: unknown): RecordId | undefined {
    const association = this.find(resource, attribute);
    return association ? association.other.findIdOf(record) : resource.ids.findElsewhere(idIn(record, resource));
  }

  /** Whether a view may say what is published of records of this resource, or of those in one of its collections. */
  isViewed(resource: Resource, attribute?: string): boolean {
    return resource.views.any || this.find(resource, attribute)?.other.views.any === true;
  }

  /** Returns what to do about a collection that no relation declares; `undefined` if one does. */
  adviceFor(resource: Resource, attribute: string): string | undefined {
    if (!this.isBuilt || this.find(resource, attribute)) return undefined;
    const known = this.associationsOf(resource).map((association) => association.attribute);
    return undeclaredRelation(resource, attribute, known, this.registry);
  }

  private connect(name: string, attribute: string, relation: Relation): void {
    const where = `${name}.${attribute}`;
    assertRelation(where, relation);
    this.registry.getKnown(relation.resource, `The relation ${where}`);
    const { inverse } = relation;
    const ends = this.relations.get(relation.resource);
    if (inverse === undefined || !ends) return;

    const end = ends.get(inverse);
    const [implied] = FACING[relation.kind];
    if (!end) {
      ends.set(inverse, { kind: implied, resource: name, inverse: attribute });
      return;
    }
    this.assertFacing(where, name, attribute, relation, end);
    ends.set(inverse, { ...end, inverse: attribute });
  }

  private assertFacing(where: string, name: string, attribute: string, relation: Relation, end: Relation): void {
    const there = `${relation.resource}.${relation.inverse}`;
    if (end.resource !== name || (end.inverse ?? attribute) !== attribute) {
      throw new InvalidRelationError(
        `The relation ${where} says that ${there} points back to it, ` +
          `but that points to ${end.resource}.${end.inverse ?? '(nothing)'}. ` +
          `Name each other's attribute on both sides, or declare one side only.`,
      );
    }
    if (!FACING[relation.kind].includes(end.kind)) {
      throw new InvalidRelationError(
        `The relation ${where} is ${relation.kind}, and ${there} is ${end.kind}: these do not face each other. ` +
          `Opposite ${relation.kind} there is ${FACING[relation.kind].join(' or ')}.`,
      );
    }
  }

  private association(attribute: string, { kind, resource, inverse }: Relation): Association {
    const facing = inverse === undefined ? undefined : this.relations.get(resource)?.get(inverse);
    return {
      attribute,
      kind,
      plural: isPlural(kind),
      other: this.registry.get(resource),
      inverse: facing && inverse !== undefined ? { attribute: inverse, plural: isPlural(facing.kind) } : undefined,
    };
  }
}

/** Refuses what was not made by one of the four functions, or was given no names. */
function assertRelation(where: string, relation: Partial<Relation> | undefined): void {
  const { kind, resource, inverse } = relation ?? {};
  const isWhole = kind !== undefined && Object.hasOwn(FACING, kind) && isNameLike(resource);
  if (isWhole && (inverse === undefined || isNameLike(inverse))) return;
  throw new InvalidRelationError(
    `The relation ${where} must be made by belongsTo, hasMany, hasOne or manyToMany, ` +
      `with the name of the other resource and, if it points back, of its attribute: belongsTo('user', 'pets').`,
  );
}

function isNameLike(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isPlural(kind: Relation['kind']): boolean {
  return kind === 'hasMany' || kind === 'manyToMany';
}

/** Returns what may be the id of a record: its field, or the value itself. */
function idIn(value: unknown, { idField }: Resource): unknown {
  const field = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[idField] : undefined;
  return field ?? value;
}
