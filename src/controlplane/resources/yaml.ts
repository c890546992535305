import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  visit,
} from 'yaml';

// YAML, and JSON as it is YAML too, with the places of everything in it.

/** A place in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Position {
  /** Empty when it is not about a field. */
  readonly path: string;
  readonly message: string;
}

/** One document that has something in it. */
export interface Source {
  readonly value: unknown;
  /** Where the value or the key at `path` is; of what is not there, the nearest thing around it. */
  readonly positionOf: (path: readonly PropertyKey[], want?: 'key' | 'value') => Position;
}

/** In characters. */
export const MAX_FILE_LENGTH = 10 * 1024 * 1024;
/** Of collections within collections. */
const MAX_DEPTH = 64;
/** How often what an anchor stands for may be repeated, all repetitions inside repetitions counted. */
const MAX_ALIASES = 100;

/** Reads every document of a file; never throws. A document that has a problem is not among the sources. */
export function readYaml(file: string, text: string): { sources: Source[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const report = (offset: number, message: string) => problems.push({ ...at(offset), path: '', message });
  if (text.length > MAX_FILE_LENGTH) {
    report(0, `the file is too large: at most ${MAX_FILE_LENGTH} characters, not ${text.length}`);
    return { sources: [], problems };
  }
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deepest = tooDeep(tokens);
  if (deepest !== undefined) {
    report(deepest, `is nested more than ${MAX_DEPTH} levels deep`);
    return { sources: [], problems };
  }
  const composer = new Composer({ lineCounter: lines, prettyErrors: false, stringKeys: true, merge: true });
  const sources = [...composer.compose(tokens)].flatMap((document): Source[] => {
    const source = read(document, report);
    if (source === undefined) return [];
    const { root, value } = source;
    return [{ value, positionOf: (path, want = 'value') => at(offsetOf(root, path, want)) }];
  });
  return { sources, problems };
}

/**
 * Where the tokens are nested too deeply. It is looked at before anything that recurses over them: a stack that is used up
 * while a regular expression is compiled ends the process.
 */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return token.offset;
    if (token.type === 'document') {
      if (token.value !== undefined) open.push({ token: token.value, depth });
    } else if ('items' in token) {
      for (const { key, value } of token.items) {
        if (key) open.push({ token: key, depth: depth + 1 });
        if (value) open.push({ token: value, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

function read(
  document: Document.Parsed,
  report: (offset: number, message: string) => void,
): { root: Node; value: unknown } | undefined {
  const { contents: root, errors, warnings } = document;
  const found = [...errors, ...warnings];
  for (const { pos, message } of found) report(pos[0], message);
  if (found.length > 0 || root === null || (isScalar(root) && root.value === null)) return undefined;
  const bad = findBadAlias(document);
  if (bad !== undefined) {
    report(bad.alias.range?.[0] ?? root.range[0], bad.message);
    return undefined;
  }
  try {
    return { root, value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (error) {
    const isBomb = error instanceof ReferenceError;
    const message = isBomb
      ? `has too many aliases: what an anchor stands for may be repeated ${MAX_ALIASES} times`
      : reason(error);
    report(root.range[0], message);
    return undefined;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function findBadAlias(document: Document.Parsed): { alias: Alias; message: string } | undefined {
  let bad: { alias: Alias; message: string } | undefined;
  const anchored = new Map<string, Node>();
  visit(document, {
    Node(_, node) {
      if (!isAlias(node) && node.anchor !== undefined) anchored.set(node.anchor, node);
    },
    Alias(_, alias, path) {
      const target = anchored.get(alias.source);
      if (target !== undefined && !path.includes(target)) return undefined;
      const why = target === undefined ? `has no anchor &${alias.source} before it` : 'is inside what it stands for';
      bad = { alias, message: `*${alias.source} ${why}` };
      return visit.BREAK;
    },
  });
  return bad;
}

function offsetOf(root: Node, path: readonly PropertyKey[], want: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      const key = startOf(pair.key);
      const isLast = depth === path.length - 1;
      offset = (isLast && want === 'key' ? key : (startOf(pair.value) ?? key)) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isCollection(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}
