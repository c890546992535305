import type { Note } from './definition.ts';
import { placesOf } from './places.ts';
import type { Kind } from './types.ts';

/** Fields whose shape is settled and that nothing acts upon yet: they are refused, as to ignore them would mislead. */
export const notYetSupported: readonly { readonly kind: Kind; readonly field: string; readonly value?: string }[] = [
  { kind: 'CiliumBGPPeerConfig', field: 'spec.bfd' },
];

/** The places of a resource that ask for what is not there yet. */
export function unsupportedIn(kind: Kind, given: unknown): readonly Note[] {
  return notYetSupported
    .filter((entry) => entry.kind === kind)
    .flatMap(({ field, value: only }) =>
      placesOf(given, field)
        .filter(({ value }) => only === undefined || value === only)
        .map(({ path }) => ({ path, message: `${only ?? String(path.at(-1))} is not supported yet` })),
    );
}
