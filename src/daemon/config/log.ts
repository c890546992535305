import * as z from 'zod';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export const logFormats = ['json', 'pretty'] as const;

export const log = z.strictObject({
  level: z.enum(logLevels).optional().meta({ description: 'Default: info.' }),
  format: z
    .enum(logFormats)
    .optional()
    .meta({ description: 'One JSON object or one line of text each. Default: json.' }),
});
