import { InvalidResourceError, UnknownResourceError } from '../resources.errors.js';
import { Resource } from './resource.js';

/** The resources of one application. */
export class ResourceRegistry {
  private readonly resources = new Map<string, Resource>();
  private readonly declared = new Set<Resource>();
  private readonly reserved = new Map<string, string>();

  /**
   * Keeps a name from resources, since clients emit events of that name to each other.
   *
   * @param where who does, for the error
   * @throws InvalidResourceError if there is such a resource already
   */
  reserve(name: string, where: string): void {
    this.reserved.set(name, where);
    if (this.resources.has(name)) this.refuseReserved(name);
  }

  /** The resource of that name, which this declares if nobody has yet. */
  get(name: string): Resource {
    const resource = this.mention(name);
    this.declared.add(resource);
    return resource;
  }

  /** The same, where to name a resource is not to say that the application has it. */
  mention(name: string): Resource {
    const known = this.resources.get(name);
    if (known) return known;
    this.refuseReserved(name);
    const resource = new Resource(name);
    this.resources.set(name, resource);
    return resource;
  }

  /** The resource of that name, if somebody declared it. */
  find(name: string): Resource | undefined {
    const resource = this.resources.get(name);
    return resource && this.declared.has(resource) ? resource : undefined;
  }

  /**
   * The resource of that name, which somebody must have declared.
   *
   * @param where who asks, for the error
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

  /**
   * Called once, when everything has been declared.
   *
   * @throws UnknownVerbError
   */
  assertComplete(): void {
    for (const resource of this.declared) resource.assertComplete();
  }

  all(): Resource[] {
    return [...this.declared];
  }

  private refuseReserved(name: string): void {
    const where = this.reserved.get(name);
    if (where === undefined) return;
    throw new InvalidResourceError(
      `"${name}" cannot be the name of a resource: clients send each other the event of that name, by ${where}, and could make messages up. Rename one of them.`,
    );
  }
}
