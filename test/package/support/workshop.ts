import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { requireBuild } from './build.js';
import { Child } from './child.js';
import { root } from './repository.js';

/** What `npm pack` says about the tarball. */
export interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** A folder outside the repository, in which projects find the package that they install, and nothing else of ours. */
export class Workshop {
  private constructor(
    readonly folder: string,
    readonly tarball: Packed,
  ) {}

  static async open(): Promise<Workshop> {
    requireBuild();
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-sockets-'));
    // As `npm publish` would, but for the build, which is there already and which other tests are using now.
    const output = await npm(
      ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', folder],
      root,
    );
    const [tarball] = JSON.parse(output) as Packed[];
    if (!tarball) throw new Error(`npm packed nothing: ${output}`);
    return new Workshop(folder, tarball);
  }

  /** Copies a project from test/package/apps and installs what it declares, and the package. */
  async install(app: string): Promise<Project> {
    const folder = join(this.folder, app);
    await cp(join(root, 'test/package/apps', app), folder, { recursive: true });
    // A peer range that excludes what the project has is an error, not a warning.
    await npm(['install', '--strict-peer-deps', '--prefer-offline', join(this.folder, this.tarball.filename)], folder);
    return new Project(folder);
  }

  /** A project in which nothing is installed. */
  async project(name: string): Promise<Project> {
    const project = new Project(join(this.folder, name));
    await mkdir(join(project.folder, 'node_modules/@nestjs'), { recursive: true });
    return project;
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** A project in which the package is installed. */
export class Project {
  constructor(readonly folder: string) {}

  /** Where in node_modules each package is: `@nestjs/core`, or `a/node_modules/b`. */
  async packages(): Promise<string[]> {
    const { packages } = JSON.parse(
      await readFile(join(this.folder, 'node_modules/.package-lock.json'), 'utf8'),
    ) as Lockfile;
    return Object.keys(packages).map((path) => path.replace(/^node_modules\//, ''));
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true });
    await writeFile(join(this.folder, file), text);
  }

  /** Lends this project a package of another one. It finds its own dependencies where it is. */
  borrow(lender: Project, name: string): Promise<void> {
    return symlink(join(lender.folder, 'node_modules', name), join(this.folder, 'node_modules', name));
  }

  /** Copies a package of another project, so that it finds its dependencies here. */
  copy(owner: Project, name: string): Promise<void> {
    return cp(join(owner.folder, 'node_modules', name), join(this.folder, 'node_modules', name), { recursive: true });
  }

  start(...args: readonly string[]): Child {
    return Child.start(process.execPath, args, this.folder);
  }

  /** What the program wrote, once it has ended well. */
  run(...args: readonly string[]): Promise<string> {
    return this.start(...args).succeeded();
  }
}

const npm = (args: readonly string[], folder: string): Promise<string> =>
  Child.start('npm', [...args, '--no-audit', '--no-fund'], folder).succeeded();

interface Lockfile {
  readonly packages: Record<string, unknown>;
}
