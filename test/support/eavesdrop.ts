import { connectedClient, type Cluster } from './cluster.js';

/**
 * Writes down whatever any server says to any other, until the function that it gives is called: it gives all of that.
 */
export async function eavesdrop({ bus }: Cluster): Promise<() => Promise<string>> {
  const [listener, marker] = [await connectedClient(bus.url), await connectedClient(bus.url)];
  const heard: string[] = [];
  let end: () => void = () => undefined;
  await listener.pSubscribe('*', (message, channel) => {
    heard.push(`${channel} ${message}`);
    if (message === 'the end') end();
  });
  return async () => {
    const ended = new Promise<void>((resolve) => (end = resolve));
    await marker.publish('marker', 'the end');
    await ended;
    return heard.join('\n');
  };
}
