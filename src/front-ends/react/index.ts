export { SocketsProvider, type SocketsProviderProps, useSockets } from './sockets-provider.js';
export { type LiveResult, useLive } from './use-live.js';
export { type SuspenseLiveResult, useSuspenseLive } from './use-suspense-live.js';
export { useMessages } from './use-messages.js';
export { useConnectionState } from './use-connection-state.js';
export { usePresence } from './use-presence.js';
export type { PresenceOptions, PresenceState, PresentUser } from './room-presence.js';
export { createHooks, type Hooks } from './create-hooks.js';
export type { AnyClient, ApiOf, EventsOf, ListenerOf, LiveOptionsOf, ReadPaths } from '../any-client.js';
