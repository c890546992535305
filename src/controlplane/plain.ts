import type { SecretText } from '../session/secret-text.ts';
import type { CiliumBGPNodeConfig, Resource } from './resources/types.ts';

/** A map of fields as JSON has it. */
export type Plain = Record<string, unknown>;

/** For people and programs to read: secrets are `[redacted]`. */
export function shown(resource: Resource | CiliumBGPNodeConfig): Plain {
  return JSON.parse(JSON.stringify(resource)) as Plain;
}

/** As a manifest that says the same, secrets too. */
export function manifestOf(resource: Resource): Plain {
  if (resource.kind !== 'Secret') return shown(resource);
  const data = Object.entries(resource.data).map(([key, value]) => [key, base64(value)]);
  return { ...shown(resource), data: Object.fromEntries(data) as Plain };
}

function base64(secret: SecretText): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(secret.reveal())));
}
