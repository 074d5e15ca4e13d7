/**
 * How records of one resource are related to those of another. Made by `belongsTo`, `hasMany`, `hasOne` and
 * `manyToMany`.
 */
export interface Relation {
  readonly kind: 'belongsTo' | 'hasMany' | 'hasOne' | 'manyToMany';
  /** The other resource. */
  readonly resource: string;
  /** The attribute of the other resource that points back. Without it the other side hears nothing. */
  readonly inverse?: string;
}

/**
 * The attribute holds one record of the other resource, which has many of these.
 *
 * @example
 * ```ts
 * import { Controller } from '@nestjs/common';
 * import { belongsTo, Resourceful } from 'nestjs-sockets';
 *
 * @Controller('pets')
 * @Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
 * export class PetsController {}
 * ```
 */
export function belongsTo(resource: string, inverse?: string): Relation {
  return { kind: 'belongsTo', resource, inverse };
}

/** The attribute holds many records of the other resource, each of which belongs to one of these. */
export function hasMany(resource: string, inverse?: string): Relation {
  return { kind: 'hasMany', resource, inverse };
}

/** The attribute holds one record of the other resource, which holds one of these: one to one. */
export function hasOne(resource: string, inverse?: string): Relation {
  return { kind: 'hasOne', resource, inverse };
}

/** The attribute holds many records of the other resource, each of which holds many of these. */
export function manyToMany(resource: string, inverse?: string): Relation {
  return { kind: 'manyToMany', resource, inverse };
}
