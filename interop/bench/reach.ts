/** What a speaker cannot do in the time that it is given, or with the memory that there is. */
export class OutOfReach extends Error {}

/** Octets that a speaker may have, of a machine of 16 GB; and that are left to the rest of the machine, where it has less. */
const most = 12e9;
const reserve = 1.5e9;

/** Milliseconds between two looks at the memory: less than anyone takes to fill the reserve. */
const interval = 100;

/** The result of `work`; or OutOfReach as soon as it has taken `seconds`, or too much memory. Then it goes on, until the caller ends it. */
export async function withinReach<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  const before = process.availableMemory();
  const room = Math.min(most, before - reserve);
  let timers: NodeJS.Timeout[] = [];
  const out = new Promise<never>((_, reject) => {
    const late = () => reject(new OutOfReach(`did not ${what} in ${seconds} s`));
    const look = () => {
      if (before - process.availableMemory() > room)
        reject(new OutOfReach(`needs more than ${(room / 1e9).toFixed(1)} GB of memory`));
    };
    timers = [setTimeout(late, seconds * 1000), setInterval(look, interval)];
  });
  try {
    return await Promise.race([work, out]);
  } finally {
    for (const timer of timers) clearInterval(timer);
  }
}
