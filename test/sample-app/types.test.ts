import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'dist/module/documents/types/bin.js');

it('The types in sample-app/api.ts are those of the routes and resources of the sample application', async () => {
  const asked = ['types', 'sample-app/dist/app.module.js', '--out', 'sample-app/api.ts', '--check'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...asked], { cwd: root });

  expect(stdout).toMatch(/^sample-app\/api\.ts is up to date/);
});
