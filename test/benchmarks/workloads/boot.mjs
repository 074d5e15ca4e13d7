import { OWN_BUILD } from '../built-library.mjs';
import { childResult } from '../child-result.mjs';
import { compare } from '../measuring/compare.mjs';

const SUBJECTS = {
  library: { bare: false },
  nest: { bare: true },
};

/** An application with 200 routes boots, from NestFactory.create() until it listens. */
export const boot = {
  name: 'Boot',
  async run({ rounds, quick, addCpu }) {
    const comparison = await compare({
      subjects: Object.keys(SUBJECTS),
      rounds: quick ? rounds : rounds + 2,
      async measure(subject) {
        const argument = { library: OWN_BUILD, routes: 200, platform: 'express', ...SUBJECTS[subject] };
        const { boot: booted, import: imported, cpu } = await childResult('servers/boot-application.mjs', argument);
        addCpu(cpu);
        return { ms: booted.ms, cpu: booted.cpu, imported: imported.ms };
      },
    });
    const of = '200 decorated routes';
    return [
      comparison.row({
        of,
        measure: 'cpu',
        label: 'boot, CPU',
        unit: 'ms',
        demands: [{ beside: 'nest', atMost: 1.15 }],
      }),
      comparison.row({ of, measure: 'ms', label: 'boot', unit: 'ms' }),
    ];
  },
};
