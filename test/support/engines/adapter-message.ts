/** What an adapter in a worker of Node's cluster module sends to its primary. */
export interface AdapterMessage {
  source: typeof SOURCE;
  /** Which cluster it belongs to, of those that tests start. */
  key?: string;
}

/** What the adapter names itself by, in each message. */
const SOURCE = '_sio_adapter';

export function isOfAdapter(message: unknown): message is AdapterMessage {
  return typeof message === 'object' && message !== null && (message as Partial<AdapterMessage>).source === SOURCE;
}
