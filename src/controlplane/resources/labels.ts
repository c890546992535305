import * as z from 'zod';
import { rules } from './rules.ts';
import type { LabelRequirement, LabelSelector, Labels } from './types.ts';

const part = '[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?';
const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const keyPattern = new RegExp(`^((?<prefix>${subdomain})/)?(?<name>${part})$`);
const valuePattern = new RegExp(`^(${part})?$`);

function isKey(text: string): boolean {
  if (text.length > 253 + 1 + 63) return false;
  const { prefix = '', name = '' } = keyPattern.exec(text)?.groups ?? {};
  return name !== '' && name.length <= 63 && prefix.length <= 253;
}

const labelKey = z.string().refine(isKey, {
  error: "must be a label's key: letters, digits, '-', '_' and '.', after a DNS name and '/' if it has a prefix",
});

const labelValue = z.string().refine((text) => text.length <= 63 && valuePattern.test(text), {
  error:
    "must be a label's value: at most 63 letters, digits, '-', '_' and '.', starting and ending with one of the first two",
});

export const labels = z.record(labelKey, labelValue);

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

const requirement = z
  .object({ key: labelKey, operator: z.enum(operators), values: z.exactOptional(z.array(labelValue)) })
  .superRefine(
    ...rules(({ operator, values }, report) => {
      const given = Array.isArray(values) ? values.length : values === undefined ? 0 : undefined;
      if ((operator === 'In' || operator === 'NotIn') && given === 0) {
        report(['values'], "must be specified when `operator` is 'In' or 'NotIn'");
      }
      if ((operator === 'Exists' || operator === 'DoesNotExist') && given !== undefined && given > 0) {
        report(['values'], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    }),
  )
  .transform(({ key, operator, values = [] }): LabelRequirement => {
    return operator === 'In' || operator === 'NotIn' ? { key, operator, values } : { key, operator };
  });

export const labelSelector = z.object({
  matchLabels: z.exactOptional(labels),
  matchExpressions: z.exactOptional(z.array(requirement)),
}) satisfies z.ZodType<LabelSelector>;

/** Whether all that the selector asks for holds; an empty one asks for nothing. What an absent one means, the caller knows. */
export function matchesLabels({ matchLabels = {}, matchExpressions = [] }: LabelSelector, of: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => valueOf(of, key) === value) &&
    matchExpressions.every((requirement) => meets(requirement, valueOf(of, requirement.key)))
  );
}

/** As Kubernetes has it, `NotIn` also holds where there is no such label. */
function meets(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

function valueOf(of: Labels, key: string): string | undefined {
  return Object.hasOwn(of, key) ? of[key] : undefined;
}
