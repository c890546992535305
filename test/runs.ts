/** Runs of each law that is cheap to try; the dear ones take down to a hundredth, and with a fraction of one run fast-check never ends. CI asks for 100,000. */
export const runs = Math.max(1000, Number(process.env['HERALD_RUNS'] ?? 10_000));
