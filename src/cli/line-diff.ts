/** Lines around a difference that are shown with it. */
const context = 2;
/** Beyond so many pairs of lines to compare, everything counts as replaced. */
const mostPairs = 4_000_000;

/** What turns some lines into others: those that go with `-`, those that come with `+`, and a few around them. */
export function lineDiff(before: readonly string[], after: readonly string[]): string[] {
  const edits = editsOf(before, after);
  const isNear = edits.map((_, at) =>
    edits.slice(Math.max(0, at - context), at + context + 1).some((line) => !line.startsWith(' ')),
  );
  return edits.flatMap((line, at) => {
    if (isNear[at] === true) return [`  ${line}`];
    return at > 0 && isNear[at - 1] === true ? ['  ...'] : [];
  });
}

function editsOf(before: readonly string[], after: readonly string[]): string[] {
  if (before.length * after.length > mostPairs) {
    return [...before.map((line) => `- ${line}`), ...after.map((line) => `+ ${line}`)];
  }
  const common = longestCommon(before, after);
  const edits: string[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      edits.push(`  ${before[i]}`);
      i++;
      j++;
    } else if (j === after.length || (i < before.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      edits.push(`- ${before[i++]}`);
    } else edits.push(`+ ${after[j++]}`);
  }
  return edits;
}

/** How many lines the rests from (i, j) on have in common, in order. */
function longestCommon(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      (lengths[i] as Uint32Array)[j] =
        before[i] === after[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
    }
  }
  return lengths;
}

function at(lengths: readonly Uint32Array[], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}
