import { ModuleRef } from '@nestjs/core';
import { makeProvider } from '../../common/make-provider.js';
import { PolicyNotCreatedError } from '../resources.errors.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';
import { isPolicy, type SubscriptionPolicy } from '../definition/subscription-policy.js';

/** Holds the policies of the resources that have one. */
export class SubscriptionPolicies {
  private readonly made = new Map<string, SubscriptionPolicy>();

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Makes the policies, once everything has been declared.
   *
   * @throws PolicyNotCreatedError
   */
  async make(): Promise<void> {
    await Promise.all(this.registry.all().map((resource) => this.makeOf(resource)));
  }

  has(resource: string): boolean {
    return this.made.has(resource);
  }

  of(resource: string): SubscriptionPolicy | undefined {
    return this.made.get(resource);
  }

  private async makeOf({ name, authorize }: Resource): Promise<void> {
    if (authorize === undefined) return;
    if (isPolicy(authorize)) {
      this.made.set(name, authorize);
      return;
    }
    const notMade = (reason: string, options?: ErrorOptions): Error =>
      new PolicyNotCreatedError(name, authorize.name, reason, options);
    const policy = await makeProvider(
      authorize,
      this.moduleRef,
      notMade,
      'It, or something that it injects, is request-scoped. Give it the default scope; the request is in the target ' +
        'that it is asked about.',
    );
    // The application may provide something else under that class.
    if (!isPolicy(policy))
      throw notMade('What the application provides by it has no method canSubscribe(user, target).');
    this.made.set(name, policy);
  }
}
