import { engine, type Cluster } from './cluster.js';

/**
 * Writes down whatever any server says to any other, until the function that it gives is called: it gives all of that.
 */
export async function eavesdrop({ bus }: Cluster): Promise<() => Promise<string>> {
  return engine.eavesdrop(bus.url, bus.key);
}
