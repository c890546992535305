import * as z from 'zod';
import { type ApiEndpoint, parseEndpoint } from '../../api/endpoint.ts';

const endpoint = z
  .string()
  .meta({ description: 'unix:/path, host:port or [v6]:port' })
  .transform((text, context): ApiEndpoint => {
    const parsed = parseEndpoint(text);
    if (parsed !== undefined) return parsed;
    context.issues.push({ code: 'custom', message: 'must be unix:/path, host:port or [v6]:port', input: text });
    return z.NEVER;
  });

export const api = z.strictObject({
  listen: z.array(endpoint).optional().meta({
    description: 'Where the gRPC API is served. Default: a unix socket in the runtime directory. Empty: nowhere.',
  }),
});

export const telemetry = z.strictObject({
  listen: z
    .string()
    .meta({ description: 'host:port or [v6]:port; where /metrics, /healthz and /readyz are served over HTTP.' })
    .transform((text, context) => {
      const parsed = parseEndpoint(text);
      if (parsed?.kind === 'tcp') return parsed;
      context.issues.push({ code: 'custom', message: 'must be host:port or [v6]:port', input: text });
      return z.NEVER;
    }),
});
