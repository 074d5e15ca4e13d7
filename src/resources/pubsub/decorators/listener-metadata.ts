/** The publications that a method listens to: those of a resource, or of one verb of it. */
export interface Subject {
  resource: string;
  verb?: string;
}

/** Adds a subject to a method, which may have several: one decorator for each. */
export function listensTo(key: string, subject: Subject): MethodDecorator {
  return (prototype, name) => {
    const method = (prototype as Record<string | symbol, object>)[name];
    Reflect.defineMetadata(key, [subject, ...subjectsOf(key, method)], method);
  };
}

export function subjectsOf(key: string, method: object): Subject[] {
  return (Reflect.getMetadata(key, method) as Subject[] | undefined) ?? [];
}
