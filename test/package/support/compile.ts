import { join } from 'node:path';
import ts from 'typescript';
import { root } from './repository.js';

/** Where the compiler stumbled: a line of the given text, counted from 0, and what it said. */
export interface Complaint {
  readonly line: number;
  readonly message: string;
}

/**
 * Compiles all texts in one program, which is what makes hundreds of them cheap, and answers with the complaints about
 * each. The texts are files by name only: nothing is written, and yet `nestjs-sockets` resolves in them to what `npm
 * run build` made, since they seem to lie in the package's own folder.
 */
export function compile(
  texts: ReadonlyMap<string, string>,
  changes: ts.CompilerOptions = {},
): (name: string) => Complaint[] {
  const files = new Map([...texts].map(([name, text]) => [join(root, name), text]));
  const options = {
    ...projectOptions(),
    declaration: false,
    moduleDetection: ts.ModuleDetectionKind.Force,
    ...changes,
  };
  const program = ts.createProgram([...files.keys()], options, hostWith(files, options));
  const general = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()].map(textOf);
  if (general.length > 0) throw new Error(general.join('\n'));

  return (name) => {
    const source = program.getSourceFile(join(root, name));
    if (!source) throw new Error(`${name} was not given to the compiler`);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => ({
      line: source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line,
      message: textOf(diagnostic),
    }));
  };
}

/** What is on the disk, which no program of these reads in another way. */
const parsed = new Map<string, ts.SourceFile>();

const textOf = ({ messageText }: ts.Diagnostic): string => ts.flattenDiagnosticMessageText(messageText, '\n');

function projectOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

function hostWith(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, version, onError) => {
      const text = files.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, version);
      const file = parsed.get(path) ?? host.getSourceFile(path, version, onError);
      if (file) parsed.set(path, file);
      return file;
    },
  };
}
