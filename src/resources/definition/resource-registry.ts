import { InvalidResourceError, UnknownResourceError } from '../resources.errors.js';
import { Resource } from './resource.js';

/** Holds the resources of one application. A resource exists once it is mentioned, and is known once it is declared. */
export class ResourceRegistry {
  private readonly resources = new Map<string, Resource>();
  private readonly declared = new Set<Resource>();
  private complete = false;
  private readonly reserved = new Map<string, string>();

  /**
   * Reserves a name that no resource may have, since clients emit events of that name to each other.
   *
   * @param where the relay that reserves it, for the error
   * @throws InvalidResourceError if there is such a resource already
   */
  reserve(name: string, where: string): void {
    this.reserved.set(name, where);
    if (this.resources.has(name)) this.refuseReserved(name);
  }

  /** Returns the resource of that name, and declares it. */
  get(name: string): Resource {
    const resource = this.mention(name);
    this.declared.add(resource);
    return resource;
  }

  /** Returns the resource of that name without declaring it: the application need not have it. */
  mention(name: string): Resource {
    const known = this.resources.get(name);
    if (known) return known;
    this.refuseReserved(name);
    const resource = new Resource(name);
    this.resources.set(name, resource);
    return resource;
  }

  /** Returns the resource of that name, if it was declared. */
  find(name: string): Resource | undefined {
    const resource = this.resources.get(name);
    return resource && this.declared.has(resource) ? resource : undefined;
  }

  /**
   * Returns the resource of that name, which must have been declared.
   *
   * @param where what refers to it, for the error
   * @throws UnknownResourceError
   */
  getKnown(name: string, where: string): Resource {
    const resource = this.find(name);
    if (!resource)
      throw new UnknownResourceError(
        where,
        name,
        this.all().map((known) => known.name),
      );
    return resource;
  }

  /** Whether everything that the application declares while it boots has been declared. */
  get isComplete(): boolean {
    return this.complete;
  }

  /**
   * Checks all resources, once everything has been declared.
   *
   * @throws UnknownVerbError, InvalidResourceError
   */
  assertComplete(): void {
    this.complete = true;
    for (const resource of this.declared) resource.assertComplete();
  }

  all(): Resource[] {
    return [...this.declared];
  }

  private refuseReserved(name: string): void {
    const where = this.reserved.get(name);
    if (where === undefined) return;
    throw new InvalidResourceError(
      `"${name}" cannot be the name of a resource: clients send each other the event of that name, by ${where}, and ` +
        `could make messages up. Rename one of them.`,
    );
  }
}
