import { inject } from 'vitest';
import type { Flood } from '../attacks/floods.js';
import type { Scene } from './scene.js';
import { complaintsOf, faultsOf, growth, inMegabytes, type Trial } from './verdict.js';

/** Floods a server, and says what it has cost. */
export async function tryFlood(scene: Scene, { transport, connects, bodies, bound, mayPass }: Flood): Promise<Trial> {
  const before = await scene.memory();
  const refusedBefore = await refusals(scene);
  const attacker = await scene.connect(transport, { connect: connects ? undefined : '40' });
  const packets = bodies();
  await scene.report();
  await scene.cost();
  for (const body of packets) {
    if (attacker.closed || scene.server.death) break;
    await attacker.send(...body);
    // So that a connection that has been closed is seen, and what has been sent is read.
    await scene.server.ask('polluted');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await scene.server.ask('polluted');
  const report = await scene.report();
  const cost = await scene.cost();
  const counted = bound && (await scene.server.ask<number>(bound.what));
  const during = await scene.memory();
  const refused = (await refusals(scene)) - refusedBefore;
  const { closed } = attacker;
  scene.hangUp();

  const dead = faultsOf(scene.server);
  if (dead.length > 0 || !before || !during || !cost) return { faults: dead, result: dead[0] ?? 'no answer' };
  const most = await longestStall(scene);
  const grown = during.heapUsed - before.heapUsed;
  return {
    faults: [
      ...(refused === 0 && !closed && !mayPass ? ['nothing was refused'] : []),
      ...complaintsOf(report),
      ...growth('the heap', before.heapUsed, during.heapUsed, 10),
      ...(cost.stall > most ? [`the event loop was held for ${cost.stall} ms; at most ${most} ms are allowed`] : []),
      ...(bound && counted! > bound.most ? [`it has ${counted} ${bound.what}; at most ${bound.most} are allowed`] : []),
    ],
    result: [
      closed ? 'cut off' : refused > 0 ? 'refused' : 'accepted',
      ...(bound ? [`${counted} ${bound.what}`] : []),
      `heap ${grown < 0 ? '' : '+'}${inMegabytes(grown)} MB`,
      `loop ${cost.stall} ms`,
      `others p99 ${report.attacked.p99} ms`,
    ].join(', '),
  };
}

/** How long one thing may hold the event loop, in milliseconds of this machine's processor. */
async function longestStall(scene: Scene): Promise<number> {
  const unit = await scene.unit();
  return Math.round(inject('full') ? Math.max(50, unit * 4) : Math.max(100, unit * 10));
}

async function refusals(scene: Scene): Promise<number> {
  const counts = (await scene.server.ask<Record<string, number>>('refused')) ?? {};
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
