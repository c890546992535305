/** Which way a soft reset goes. */
export const softResets = ['in', 'out', 'both'] as const;
