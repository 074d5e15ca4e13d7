import { describe, it } from 'vitest';
import { ROWS, type Attack } from './attacks/attack.js';
import { frames } from './attacks/frames.js';
import { gateways } from './attacks/gateways.js';
import { handshakes } from './attacks/handshakes.js';
import { payloads } from './attacks/payloads.js';
import { perform } from './attacks/perform.js';
import { requests } from './attacks/requests.js';
import { library, others, type Scene, type Transport } from './support/scene.js';
import { inShort } from './support/record.js';
import { keep, sceneOf, subjectsOf } from './support/subjects.js';
import { complaintsOf, faultsOf, growth } from './support/verdict.js';

const attacks = [frames, handshakes, payloads, gateways, requests].flat();

/** Those that are answered at once. */
const prompt = attacks.filter(({ row }) => row !== 'silent' && row !== 'results' && row !== 'unsendable');

/** What would take longer than anybody waits for, otherwise; and as many handshakes as there are attacks. */
const options = { server: { connectTimeout: 5_000 }, requests: { timeout: 1_000 } };

describe.each(subjectsOf([library(options), library(options, 11)], others))(
  'Inputs, $name on Nest $nest',
  (subject) => {
    const isOurs = subject.server === 'library';
    const open = sceneOf(subject);
    describe.each(['websocket', 'polling'] as const)('%s', (transport) => {
      const tried = attacks.filter((attack) => (attack.only ?? transport) === transport && (isOurs || !attack.own));

      it.each(tried)('$row: $name', async (attack) => {
        const faults = await tryOne(await open(), transport, attack, isOurs ? 30_000 : 500);
        note(ROWS[attack.row], faults, 'as required');
      });
    });

    it('leaves Object.prototype as it was', async () => {
      const scene = await open();
      const polluted = await scene.server.ask('polluted');
      note('Object.prototype, after all of that', polluted === 0 ? [] : ['it was changed'], 'unchanged');
    });

    it('gives back its memory', async () => {
      // What is done for the first time leaves something behind, which is no leak.
      const before = await (await open()).memory();
      for (const attack of prompt) {
        if (isOurs || !attack.own) await tryOne(await open(), attack.only ?? 'websocket', attack, 1_000);
      }
      const after = await (await open()).memory();
      note('memory, after all of that again', growth('the heap', before!.heapUsed, after!.heapUsed, 5), 'given back');
    });

    it('lets a healthy client have its answers in time', async () => {
      const report = await (await open()).report();
      const { asked, answered, p99 } = report.attacked;
      note('a healthy client beside it', complaintsOf(report), `${answered} of ${asked} answers, p99 ${p99} ms`);
    });

    function note(what: string, faults: string[], result: string): void {
      keep('Inputs', what, subject, faults, faults[0] === undefined ? result : inShort(faults[0]));
    }
  },
);

async function tryOne(scene: Scene, transport: Transport, attack: Attack, patience: number): Promise<string[]> {
  const complaints = await perform(scene, transport, attack, patience);
  scene.hangUp();
  // Whoever answers this is alive.
  await scene.server.ask('polluted');
  const faults = faultsOf(scene.server);
  return faults.length > 0 ? faults : complaints;
}
