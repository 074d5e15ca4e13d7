import { MILLISECONDS, type OptionRule } from '../../../common/option-rules.js';
import { CLUSTER_DEFAULTS, type ClusterOptions } from '../cluster.options.js';

const WHEN_ABSENT: readonly unknown[] = ['fail', 'wait', 'degraded'] satisfies Array<ClusterOptions['whenAbsent']>;

/** Rules of the options that several engines have. */
export const ENGINE_RULES = {
  whenAbsent: ["'fail', 'wait' or 'degraded'", (value: unknown) => WHEN_ABSENT.includes(value)],
  connectTimeout: MILLISECONDS,
  inject: ['a list of at least one token', (value: unknown) => Array.isArray(value) && value.length > 0],
  imports: ['a list of modules', Array.isArray],
  useFactory: ['a function', (value: unknown) => typeof value === 'function'],
} satisfies Record<string, OptionRule>;

/** Fills in what an application has not said of its boot. */
export function bootOptions({ whenAbsent, connectTimeout }: ClusterOptions): Required<ClusterOptions> {
  return {
    whenAbsent: whenAbsent ?? CLUSTER_DEFAULTS.whenAbsent,
    connectTimeout: connectTimeout ?? CLUSTER_DEFAULTS.connectTimeout,
  };
}
