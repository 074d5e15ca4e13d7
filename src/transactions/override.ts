type Method = (...args: never[]) => unknown;

/**
 * Replaces a method of one object, and leaves those of its class to all others.
 *
 * @param replace makes the new method from the old one, which is bound to the object
 * @returns a function that ends it, whatever has replaced the method since
 */
export function override<T extends object, K extends keyof T>(
  target: T,
  name: K,
  replace: (original: T[K]) => T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const original = (target[name] as Method).bind(target) as T[K];
  let current = replace(original);
  const value = ((...args) => (current as Method)(...args)) as Method;
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  return () => {
    current = original;
    // Another replacement, made later, goes on calling this one.
    if (target[name] !== value) return;
    if (own) Object.defineProperty(target, name, own);
    else Reflect.deleteProperty(target, name);
  };
}
