import { ModuleRef } from '@nestjs/core';
import { LineLogger, logFailure } from '../../common/log.js';
import { ready, runSteps, type Steps, tryCatch } from '../../common/promises.js';
import { makeProvider } from '../../common/boot/make-provider.js';
import { PolicyNotCreatedError } from '../resources.errors.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';
import { isPolicy, type RequestedTarget, type SubscriptionPolicy } from '../definition/subscription-policy.js';

/** What a policy has said; `undefined` if it has failed. */
export type Verdict = boolean | undefined;

/** Holds the policies of the resources that have one. */
export class SubscriptionPolicies {
  private readonly logger = new LineLogger('ResourcefulPubSub');
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

  /** Asks the policy of the target's resource, if it has one. Returns `undefined` if the policy fails. */
  allow(user: unknown, target: RequestedTarget): Verdict | Promise<Verdict> {
    const policy = this.made.get(target.resource);
    if (!policy) return true;
    return tryCatch<Verdict>(
      () => runSteps(verdictOf(policy, user, target)),
      (error) => {
        logFailure(this.logger, `The policy of "${target.resource}" failed, so it allows nothing.`, error);
        return undefined;
      },
    );
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

function* verdictOf(policy: SubscriptionPolicy, user: unknown, target: RequestedTarget): Steps<Verdict> {
  // Any other return value is not a permission.
  return ((yield* ready(policy.canSubscribe(user, target))) as unknown) === true;
}
