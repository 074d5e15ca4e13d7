import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsxEmit } from 'typescript';
import { type Complaint, compile } from './compile.js';
import { root } from './repository.js';

/** A ```ts or ```tsx block of a document or a TSDoc comment. */
export interface Snippet {
  /** `README.md:42`, the line of its fence. */
  readonly name: string;
  readonly file: string;
  readonly language: string;
  /** Line of the fence in its file, counted from 1. */
  readonly line: number;
  readonly code: readonly string[];
  /** The lines of the hidden comment before it: what the reader can do without, and the compiler can't. */
  readonly context: readonly string[];
}

/** Where in a context its snippet goes; without it, at the end. */
const PLACE = '…';

/** A hidden comment that begins with the word `snippet` and stands right before a fence. */
const CONTEXT_START = /^\s*<!--\s*snippet\s*$/;
const CONTEXT_END = /^\s*-->\s*$/;
const FENCE_START = /^(\s*)(`{3,}|~{3,})\s*(\w*)/;

export function snippetsOf(file: string): Snippet[] {
  const text = readFileSync(join(root, file), 'utf8');
  return snippetsIn(file, file.endsWith('.md') ? text.split('\n') : commentLines(text));
}

export function snippetsIn(file: string, lines: readonly string[]): Snippet[] {
  const snippets: Snippet[] = [];
  let context: readonly string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (CONTEXT_START.test(line)) {
      const end = endOf(lines, index, CONTEXT_END);
      context = lines.slice(index + 1, end);
      index = end;
      continue;
    }
    const [, , fence, language = ''] = FENCE_START.exec(line) ?? [];
    if (fence) {
      const end = endOf(lines, index, new RegExp(`^\\s*${fence}\\s*$`));
      const code = lines.slice(index + 1, end);
      if (/^tsx?$/.test(language)) {
        snippets.push({ name: `${file}:${index + 1}`, file, language, line: index + 1, code, context });
      }
      index = end;
    }
    if (line.trim() !== '') context = [];
  }
  return snippets;
}

/** Compiles the snippets and answers with the complaints about each, as `README.md:45 Cannot find name 'x'.` */
export function compileSnippets(snippets: readonly Snippet[]): (snippet: Snippet) => string[] {
  const complaints = compile(new Map(snippets.map((snippet) => [moduleName(snippet), moduleOf(snippet).join('\n')])), {
    // A reader's project is an ordinary Nest project, in the browser an ordinary page.
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    jsx: JsxEmit.ReactJSX,
    strictPropertyInitialization: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    verbatimModuleSyntax: false,
  });
  return (snippet) => complaints(moduleName(snippet)).map((complaint) => located(complaint, snippet));
}

const moduleName = ({ name, language }: Snippet): string => `${name}.${language}`;

function moduleOf({ code, context }: Snippet): string[] {
  const place = placeIn(context);
  return [...context.slice(0, place), ...code, ...context.slice(place + 1)];
}

function located({ line, message }: Complaint, { file, line: fence, code, context }: Snippet): string {
  const inCode = line - placeIn(context);
  const within = inCode >= 0 && inCode < code.length;
  return within ? `${file}:${fence + 1 + inCode} ${message}` : `${file}:${fence} (in its context) ${message}`;
}

function placeIn(context: readonly string[]): number {
  const place = context.findIndex((line) => line.trim() === PLACE);
  return place < 0 ? context.length : place;
}

function endOf(lines: readonly string[], start: number, end: RegExp): number {
  const offset = lines.slice(start + 1).findIndex((line) => end.test(line));
  if (offset < 0) throw new Error(`What begins with "${lines[start]}" in line ${start + 1} has no end`);
  return start + 1 + offset;
}

/** The text of the TSDoc comments, each line where it was, and nothing where there was code. */
function commentLines(text: string): string[] {
  let inside = false;
  return text.split('\n').map((line) => {
    const opens = /^\s*\/\*\*/.test(line);
    const closes = line.includes('*/');
    const wasInside = inside;
    inside = (inside || opens) && !closes;
    return wasInside && !opens && !closes ? line.replace(/^\s*\*? ?/, '') : '';
  });
}
