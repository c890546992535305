import { isIP } from 'node:net';

/** Where an API server listens: a unix socket, or a TCP host and port. */
export type ApiEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** What the kernel takes as the path of a unix socket, in octets (`sun_path` without its final zero). */
export const longestSocketPath = 107;

/** Reads `unix:/path`, `host:port`, `[v6]:port`; undefined when it is none of these. */
export function parseEndpoint(text: string): ApiEndpoint | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    return path === '' ? undefined : { kind: 'unix', path };
  }
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, plain = '', digits] = match;
  const port = Number(digits);
  if (port > 65535 || (bracketed !== undefined && isIP(bracketed) !== 6)) return undefined;
  return { kind: 'tcp', host: bracketed ?? plain, port };
}

/** The inverse of `parseEndpoint`; also what gRPC takes as a target, given an absolute path. */
export function formatEndpoint(endpoint: ApiEndpoint): string {
  if (endpoint.kind === 'unix') return `unix:${endpoint.path}`;
  return `${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}
