import { idParameterNames, keyParameterNames } from '../request/path-key.js';
import type { PathParameters } from './route.js';

/** What identifies the path parameters that hold ids of a resource. */
export interface IdNames {
  resource: string;
  idField: string;
  /** The field of the key, if the resource has one. */
  keyField?: string;
  /** The name that the decorator gives, if any. */
  named?: string;
}

/**
 * Returns the path parameter that holds the id of the record that a route is about; by convention, if that leaves no
 * doubt.
 */
export function recordParameterOf({ own, all }: PathParameters, names: IdNames): string | undefined {
  if (names.named !== undefined) return find(all, names.named);
  const conventional =
    [own, all]
      .flatMap((list) => [conventionalParameters(list, names), keyParameters(list, names)])
      .find(({ length }) => length > 0) ?? [];
  if (conventional.length > 0) return onlyOf(conventional);
  return onlyOf(own);
}

/**
 * Returns the path parameter of the owner of a collection, where the path may name a member too: `:id/pets/:petId`,
 * `:userId/pets/:id`.
 */
export function parentParameterOf({ own, all }: PathParameters, names: IdNames, child?: string): string | undefined {
  if (names.named !== undefined) return find(all, names.named);
  const conventional = recordParameters(all, names).filter((name) => name !== child);
  if (conventional.length === 0) return own.length === 2 ? own[0] : onlyOf(all);
  // Where either might be the owner, the last one is the member.
  return onlyOf(conventional.length > 1 ? conventional.filter((name) => name !== all.at(-1)) : conventional);
}

/** Returns the path parameter of the member: the last one after that of the owner. */
export function childParameterOf(
  { all }: PathParameters,
  parent: string | undefined,
  names: IdNames,
): string | undefined {
  if (names.named !== undefined) return find(all, names.named);
  if (parent !== undefined) return all.slice(all.indexOf(parent) + 1).at(-1);
  return all.filter((name) => !recordParameters(all, names).includes(name)).at(-1);
}

/** Returns the parameters that are named like an id of the resource, in the order of the path. */
export function conventionalParameters(parameters: readonly string[], { resource, idField }: IdNames): string[] {
  return parameters.filter((name) => idParameterNames({ name: resource, idField }).includes(name));
}

function keyParameters(parameters: readonly string[], { resource, keyField }: IdNames): string[] {
  return parameters.filter((name) => keyParameterNames({ name: resource, keyField }).includes(name));
}

/** Returns those that are named like an id or a key of the resource, in the order of the path. */
function recordParameters(parameters: readonly string[], names: IdNames): string[] {
  const known = [...conventionalParameters(parameters, names), ...keyParameters(parameters, names)];
  return parameters.filter((name) => known.includes(name));
}

function find(parameters: readonly string[], name: string): string | undefined {
  return parameters.includes(name) ? name : undefined;
}

function onlyOf(parameters: readonly string[]): string | undefined {
  return parameters.length === 1 ? parameters[0] : undefined;
}
