import { existsSync, statSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import type { TypesArguments } from './arguments.js';
import type { LoadedModules } from './loaded-modules.js';
import { declarationsOf, sourceOf } from './source-files.js';

/** Collects the classes and schemas whose types a file imports, and writes the imports. */
export class TypeImports {
  /** What cannot be imported, by the name of its class, for a warning. */
  readonly missing = new Set<string>();
  private readonly folder: string;
  /** The module that exports everything, if each thing is not to come from its own file. */
  private readonly from: string | undefined;
  private readonly typesOf: (file: string) => string | undefined;
  /** The names that a file may use, by where it imports them from, and by their names there. */
  private readonly imported = new Map<string, Map<string, string>>();
  private readonly taken = new Set(['Api', 'Events', 'One', 'At', 'Part']);

  constructor(
    private readonly loaded: LoadedModules,
    { out, from, declarations }: Pick<TypesArguments, 'out' | 'from' | 'declarations'>,
  ) {
    this.typesOf = declarations ? declarationsOf : sourceOf;
    this.folder = dirname(resolve(out));
    const isPath = from !== undefined && /^(?:\.{0,2}[\\/]|\.{1,2}$|[a-z]:)/i.test(from);
    this.from = isPath ? this.specifierOf(moduleFile(resolve(from))) : from;
  }

  /** Returns the name by which the file calls a class or a schema; `undefined` if nothing exports it. */
  async nameOf(value: object): Promise<string | undefined> {
    const className = typeof value === 'function' ? value.name : undefined;
    const found = await this.loaded.find(value);
    const name = this.from !== undefined ? (className ?? found?.name) : found?.name;
    const source = this.from === undefined && found ? this.typesOf(found.file) : undefined;
    const specifier = this.from ?? (source === undefined ? undefined : this.specifierOf(source));
    if (name !== undefined && specifier !== undefined) return this.use(specifier, name, className);
    this.missing.add(className ?? 'a schema');
    return undefined;
  }

  /** The same of a function. Many are written where they are used, which is no mistake, so none is missing. */
  async nameOfFunction(value: object): Promise<string | undefined> {
    return (await this.loaded.find(value)) && this.nameOf(value);
  }

  /** Uses a type of this name from a package. */
  use(specifier: string, name: string, className = name): string {
    const names = this.imported.get(specifier) ?? new Map<string, string>();
    this.imported.set(specifier, names);
    const known = names.get(name);
    if (known !== undefined) return known;
    const wanted = name === 'default' ? className || 'Unnamed' : name;
    let local = wanted;
    for (let count = 2; this.taken.has(local); count++) local = `${wanted}${count}`;
    this.taken.add(local);
    names.set(name, local);
    return local;
  }

  /** The statements, in an order that depends on nothing but what is imported. */
  get statements(): string[] {
    return [...this.imported]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([specifier, names]) => {
        const all = [...names].map(([name, local]) => (name === local ? name : `${name} as ${local}`)).sort();
        return `import type { ${all.join(', ')} } from '${specifier}';`;
      });
  }

  /** Returns how the file imports another: with the extension of compiled files, which every resolution accepts. */
  private specifierOf(file: string): string {
    const path = relative(this.folder, file).split(sep).join(posix.sep);
    const compiled = path.replace(/(?:\.d)?\.([cm]?)tsx?$/, '.$1js');
    return compiled.startsWith('.') ? compiled : `./${compiled}`;
  }
}

/** Returns the file of a module that is named as imports name it: with or without an extension, or by its folder. */
function moduleFile(path: string): string {
  if (existsSync(path) && statSync(path).isDirectory()) return join(path, 'index.ts');
  return /\.[cm]?[jt]sx?$/.test(path) ? path : `${path}.ts`;
}
