/** Runs of each law that is cheap to try; the dear ones take a fraction. CI asks for 100,000. */
export const runs = Number(process.env['HERALD_RUNS'] ?? 10_000);
