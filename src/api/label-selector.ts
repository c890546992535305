import type { LabelRequirement, LabelSelector } from '../controlplane/resources/types.ts';

const key = /^[A-Za-z0-9][-A-Za-z0-9_./]*$/;
const value = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/**
 * Reads a selector as kubectl writes it: `app=web`, `tier in (a, b)`, `tier notin (a)`, `app!=web`, `canary`, `!canary`, with commas
 * between; all must hold. Undefined when it is none.
 */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  const matchExpressions: LabelRequirement[] = [];
  // A comma inside parentheses is between values.
  for (const part of text.split(/,(?![^(]*\))/)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) return undefined;
    matchExpressions.push(requirement);
  }
  return { matchExpressions };
}

function parseRequirement(text: string): LabelRequirement | undefined {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, name = '', operator, list = ''] = set;
    return requirement(
      name,
      operator === 'in' ? 'In' : 'NotIn',
      list.split(',').map((each) => each.trim()),
    );
  }
  const equality = /^([^=!\s]+)\s*(==?|!=)\s*([^=!\s]*)$/.exec(text);
  if (equality !== null) {
    const [, name = '', operator, wanted = ''] = equality;
    return requirement(name, operator === '!=' ? 'NotIn' : 'In', [wanted]);
  }
  const name = text.replace(/^!\s*/, '');
  if (!key.test(name)) return undefined;
  return { key: name, operator: name === text ? 'Exists' : 'DoesNotExist' };
}

function requirement(name: string, operator: 'In' | 'NotIn', values: readonly string[]): LabelRequirement | undefined {
  return key.test(name) && values.every((each) => value.test(each)) ? { key: name, operator, values } : undefined;
}
