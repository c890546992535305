import type { Instance, Instances, StopOptions } from '../api/instances.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { BgpGlobal } from '../speaker/types.ts';

/** The instances as requests may start and stop them: not those that the plan made, which would only make them again. */
export class ApiInstances implements Instances {
  readonly #instances: Instances;
  readonly #isPlanned: (name: string) => boolean;

  constructor(instances: Instances, isPlanned: (name: string) => boolean) {
    this.#instances = instances;
    this.#isPlanned = isPlanned;
  }

  list(): readonly Instance[] {
    return this.#instances.list();
  }

  start(name: string, global: BgpGlobal): Promise<void> {
    return this.#instances.start(name, global);
  }

  async stop(name: string, options: StopOptions): Promise<void> {
    if (this.#isPlanned(name)) {
      const message = `instance ${name} follows from a CiliumBGPClusterConfig: delete or change that`;
      throw new SpeakerError('failed-precondition', message);
    }
    await this.#instances.stop(name, options);
  }
}
