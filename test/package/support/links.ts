import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from './repository.js';

/** Whether there is something at a path. */
type Exists = (path: string) => boolean;

/**
 * `README.md:12 docs/none.md does not exist`, for each relative link or image of a document that leads nowhere: in the
 * repository, or in the part of it that `exists` knows.
 */
export function brokenLinks(file: string, exists: Exists = (path) => existsSync(join(root, path))): string[] {
  return linksIn(readFileSync(join(root, file), 'utf8')).flatMap(({ line, target }) => {
    const why = problemWith(file, target, exists);
    return why ? [`${file}:${line} ${target} ${why}`] : [];
  });
}

interface Link {
  readonly line: number;
  readonly target: string;
}

const LINKS = [
  /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g, // [text](target "title"), ![text](target)
  /^\s*\[[^\]]+\]:\s*(\S+)/g, // [name]: target
  /\b(?:href|src)="([^"]+)"/g,
];

function linksIn(text: string): Link[] {
  return prose(text).flatMap((content, index) =>
    LINKS.flatMap((pattern) => [...content.matchAll(pattern)].map(([, target = '']) => ({ line: index + 1, target }))),
  );
}

function problemWith(file: string, target: string, exists: Exists): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined; // another site
  const [path = '', anchor] = decodeURIComponent(target).split('#');
  const destination = path === '' ? file : posix.join(posix.dirname(file), path);
  if (!exists(destination)) return 'does not exist';
  if (!anchor || !destination.endsWith('.md')) return undefined;
  return anchorsOf(destination).includes(anchor) ? undefined : 'has no such heading';
}

/** The anchors that the headings of a document get on the usual hosts. */
function anchorsOf(file: string): string[] {
  const seen = new Map<string, number>();
  return prose(readFileSync(join(root, file), 'utf8'))
    .flatMap((line) => /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1] ?? [])
    .map((heading) => {
      const anchor = anchorOf(heading);
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    });
}

const anchorOf = (heading: string): string =>
  heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** The lines of a document, those of code blocks empty and inline code too, as links in code are none. */
function prose(text: string): string[] {
  let fence: string | undefined;
  return text.split('\n').map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence) {
      if (mark?.startsWith(fence)) fence = undefined;
      return '';
    }
    fence = mark;
    return mark ? '' : line;
  });
}
