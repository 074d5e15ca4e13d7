import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

const ARGUMENTS = ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0'];

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));

/** Tells whether the versions of package.json are installed. npm writes its own list once everything is. */
function isInstalled() {
  try {
    const { packages } = read('node_modules/.package-lock.json');
    const wanted = Object.entries(read('package.json').dependencies);
    return wanted.every(([name, version]) => packages[`node_modules/${name}`].version === version);
  } catch {
    return false;
  }
}

/** Installs Sails unless that was done before, and tells whether it is there. Says what it does, and why it failed. */
export async function installSails() {
  if (isInstalled()) return true;
  process.stdout.write('Installing Sails, which answers the same requests…\n');
  try {
    const shell = process.platform === 'win32';
    await promisify(execFile)('npm', [...ARGUMENTS, '--prefix', FOLDER], { shell });
    return true;
  } catch (error) {
    const reasons = (error.stderr ?? '').match(/(?<=^npm error )(?!syscall|errno).+/gm) ?? [error.message];
    process.stdout.write(
      `Sails cannot be installed, so nothing is compared with it: ${reasons.slice(0, 2).join('; ')}\n`,
    );
    return false;
  }
}
