/** A method, whatever it is about. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Puts another function in the place of a method, with the metadata that other libraries find on the method. */
export function replaceMethod(owner: object, name: string, method: Method, replacement: Method): void {
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), replacement);
  }
  Object.defineProperty(owner, name, { value: replacement, configurable: true, writable: true });
}
