import type { PathParameters } from './route.js';

/** What says which path parameters hold the id of a resource's record. */
export interface IdNames {
  resource: string;
  idField: string;
  /** The name that the decorator gives. */
  named?: string;
}

/** The path parameter that holds the id of the record that a route is about; by convention, if that leaves no doubt. */
export function recordParameterOf({ own, all }: PathParameters, names: IdNames): string | undefined {
  if (names.named !== undefined) return find(all, names.named);
  const conventional =
    [own, all].map((list) => conventionalParameters(list, names)).find(({ length }) => length > 0) ?? [];
  if (conventional.length > 0) return onlyOf(conventional);
  return onlyOf(own);
}

/** The same where the path may name a second record too, one of a collection of the first: `:id/pets/:petId`, `:userId/pets/:id`. */
export function parentParameterOf({ own, all }: PathParameters, names: IdNames, child?: string): string | undefined {
  if (names.named !== undefined) return find(all, names.named);
  const conventional = conventionalParameters(all, names).filter((name) => name !== child);
  if (conventional.length === 0) return own.length === 2 ? own[0] : onlyOf(all);
  // Where both might be it, the last is the other record's.
  return onlyOf(conventional.length > 1 ? conventional.filter((name) => name !== all.at(-1)) : conventional);
}

/** The path parameter that names the record of the collection: the last one behind that of the record which has it. */
export function childParameterOf(
  { all }: PathParameters,
  parent: string | undefined,
  names: IdNames,
): string | undefined {
  if (names.named !== undefined) return find(all, names.named);
  if (parent !== undefined) return all.slice(all.indexOf(parent) + 1).at(-1);
  return all.filter((name) => !conventionalParameters(all, names).includes(name)).at(-1);
}

/** Those that are called like an id of the resource, in the order of the path. */
export function conventionalParameters(parameters: readonly string[], { resource, idField }: IdNames): string[] {
  return parameters.filter((name) => [idField, `${resource}Id`, `${resource}_id`].includes(name));
}

function find(parameters: readonly string[], name: string): string | undefined {
  return parameters.includes(name) ? name : undefined;
}

function onlyOf(parameters: readonly string[]): string | undefined {
  return parameters.length === 1 ? parameters[0] : undefined;
}
