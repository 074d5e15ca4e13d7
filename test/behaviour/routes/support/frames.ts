import type { TestClient } from '../../../support/client.js';

/** Every raw frame that arrived over a client's connection from now on, whatever the client makes of it. */
export function recordFrames(client: TestClient): string[] {
  const frames: string[] = [];
  client.socket.io.engine.on('data', (frame: unknown) => frames.push(String(frame)));
  return frames;
}
