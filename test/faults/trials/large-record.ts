import { subscribe } from '../attacks/slow-readers.js';
import type { Scene } from '../support/scene.js';
import { faultsOf, type Trial } from '../support/verdict.js';

const BYTES = 5_000_000;

/** More than this is not sent of a publication; around it is what Socket.IO needs. */
const MOST = 65_536 + 100;

/** Publishes a record that is too large, of which a subscriber must be told the id only. */
export async function tryLargeRecord(scene: Scene): Promise<Trial> {
  const reader = await subscribe(scene);
  await scene.server.ask('publish', 1, BYTES, 1);
  const find = () => reader.received.find((text) => text.startsWith('42["tick",'));
  await reader.until(() => reader.closed || find() !== undefined, 60_000);
  scene.hangUp();
  const sent = find()?.length;
  const faults = [
    ...faultsOf(scene.server),
    ...(sent === undefined ? ['a subscriber was told nothing'] : []),
    ...(sent! > MOST ? [`a subscriber was sent ${sent} bytes; at most ${MOST} are allowed`] : []),
  ];
  return { faults, result: sent === undefined ? 'nothing was sent' : `${sent} bytes sent to each subscriber` };
}
