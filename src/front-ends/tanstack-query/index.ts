export { liveOptions, type LiveQueryKey, type LiveQueryOptions } from './live-options.js';
export { invalidateOn, type InvalidateOptions, type KeysByResource } from './invalidate-on.js';
export type { AnyClient } from '../any-client.js';
